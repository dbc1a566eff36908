"""Autocasting multiplies in bfloat16, returns float32, and leaves to another inferer how the network is applied."""

from __future__ import annotations

import torch
from torch import nn

from prognos.inferers import AutocastInferer, ChunkedInferer


class Probe(nn.Linear):
    """Notes what its results are."""

    def __init__(self) -> None:
        super().__init__(3, 1)
        self.seen: list[tuple[torch.dtype, int]] = []

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Predictions [B, 1]."""
        output = super().forward(inputs)
        self.seen.append((output.dtype, len(output)))
        return output


def test_a_network_multiplies_in_bfloat16_and_returns_float32() -> None:
    network = Probe()
    assert AutocastInferer("cpu")(torch.ones(5, 3), network).dtype == torch.float32
    assert network.seen == [(torch.bfloat16, 5)]


def test_chunks_stay_chunks_and_their_second_pass_is_cast_too() -> None:
    network = Probe()
    found = AutocastInferer("cpu", inferer=ChunkedInferer(2))(torch.ones(5, 3), network)
    assert found.dtype == torch.float32
    found.sum().backward()
    assert {dtype for dtype, _ in network.seen} == {torch.bfloat16}
    assert [size for _, size in network.seen[:3]] == [2, 2, 1]
    assert max(size for _, size in network.seen) == 2
