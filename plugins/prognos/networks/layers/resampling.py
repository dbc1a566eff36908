"""Change of resolution by two with the binomial filter [1, 3, 3, 1], zero outside the image.

Source:
    Karras et al. 2020, arXiv:1912.04958, appendix B; the filter is that of Zhang 2019, arXiv:1904.11486.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

__all__ = ["TAPS", "blur", "blurred_kernel", "downsample", "upsample"]

TAPS = (0.125, 0.375, 0.375, 0.125)
"""Weights of the filter along one axis; they sum to one."""


def upsample(x: torch.Tensor) -> torch.Tensor:
    """Double the resolution.

    Each new pixel is three quarters of its nearest old pixel and one quarter of the next one, along both axes.

    Args:
        x: images [B, C, H, W].

    Returns:
        Images [B, C, 2 H, 2 W].
    """
    return F.conv_transpose2d(x, _kernel(x, gain=4.0), stride=2, padding=1, groups=x.shape[1])


def downsample(x: torch.Tensor) -> torch.Tensor:
    """Halve the resolution of images [B, C, H, W]: [B, C, H / 2, W / 2]."""
    return F.conv2d(x, _kernel(x), stride=2, padding=1, groups=x.shape[1])


def blur(x: torch.Tensor, padding: int, gain: float = 1.0) -> torch.Tensor:
    """Filter every channel by itself.

    Args:
        x: images [B, C, H, W].
        padding: zeros added on every side.
        gain: factor of the result; 4 makes up for zeros that an upsampling has put between the pixels.

    Returns:
        Images [B, C, H + 2 padding - 3, W + 2 padding - 3].
    """
    return F.conv2d(x, _kernel(x, gain), padding=padding, groups=x.shape[1])


def blurred_kernel(weight: torch.Tensor) -> torch.Tensor:
    """Kernel that does in one step what the filter and then ``weight`` do.

    Args:
        weight: kernels [out, in, k, k].

    Returns:
        Kernels [out, in, k + 3, k + 3], in the precision of ``weight``.
    """
    room = len(TAPS) - 1
    rows = sum((tap * F.pad(weight, (0, 0, i, room - i)) for i, tap in enumerate(TAPS)), torch.zeros(()))
    return sum((tap * F.pad(rows, (i, room - i, 0, 0)) for i, tap in enumerate(TAPS)), torch.zeros(()))


def _kernel(x: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    """The filter for each channel of ``x``, [C, 1, 4, 4]. Dense: two one-dimensional passes are slower."""
    taps = torch.tensor(TAPS, dtype=x.dtype, device=x.device)
    return torch.outer(taps * gain, taps).expand(x.shape[1], 1, len(TAPS), len(TAPS))
