"""Only 2-D convolutions change their layout, and nothing its value."""

from __future__ import annotations

import torch
from torch import nn

from prognos.networks import with_channels_last


def test_convolutions_of_images_are_laid_out_channels_last_and_others_stay() -> None:
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Conv3d(2, 4, 3), nn.Linear(4, 3))
    before = [parameter.detach().clone() for parameter in network.parameters()]
    assert with_channels_last(network) is network
    flat, deep = network[0].weight, network[1].weight
    assert isinstance(flat, nn.Parameter)
    assert flat.is_contiguous(memory_format=torch.channels_last)
    assert not flat.is_contiguous()
    assert deep.is_contiguous()
    assert all(torch.equal(now, then) for now, then in zip(network.parameters(), before, strict=True))
