"""Convolutions of maps a few pixels wide, as a processor computes them fast."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from prognos.networks.exporting import is_exporting

__all__ = ["with_small_maps"]

WIDEST = 3
"""Columns of a result up to which the matrix product is faster, by ``tests/benchmarks/bench_small_maps.py``."""


def with_small_maps(network: nn.Module) -> nn.Module:
    """Compute 2-D convolutions in bfloat16 on a processor as matrix products where results are at most 3 pixels wide.

    Units that multiply tiles (AMX) take the pixels of a row together, and most of a tile is idle where a row has 3. The
    last stage of a ResNet18 on 72 x 72 patches is such a case, and its dearest. One matrix product over all pixels of
    the batch gives the same numbers up to rounding, two to three times as fast. In float32 it gains nothing; there, on
    other devices and for exporters all stays as it is.

    Args:
        network: changed in place; its weights, and their names, stay.

    Returns:
        The network.
    """
    for module in network.modules():
        if type(module) is nn.Conv2d and _fits(module):
            module.__class__ = _SmallMapConv2d
    return network


class _SmallMapConv2d(nn.Conv2d):
    """Convolution that knows a second way to its result."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name in torch
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            found: torch.Tensor = self._conv_forward(input, self.weight, self.bias)  # super() cannot be scripted
            return found
        else:
            is_slow = input.device.type == "cpu" and input.dtype == torch.bfloat16
            if not is_slow or is_exporting() or self._size(input.shape[3], 1) > WIDEST:
                return super().forward(input)
            return self._multiply(input)

    def _multiply(self, image: torch.Tensor) -> torch.Tensor:
        """The convolution [N, C, H, W] -> [N, F, H', W'] as one product [N H' W', C k k] x [C k k, F]."""
        (high, wide), (down, right) = self.kernel_size, self.stride
        rows, columns = self._size(image.shape[2], 0), self._size(image.shape[3], 1)
        edge_rows, edge_columns = int(self.padding[0]), int(self.padding[1])
        padded = functional.pad(image.permute(0, 2, 3, 1), (0, 0, edge_columns, edge_columns, edge_rows, edge_rows))
        taps = [
            padded[:, top : top + down * (rows - 1) + 1 : down, left : left + right * (columns - 1) + 1 : right]
            for top in range(high)
            for left in range(wide)
        ]
        seen = torch.cat(taps, dim=-1).flatten(0, 2)
        found = functional.linear(seen, self.weight.permute(0, 2, 3, 1).flatten(1), self.bias)
        return found.view(-1, rows, columns, self.out_channels).permute(0, 3, 1, 2)

    def _size(self, pixels: int, axis: int) -> int:
        """Pixels of the result along an axis of the image."""
        return (pixels + 2 * int(self.padding[axis]) - self.kernel_size[axis]) // self.stride[axis] + 1


def _fits(layer: nn.Conv2d) -> bool:
    """Whether a layer is one that the matrix product covers: more than a pixel wide, dense, padded with zeros."""
    return (
        max(layer.kernel_size) > 1
        and layer.groups == 1
        and layer.dilation == (1, 1)
        and layer.padding_mode == "zeros"
        and not isinstance(layer.padding, str)
    )
