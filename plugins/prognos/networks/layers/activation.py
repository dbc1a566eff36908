"""Leaky rectifier of StyleGAN2, whose gain keeps the variance of a standard normal input near one."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

__all__ = ["LEAKY_GAIN", "SLOPE", "leaky_relu"]

SLOPE = 0.2
"""Slope for negative inputs."""

LEAKY_GAIN = math.sqrt(2.0)
"""Factor after the rectifier. It is positive, so layers move it in front, into their small weights and biases."""


def leaky_relu(x: torch.Tensor, clamp: float | None = None) -> torch.Tensor:
    """Rectify; the gain is already in ``x``.

    Args:
        x: any shape, already multiplied by the gain.
        clamp: bound of the absolute value of the result; ``None`` for none.

    Returns:
        Tensor of the shape of ``x``.
    """
    y = F.leaky_relu(x, SLOPE)
    return y if clamp is None else y.clamp(-clamp, clamp)
