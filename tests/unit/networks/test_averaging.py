"""The average follows the weights and forgets its start."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prognos.networks import WeightAverage


def test_the_average_of_constant_weights_is_those_weights() -> None:
    network = nn.Linear(2, 1)
    average = WeightAverage(network)
    nn.init.ones_(network.weight)
    average.update_parameters(network)
    assert torch.equal(average.module.weight, network.weight)


def test_the_first_updates_weigh_more_than_later_ones() -> None:
    network = nn.Linear(1, 1)
    average = WeightAverage(network, decay=0.9)
    nn.init.zeros_(network.weight)
    average.update_parameters(network)
    nn.init.ones_(network.weight)
    average.update_parameters(network)  # after one update the past weighs (1 + 1) / (10 + 1)
    torch.testing.assert_close(average.module.weight.item(), 1.0 - 2.0 / 11.0)


def test_statistics_of_batches_are_averaged_and_counters_copied() -> None:
    network = nn.BatchNorm1d(1)
    average = WeightAverage(network)
    for _ in range(2):
        network(torch.randn(8, 1) + 5.0)
        average.update_parameters(network)
    assert average.module.num_batches_tracked == 2
    torch.testing.assert_close(average.module.running_mean.item(), network.running_mean.item(), rtol=0.2, atol=0.0)


@pytest.mark.parametrize("decay", [0.0, 1.0, -1.0])
def test_a_decay_outside_its_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        WeightAverage(nn.Linear(1, 1), decay=decay)
