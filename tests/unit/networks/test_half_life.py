"""The average forgets half in its half-life, whatever the batch size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prognos.networks import HalfLifeAverage


class Constant(nn.Module):
    """One weight and one buffer."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([value]))
        self.register_buffer("mean", torch.tensor([value]))


@pytest.mark.parametrize("batch", [1, 10, 50])
def test_after_the_half_life_half_of_the_start_is_left(batch: int) -> None:
    average = HalfLifeAverage(Constant(1.0), half_life=100, ramp=0.0)
    for step in range(100 // batch):
        average.update(Constant(0.0), (step + 1) * batch, batch)
    assert float(average.module.weight.detach()) == pytest.approx(0.5, rel=1e-5)


def test_early_on_the_ramp_forgets_faster() -> None:
    average = HalfLifeAverage(Constant(1.0), half_life=1e6, ramp=0.05)
    average.update(Constant(0.0), images_seen=200, batch_size=10)
    assert float(average.module.weight.detach()) == pytest.approx(0.5)


def test_buffers_are_copied_and_nothing_asks_for_a_gradient() -> None:
    average = HalfLifeAverage(Constant(1.0), half_life=100)
    average.update(Constant(0.0), 10, 10)
    assert float(average.module.mean) == 0.0
    assert not any(weight.requires_grad for weight in average.parameters())
