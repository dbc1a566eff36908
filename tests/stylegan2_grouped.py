"""StyleGAN2 computed the long way, as the papers write it down: one kernel per sample, filters on zero-stuffed images.

An independent formulation to hold the networks against, and the contender of their benchmark. It reads the weights of
our networks by name and shares no code with them.

Source:
    Karras et al. 2020, arXiv:1912.04958, equations 1 to 3 and appendix B.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

Weights = dict[str, torch.Tensor]


def weights_of(network: nn.Module) -> Weights:
    """Parameters, with their gradients attached, and buffers."""
    return dict(network.named_parameters()) | dict(network.named_buffers())


def resample(x: torch.Tensor, *, up: int, down: int, padding: tuple[int, int], gain: float = 1.0) -> torch.Tensor:
    """Insert zeros, pad, filter with [1, 3, 3, 1] along both axes, keep every ``down``-th pixel."""
    batch, channels, height, width = x.shape
    if up > 1:
        stuffed = x.new_zeros(batch, channels, height, up, width, up)
        stuffed[:, :, :, 0, :, 0] = x
        x = stuffed.reshape(batch, channels, height * up, width * up)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype)
    kernel = torch.outer(taps, taps) / 64 * gain
    x = F.pad(x, (*padding, *padding))
    return F.conv2d(x, kernel.expand(channels, 1, 4, 4), groups=channels)[:, :, ::down, ::down]


def dense(x: torch.Tensor, weights: Weights, name: str, *, rate: float = 1.0, rectify: bool = False) -> torch.Tensor:
    """Fully connected layer with equalised learning rate."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    y = x @ (weight * rate / math.sqrt(weight.shape[1])).t() + bias * rate
    return rectified(y) if rectify else y


def rectified(x: torch.Tensor, gain: float = math.sqrt(2.0), clamp: float | None = None) -> torch.Tensor:
    """Leaky rectifier, then gain, then clamp."""
    y = F.leaky_relu(x, 0.2) * gain
    return y if clamp is None else y.clamp(-clamp, clamp)


def mapping(weights: Weights, prefix: str, z: torch.Tensor | None, c: torch.Tensor | None, layers: int) -> torch.Tensor:
    """Styles [B, W]."""
    parts = [] if z is None else [normal(z)]
    if c is not None:
        parts.append(normal(dense(c, weights, f"{prefix}embed")))
    x = torch.cat(parts, dim=1)
    for i in range(layers):
        x = dense(x, weights, f"{prefix}fc{i}", rate=0.01, rectify=True)
    return x


def normal(x: torch.Tensor) -> torch.Tensor:
    """Rows of unit power."""
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


def modulated(
    x: torch.Tensor, weight: torch.Tensor, style: torch.Tensor, *, demodulate: bool = True, up: bool = False
) -> torch.Tensor:
    """Convolve every sample with its own kernel, all of them in one grouped convolution."""
    batch, channels, height, width = x.shape
    kernel = weight[None] * style[:, None, :, None, None]  # [B, out, in, k, k], equation 1
    if demodulate:
        kernel = kernel * (kernel.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()  # equation 3
    x = x.reshape(1, batch * channels, height, width)
    if up:
        flat = kernel.transpose(1, 2).reshape(batch * channels, -1, 3, 3)
        y = F.conv_transpose2d(x, flat, stride=2, groups=batch)
        y = y.reshape(batch, -1, *y.shape[2:])
        return resample(y, up=1, down=1, padding=(1, 1), gain=4.0)
    y = F.conv2d(x, kernel.flatten(0, 1), padding=weight.shape[-1] // 2, groups=batch)
    return y.reshape(batch, -1, *y.shape[2:])


def synthesis(weights: Weights, ws: torch.Tensor, noise_mode: str, clamp: float | None = None) -> torch.Tensor:
    """Images [B, C, R, R] of style inputs [B, L, W]; weights of a generator."""

    def layer(name: str, x: torch.Tensor, w: torch.Tensor, *, up: bool) -> torch.Tensor:
        y = modulated(x, weights[f"{name}.weight"], dense(w, weights, f"{name}.affine"), up=up)
        if noise_mode == "const":
            y = y + weights[f"{name}.noise_const"] * weights[f"{name}.noise_strength"]
        elif noise_mode == "random":
            y = y + torch.randn(len(y), 1, *y.shape[2:]) * weights[f"{name}.noise_strength"]
        return rectified(y + weights[f"{name}.bias"][:, None, None], clamp=clamp)

    def colours(name: str, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        style = dense(w, weights, f"{name}.affine") / math.sqrt(x.shape[1])
        y = modulated(x, weights[f"{name}.weight"], style, demodulate=False) + weights[f"{name}.bias"][:, None, None]
        return y if clamp is None else y.clamp(-clamp, clamp)

    x = weights["synthesis.b4.const"].expand(len(ws), -1, -1, -1)
    x = layer("synthesis.b4.conv1", x, ws[:, 0], up=False)
    image = colours("synthesis.b4.torgb", x, ws[:, 1])
    for number in range(1, ws.shape[1] // 2):
        block = f"synthesis.b{4 * 2**number}"
        x = layer(f"{block}.conv0", x, ws[:, 2 * number - 1], up=True)
        x = layer(f"{block}.conv1", x, ws[:, 2 * number], up=False)
        image = resample(image, up=2, down=1, padding=(2, 1), gain=4.0)
        image = image + colours(f"{block}.torgb", x, ws[:, 2 * number + 1])
    return image


def discriminator(
    weights: Weights,
    image: torch.Tensor,
    c: torch.Tensor | None = None,
    *,
    clamp: float | None = None,
    group: int = 4,
) -> torch.Tensor:
    """Logits [B, 1] of images; weights of a discriminator with one channel of deviation."""

    def conv(
        name: str, x: torch.Tensor, *, down: bool = False, gain: float = 1.0, linear: bool = False
    ) -> torch.Tensor:
        weight = weights[f"{name}.weight"]
        size = weight.shape[-1]
        weight = weight / math.sqrt(weight[0].numel())
        if down:
            x = resample(x, up=1, down=1, padding=(size // 2 + 1, size // 2 + 1))
            y = F.conv2d(x, weight, stride=2)
        else:
            y = F.conv2d(x, weight, padding=size // 2)
        if linear:
            return y * gain
        bound = None if clamp is None else clamp * gain
        return rectified(y + weights[f"{name}.bias"][:, None, None], math.sqrt(2.0) * gain, bound)

    half = math.sqrt(0.5)
    size = image.shape[-1]
    x = conv(f"b{size}.fromrgb", image)
    while size > 4:
        y = conv(f"b{size}.conv1", conv(f"b{size}.conv0", x), down=True, gain=half)
        x = y + conv(f"b{size}.skip", x, down=True, gain=half, linear=True)
        size //= 2
    members = min(group, len(x))
    deviations = []
    for start in range(len(x) // members):
        of_group = x[start :: len(x) // members]
        deviations.append(((of_group - of_group.mean(0)).square().mean(0) + 1e-8).sqrt().mean())
    spread = torch.stack(deviations).repeat(members)[:, None, None, None].expand(-1, 1, 4, 4)
    x = conv("b4.conv", torch.cat([x, spread], dim=1)).flatten(1)
    x = dense(dense(x, weights, "b4.fc", rectify=True), weights, "b4.out")
    if c is None:
        return x
    condition = mapping(weights, "mapping.", None, c, 8)
    return (x * condition).sum(dim=1, keepdim=True) / math.sqrt(x.shape[1])
