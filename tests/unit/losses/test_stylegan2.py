"""Small cases with a closed form, in float64, and torch's cross-entropy as a second witness."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from prognos.losses import NonSaturatingLoss, PathLengthPenalty, R1Penalty


def test_an_undecided_discriminator_costs_ln_2_whatever_is_said() -> None:
    logits = torch.zeros(3, 1, dtype=torch.float64)
    for target in (0.0, 1.0):
        np.testing.assert_allclose(float(NonSaturatingLoss()(logits, target)), math.log(2), rtol=1e-15)


def test_a_real_image_judged_real_costs_less_than_one_judged_generated() -> None:
    assert NonSaturatingLoss()(torch.tensor([[3.0]]), 1.0) < NonSaturatingLoss()(torch.tensor([[-3.0]]), 1.0)
    assert NonSaturatingLoss()(torch.tensor([[3.0]]), 0.0) > NonSaturatingLoss()(torch.tensor([[-3.0]]), 0.0)


@pytest.mark.parametrize("target", [1.0, 0.0])
def test_equals_the_cross_entropy_of_torch(target: float) -> None:
    logits = torch.randn(8, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = nn.BCEWithLogitsLoss()(logits, torch.full_like(logits, target))
    torch.testing.assert_close(NonSaturatingLoss()(logits, target), expected, rtol=1e-12, atol=0)


def test_large_logits_stay_finite_also_in_half_precision() -> None:
    logits = torch.tensor([[6e4], [-6e4]], dtype=torch.float16, requires_grad=True)
    loss = NonSaturatingLoss()(logits, torch.tensor([[0.0], [1.0]]))
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_the_slope_of_a_linear_judgement_is_its_weight() -> None:
    weight = torch.randn(12, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    image = torch.ones(5, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    penalty = R1Penalty(0.3)(image.flatten(1) @ weight[:, None], image)
    torch.testing.assert_close(penalty, 0.15 * weight.square().sum())
    penalty.backward()
    torch.testing.assert_close(weight.grad, 0.3 * weight)


def test_the_suggested_weight_is_that_of_the_paper() -> None:
    np.testing.assert_allclose(R1Penalty.suggest_weight(256, 16), 0.8192)


def test_the_path_length_of_a_linear_generator_is_the_norm_of_its_transpose_times_noise() -> None:
    generator = torch.Generator().manual_seed(2)
    matrix = torch.randn(48, 6, dtype=torch.float64, generator=generator)
    noise = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=generator)
    ws = torch.randn(2, 1, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    image = (ws[:, 0] @ matrix.T).view(2, 3, 4, 4)
    expected = (noise.flatten(1) @ matrix / 4).norm(dim=1)
    torch.testing.assert_close(PathLengthPenalty().lengths(image, ws, noise), expected)


def test_the_running_mean_replaces_its_share_and_the_penalty_is_the_distance_from_it() -> None:
    penalty = PathLengthPenalty(weight=2.0, decay=0.25).double()
    penalty.mean.fill_(4.0)
    ws = torch.ones(1, 2, 3, dtype=torch.float64, requires_grad=True)
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    image = (scale * ws.sum()).view(1, 1, 1, 1)
    found = penalty(image, ws, torch.ones_like(image))
    length = 2 * math.sqrt(3)
    mean = 4.0 + 0.25 * (length - 4.0)
    np.testing.assert_allclose(float(penalty.mean), mean)
    np.testing.assert_allclose(float(found.detach()), 2 * (length - mean) ** 2)
    found.backward()
    np.testing.assert_allclose(float(scale.grad), 4 * (length - mean) * math.sqrt(3))


def test_the_running_mean_is_part_of_a_checkpoint() -> None:
    assert "mean" in PathLengthPenalty().state_dict()
    assert isinstance(PathLengthPenalty(), nn.Module)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="R1"):
        R1Penalty(-1.0)
    with pytest.raises(ValueError, match="decay"):
        PathLengthPenalty(decay=0.0)
