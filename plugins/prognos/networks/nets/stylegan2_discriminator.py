"""StyleGAN2 discriminator of square images.

Data flow, with B images, C colours, resolution R, K conditions::

    image [B, C, R, R] -> fromrgb -> bR -> ... -> b8 -> [B, F, 4, 4] -> batch deviation, conv, fc, out -> logit [B, 1]
    c [B, K] -> mapping -> [B, M]; its product with out [B, M] is then the logit

Each block is residual: two convolutions beside a 1 x 1 one, both halving the resolution, their sum scaled to unit
variance. Losses are elsewhere.

Source:
    Karras et al. 2020, arXiv:1912.04958, section 4; conditions by projection as in arXiv:2006.06676. Written from the
    papers; parity with independent formulations is tested in ``tests/parity/test_stylegan2.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from prognos.networks.blocks import StyleMapping, block_widths
from prognos.networks.layers import EqualizedConv2d, EqualizedLinear, MinibatchDeviation

__all__ = ["StyleGAN2Discriminator"]


class StyleGAN2Discriminator(nn.Module):
    """Tell photos from drawn images.

    Args:
        resolution: R, a power of two from 8.
        channels: C, colours: 3, or 1 for grey images.
        c_dim: K, size of the condition; 0 for none.
        channel_base: features times resolution; 32768 in the paper, 16384 for half of it.
        channel_max: upper bound of the features.
        widths: features at 4, 8, ..., R, instead of ``channel_base`` and ``channel_max``.
        conv_clamp: bound of every layer's result, which half precision needs; ``None`` for none.
        group_size: images whose deviation is taken together; 0 leaves the statistic out.
        group_channels: channels of that statistic.
        c_features: M, size of the mapped condition; by default the features at 4 x 4.
        mapping_layers: fully connected layers that map the condition.

    Raises:
        ValueError: when the resolution or the widths are impossible.
    """

    def __init__(
        self,
        resolution: int = 256,
        channels: int = 3,
        c_dim: int = 0,
        channel_base: int = 32768,
        channel_max: int = 512,
        widths: Sequence[int] | None = None,
        conv_clamp: float | None = None,
        group_size: int = 4,
        group_channels: int = 1,
        c_features: int | None = None,
        mapping_layers: int = 8,
    ) -> None:
        super().__init__()
        by_resolution = block_widths(resolution, channel_base, channel_max, widths)
        self.resolution, self.channels, self.c_dim = resolution, channels, c_dim
        self.conv_clamp, self.mapping_layers = conv_clamp, mapping_layers
        self.group_size, self.group_channels = group_size, group_channels
        self.widths = list(by_resolution.values())
        self.resolutions = sorted(by_resolution, reverse=True)[:-1]
        for size in self.resolutions:
            colours = channels if size == resolution else 0
            self.add_module(f"b{size}", _Residual(by_resolution[size], by_resolution[size // 2], colours, conv_clamp))
        self.c_features = 0 if not c_dim else (c_features or by_resolution[4])
        self.b4 = _Epilogue(by_resolution[4], self.c_features or 1, group_size, group_channels, conv_clamp)
        if c_dim:
            self.mapping = StyleMapping(0, self.c_features, 1, c_dim=c_dim, layers=mapping_layers, average=False)

    def forward(self, image: torch.Tensor, c: torch.Tensor | None = None) -> torch.Tensor:
        """Judge images.

        Args:
            image: photos or drawn images, [-1, 1], [B, C, R, R].
            c: conditions [B, K]; required when the network has them.

        Returns:
            Logits, higher means more like a photo, [B, 1].

        Raises:
            ValueError: when ``image`` or ``c`` has another size than the network wants.
        """
        logit: torch.Tensor = self.b4(self.features(image)[-1])
        if self.c_dim:
            condition = self.mapping(None, c)[:, 0]  # [B, M]
            logit = (logit * condition).sum(dim=1, keepdim=True) / math.sqrt(self.c_features)
        return logit

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Describe images.

        Args:
            image: photos or drawn images, [-1, 1], [B, C, R, R].

        Returns:
            Output of every residual block, from the finest, each [B, F, r, r] with r = R / 2, ..., 4.

        Raises:
            ValueError: when ``image`` has another size than the network wants.
        """
        wanted = [self.channels, self.resolution, self.resolution]
        if list(image.shape[1:]) != wanted:
            raise ValueError(f"image has shape {list(image.shape)}, expected [B, {', '.join(map(str, wanted))}].")
        x = image
        outputs = []
        for size in self.resolutions:
            x = getattr(self, f"b{size}")(x)
            outputs.append(x)
        return outputs

    def architecture(self) -> dict[str, Any]:
        """Arguments that build this network again; JSON can write them."""
        names = ("resolution", "channels", "c_dim", "widths", "conv_clamp", "group_size", "group_channels")
        return {name: getattr(self, name) for name in (*names, "mapping_layers")} | {
            "c_features": self.c_features or None
        }


class _Residual(nn.Module):
    """Two convolutions beside a skip, halving the resolution; the first block of all reads colours."""

    def __init__(self, width: int, after: int, colours: int, clamp: float | None) -> None:
        super().__init__()
        half = math.sqrt(0.5)
        self.fromrgb = EqualizedConv2d(colours, width, 1, clamp=clamp) if colours else None
        self.conv0 = EqualizedConv2d(width, width, 3, clamp=clamp)
        self.conv1 = EqualizedConv2d(width, after, 3, down=True, gain=half, clamp=clamp)
        self.skip = EqualizedConv2d(width, after, 1, bias=False, rectify=False, down=True, gain=half)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        y: torch.Tensor = self.conv1(self.conv0(x)) + self.skip(x)
        return y


class _Epilogue(nn.Module):
    """Features at 4 x 4 to logits, or to features that meet the condition."""

    def __init__(self, width: int, out: int, group_size: int, group_channels: int, clamp: float | None) -> None:
        super().__init__()
        extra = group_channels if group_size else 0
        self.mbstd = MinibatchDeviation(group_size, group_channels) if extra else None
        self.conv = EqualizedConv2d(width + extra, width, 3, clamp=clamp)
        self.fc = EqualizedLinear(width * 16, width, rectify=True)
        self.out = EqualizedLinear(width, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):  # small, and its statistic needs full precision
            x = x.to(self.out.weight.dtype)
            if self.mbstd is not None:
                x = self.mbstd(x)
            x = self.fc(self.conv(x).flatten(1))
            logit: torch.Tensor = self.out(x)
        return logit
