"""Saliency of networks that look at a known place."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prognos.inferers import GradientSaliencyInferer, OcclusionSaliencyInferer


class LooksAtCorner(nn.Module):
    """Log hazard from the upper left quarter alone."""

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        side = photo.shape[-1] // 2
        return photo[:, :, :side, :side].square().flatten(1).mean(dim=1, keepdim=True)


@pytest.mark.parametrize("inferer", [GradientSaliencyInferer(), OcclusionSaliencyInferer(patches=4)])
def test_only_the_pixels_that_count_are_salient(inferer) -> None:
    saliency = inferer(torch.randn(2, 3, 16, 16), LooksAtCorner())
    assert saliency.shape == (2, 16, 16)
    assert (saliency[:, :8, :8] > 0).float().mean() > 0.9
    assert not saliency[:, 8:].any()
    assert not saliency[:, :, 8:].any()


def test_the_gradient_without_noise_is_the_derivative() -> None:
    photo = torch.randn(1, 3, 4, 4)
    saliency = GradientSaliencyInferer(noise=0.0)(photo, LooksAtCorner())
    torch.testing.assert_close(saliency[0, :2, :2], (2 * photo[0, :, :2, :2] / 12).abs().sum(dim=0))


def test_saliency_works_inside_an_evaluation_without_gradients_and_repeats() -> None:
    photo = torch.randn(1, 3, 8, 8)
    with torch.no_grad():
        first, second = (GradientSaliencyInferer(seed=4)(photo, LooksAtCorner()) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("make", [lambda: GradientSaliencyInferer(noise=-1), lambda: OcclusionSaliencyInferer(1)])
def test_settings_that_mean_nothing_are_refused(make) -> None:
    with pytest.raises(ValueError, match="expected"):
        make()
