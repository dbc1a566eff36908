"""StyleGAN2 generator of square images.

Data flow, with B images, latent size Z, style size W, L = 2 log2(R) - 2 style inputs, C colours, resolution R::

    z [B, Z] (c [B, K]) -> mapping -> w [B, W] -> repeat, truncate -> ws [B, L, W] -> synthesis -> image [B, C, R, R]
    synthesis: constant 4 x 4 -> b4 -> b8 -> ... -> bR; each block adds its colours to the upsampled colours so far

Images are about [-1, 1], unclipped. Losses, training and files are elsewhere.

Source:
    Karras et al. 2019, arXiv:1812.04948 (mapping, noise, truncation); Karras et al. 2020, arXiv:1912.04958 (modulated
    convolutions, skip connections); Karras et al. 2020, arXiv:2006.06676 (conditions). Written from the papers; parity
    with independent formulations is tested in ``tests/parity/test_stylegan2.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from prognos.networks.blocks import StyleMapping, block_widths
from prognos.networks.layers import ModulatedConv2d, ModulatedToImage, upsample
from prognos.networks.layers.modulated import NOISE_MODES

__all__ = ["StyleGAN2Generator", "StyleGAN2Synthesis"]


class StyleGAN2Synthesis(nn.Module):
    """Draw images from style inputs.

    Args:
        widths: channels of the features by resolution, from 4 to that of the image.
        channels: C, colours.
        w_dim: W, size of the style.
        conv_clamp: bound of the absolute value of every layer's result; ``None`` for none.

    Attributes:
        num_ws: L, number of style inputs.
    """

    def __init__(self, widths: dict[int, int], channels: int, w_dim: int, *, conv_clamp: float | None = None) -> None:
        super().__init__()
        self.resolutions = list(widths)
        self.w_dim = w_dim
        self.num_ws = 2 * len(widths)
        before = 0
        for resolution, width in widths.items():
            self.add_module(f"b{resolution}", _Block(before, width, channels, w_dim, resolution, conv_clamp))
            before = width

    def forward(self, ws: torch.Tensor, noise_mode: str = "random") -> torch.Tensor:
        """Draw images.

        Args:
            ws: style inputs [B, L, W]; the same one L times (space W) or different ones (space W+).
            noise_mode: ``"const"`` (the layers' own noise), ``"random"`` (a fresh draw) or ``"none"``.

        Returns:
            Images, about [-1, 1], unclipped, [B, C, R, R].

        Raises:
            ValueError: when ``ws`` has another shape or ``noise_mode`` another value.
        """
        if ws.ndim != 3 or ws.shape[1] != self.num_ws or ws.shape[2] != self.w_dim:
            raise ValueError(
                f"ws has shape {list(ws.shape)}, expected [B, {self.num_ws}, {self.w_dim}]; repeat a single style with "
                f"ws[:, None].repeat(1, {self.num_ws}, 1)."
            )
        if noise_mode not in NOISE_MODES:
            raise ValueError(f"noise_mode is {noise_mode!r}, expected one of {NOISE_MODES}.")
        x: torch.Tensor | None = None
        image: torch.Tensor | None = None
        first = 0
        for resolution in self.resolutions:
            block: _Block = getattr(self, f"b{resolution}")
            x, image = block(x, image, ws[:, first:], noise_mode)
            first += block.layers  # the colours share their style with the next block's first layer
        if image is None:
            raise ValueError("the synthesis has no block.")
        return image


class _Block(nn.Module):
    """Layers of one resolution: (twice as large,) convolution, colours."""

    def __init__(
        self, before: int, width: int, channels: int, w_dim: int, resolution: int, clamp: float | None
    ) -> None:
        super().__init__()
        if before:
            self.conv0 = ModulatedConv2d(before, width, w_dim, resolution, up=True, clamp=clamp)
        else:
            self.const = nn.Parameter(torch.randn(width, resolution, resolution))
        self.layers = 2 if before else 1
        self.conv1 = ModulatedConv2d(width, width, w_dim, resolution, clamp=clamp)
        self.torgb = ModulatedToImage(width, channels, w_dim, clamp=clamp)

    def forward(
        self, x: torch.Tensor | None, image: torch.Tensor | None, ws: torch.Tensor, noise_mode: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.const[None].expand(ws.shape[0], -1, -1, -1) if x is None else self.conv0(x, ws[:, 0], noise_mode)
        x = self.conv1(x, ws[:, self.layers - 1], noise_mode)
        colours: torch.Tensor = self.torgb(x, ws[:, self.layers])
        return x, colours if image is None else upsample(image) + colours


class StyleGAN2Generator(nn.Module):
    """Mapping and synthesis.

    Args:
        resolution: R, a power of two from 8; 32 to 1024 are usual.
        channels: C, colours: 3, or 1 for grey images.
        z_dim: Z, size of the latent.
        w_dim: W, size of the style.
        c_dim: K, size of the condition; 0 for none.
        mapping_layers: fully connected layers of the mapping; 8 in the papers, 2 in some later settings.
        channel_base: features times resolution; 32768 in the paper, 16384 for half of it.
        channel_max: upper bound of the features.
        widths: features at 4, 8, ..., R, instead of ``channel_base`` and ``channel_max``.
        conv_clamp: bound of every layer's result, which half precision needs; ``None`` for none.
        mapping_learning_rate: how much slower the mapping learns.

    Attributes:
        mapping: ``(z, c=None, truncation_psi=1.0, truncation_cutoff=None) -> ws`` [B, L, W], see
            :class:`~prognos.networks.blocks.StyleMapping`.
        synthesis: ``(ws, noise_mode="random") -> images`` [B, C, R, R], see :class:`StyleGAN2Synthesis`.
        num_ws: L.

    Raises:
        ValueError: when the resolution, the widths or the mapping are impossible.
    """

    def __init__(
        self,
        resolution: int = 256,
        channels: int = 3,
        z_dim: int = 512,
        w_dim: int = 512,
        c_dim: int = 0,
        mapping_layers: int = 8,
        channel_base: int = 32768,
        channel_max: int = 512,
        widths: Sequence[int] | None = None,
        conv_clamp: float | None = None,
        mapping_learning_rate: float = 0.01,
    ) -> None:
        super().__init__()
        by_resolution = block_widths(resolution, channel_base, channel_max, widths)
        self.resolution, self.channels, self.z_dim, self.w_dim, self.c_dim = resolution, channels, z_dim, w_dim, c_dim
        self.conv_clamp = conv_clamp
        self.mapping_layers, self.mapping_learning_rate = mapping_layers, mapping_learning_rate
        self.widths = list(by_resolution.values())
        self.synthesis = StyleGAN2Synthesis(by_resolution, channels, w_dim, conv_clamp=conv_clamp)
        self.num_ws = self.synthesis.num_ws
        self.mapping = StyleMapping(
            z_dim, w_dim, self.num_ws, c_dim=c_dim, layers=mapping_layers, learning_rate=mapping_learning_rate
        )

    def forward(
        self,
        z: torch.Tensor,
        c: torch.Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: str = "random",
    ) -> torch.Tensor:
        """Draw images from latents [B, Z]; arguments as in the mapping and the synthesis.

        Returns:
            Images, about [-1, 1], unclipped, [B, C, R, R].
        """
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        images: torch.Tensor = self.synthesis(ws, noise_mode)
        return images

    def architecture(self) -> dict[str, Any]:
        """Arguments that build this network again; JSON can write them."""
        names = ("resolution", "channels", "z_dim", "w_dim", "c_dim", "mapping_layers", "widths", "conv_clamp")
        return {name: getattr(self, name) for name in (*names, "mapping_learning_rate")}
