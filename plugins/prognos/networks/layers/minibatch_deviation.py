"""Statistic of a batch that tells a discriminator how varied its images are."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["MinibatchDeviation"]


class MinibatchDeviation(nn.Module):
    """Append channels with the standard deviation over a group of samples, averaged over pixels and channels.

    Samples i, i + B / G, i + 2 B / G, ... form a group of G.

    Args:
        group_size: samples of a group. A batch that it does not divide is split into groups of its largest divisor
            below.
        channels: number of channels to append.

    Source:
        Karras et al. 2018, arXiv:1710.10196, section 3; groups as in Karras et al. 2020, arXiv:1912.04958.
    """

    def __init__(self, group_size: int = 4, channels: int = 1) -> None:
        super().__init__()
        self.group_size = group_size
        self.channels = channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map features [B, C, H, W] to [B, C + channels, H, W]."""
        batch, features, height, width = x.shape
        group = next(size for size in range(min(self.group_size, batch), 0, -1) if batch % size == 0)
        y = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        y = y.reshape(group, batch // group, self.channels, features // self.channels, height, width)
        variance = y.var(dim=0, unbiased=False)  # [B / G, channels, C / channels, H, W]
        deviation = (variance + 1e-8).sqrt().mean(dim=(2, 3, 4)).to(x.dtype)  # [B / G, channels]
        spread = deviation.repeat(group, 1)[:, :, None, None].expand(batch, self.channels, height, width)
        return torch.cat([x, spread], dim=1)
