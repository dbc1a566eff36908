"""Convolutions whose kernel is scaled by a style, sample by sample, with one kernel in memory.

Scaling the input channels of the kernel by s and then each output channel to unit norm equals scaling the input by s,
convolving once with the shared kernel W, and scaling the output by::

    d_o = (sum_i s_i^2 sum_k W_oik^2 + 1e-8)^(-1/2)

so no sample needs a kernel of its own.

Source:
    Karras et al. 2020, arXiv:1912.04958, section 2.2 and appendix B.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from prognos.networks.layers.activation import LEAKY_GAIN, leaky_relu
from prognos.networks.layers.equalized import EqualizedLinear
from prognos.networks.layers.kernel_power import kernel_power
from prognos.networks.layers.resampling import blur

__all__ = ["ModulatedConv2d", "ModulatedToImage"]

NOISE_MODES = ("const", "random", "none")
"""Where the noise of a layer comes from: its own buffer, a fresh draw per sample, nowhere."""


class ModulatedConv2d(nn.Module):
    """Modulated and demodulated 3 x 3 convolution, noise, bias and leaky rectifier; optionally doubles the resolution.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        w_dim: size of the style input.
        resolution: height and width of the output.
        up: whether the output is twice as large as the input.
        clamp: bound of the absolute value of the result; ``None`` for none.
    """

    noise_const: torch.Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        *,
        up: bool = False,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.up = up
        self.clamp = clamp
        self.affine = EqualizedLinear(w_dim, in_channels, bias=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: torch.Tensor, w: torch.Tensor, noise_mode: str = "random") -> torch.Tensor:
        """Compute one layer.

        Args:
            x: features [B, in, H, W].
            w: style inputs [B, w_dim].
            noise_mode: ``"const"``, ``"random"`` or ``"none"``.

        Returns:
            Features [B, out, H, W], or of twice that height and width.
        """
        style, demodulation = self._scales(w)
        x = x * style.to(x.dtype)[:, :, None, None]
        if self.up:
            y = blur(F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2), padding=1, gain=4.0)
        else:
            y = F.conv2d(x, self.weight, padding=1)
        scale = (demodulation * LEAKY_GAIN).to(y.dtype)[:, :, None, None]
        y = torch.addcmul((self.bias * LEAKY_GAIN).to(y.dtype)[:, None, None], y, scale)
        noise = self._noise(y, noise_mode)
        return leaky_relu(y if noise is None else y.add_(noise), self.clamp)

    def _scales(self, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Factors of the input [B, in] and of the output [B, out], in full precision.

        The input factors have a root mean square of 1 / sqrt(taps): what the convolution adds up then stays in the
        range of its input, also in half precision. The output factors take this back.
        """
        with torch.autocast(w.device.type, enabled=False):
            style: torch.Tensor = self.affine(w.to(self.weight.dtype))  # [B, in]
            power = kernel_power(self.weight)  # [out, in]
            demodulation = torch.rsqrt(F.linear(style.square(), power) + 1e-8)  # [B, out]
            size = (style.square().mean(dim=1, keepdim=True) * (9 * style.shape[1]) + 1e-8).sqrt()  # [B, 1]
        return style / size, demodulation * size

    def _noise(self, y: torch.Tensor, noise_mode: str) -> torch.Tensor | None:
        if noise_mode == "none":
            return None
        if noise_mode == "const":
            noise = self.noise_const
        else:
            noise = torch.randn(y.shape[0], 1, y.shape[2], y.shape[3], dtype=self.bias.dtype, device=y.device)
        return (noise * (self.noise_strength * LEAKY_GAIN)).to(y.dtype)


class ModulatedToImage(nn.Module):
    """Modulated 1 x 1 convolution without demodulation: features to colours.

    Args:
        in_channels: channels of the input.
        channels: colours.
        w_dim: size of the style input.
        clamp: bound of the absolute value of the result; ``None`` for none.
    """

    def __init__(self, in_channels: int, channels: int, w_dim: int, *, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.weight_gain = 1.0 / math.sqrt(in_channels)
        self.affine = EqualizedLinear(w_dim, in_channels, bias=1.0)
        self.weight = nn.Parameter(torch.randn(channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Map features [B, in, H, W] and style inputs [B, w_dim] to colours [B, channels, H, W], never in half."""
        with torch.autocast(w.device.type, enabled=False):
            style: torch.Tensor = self.affine(w.to(self.weight.dtype)) * self.weight_gain
        kernel = self.weight[None, :, :, 0, 0] * style[:, None, :]  # [B, channels, in]: small, so per sample is cheap
        image = torch.matmul(kernel.to(x.dtype), x.flatten(2)).reshape(x.shape[0], -1, x.shape[2], x.shape[3])
        image = image.to(self.bias.dtype) + self.bias[None, :, None, None]
        return image if self.clamp is None else image.clamp(-self.clamp, self.clamp)
