"""Loss of the latent encoder, in units of the latents' spread."""

from __future__ import annotations

import pytest
import torch

from prognos.losses import LatentRegressionLoss


def test_the_mean_latent_costs_one() -> None:
    torch.manual_seed(0)
    scale = torch.tensor([0.1, 1.0, 20.0])
    target = 3.0 + scale * torch.randn(50_000, 3)
    loss = LatentRegressionLoss(scale)
    assert abs(float(loss(torch.full_like(target, 3.0), target)) - 1.0) < 0.02
    assert float(loss(target, target)) == 0.0


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="different spaces"):
        LatentRegressionLoss()(torch.zeros(2, 8), torch.zeros(2, 6, 8))
