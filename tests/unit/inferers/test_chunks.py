"""ChunkedInferer: the exact gradient of a batch whose activations do not fit into memory."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from prognos.inferers import ChunkedInferer
from prognos.losses import CoxLoss


class Counting(nn.Module):
    """A small network that notes the largest batch it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv3d(1, 3, 3), nn.GroupNorm(3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(24, 1))
        self.largest = 0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Log hazard [B, 1]."""
        self.largest = max(self.largest, len(image))
        return self.layers(image)


def test_gradient_in_chunks_is_that_of_the_whole_batch() -> None:
    torch.manual_seed(0)
    network = Counting().double()
    whole = copy.deepcopy(network)
    image = torch.randn(11, 1, 4, 4, 4, dtype=torch.float64)
    label = torch.stack([torch.randint(1, 6, (11,)).double(), (torch.rand(11) < 0.7).double()], dim=1)
    CoxLoss()(whole(image), label).backward()
    CoxLoss()(ChunkedInferer(2)(image, network), label).backward()
    assert network.largest == 2
    for ours, expected in zip(network.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, expected.grad, rtol=1e-10, atol=1e-12)


def test_prediction_without_gradient_is_the_same() -> None:
    network, image = Counting(), torch.randn(5, 1, 4, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(ChunkedInferer(3)(image, network), network(image))


def test_size_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        ChunkedInferer(0)
