"""Coordinates in which a search for a latent is well scaled, and the spread of latents they come from.

B is a number of latents, n the size of one when it is flattened, W the size of w, L the number of style inputs.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from prognos.networks import draw_latents, latent_shape, to_sphere

__all__ = ["LatentCoordinates"]

DRAWS = 10_000
"""Draws from the mapping network that mean and spread of w are computed from, as in Karras et al. 2020, appendix D."""

SMALLEST_SPREAD = 1e-3
"""Directions of w in which the draws vary less than this share of the widest one are searched as if they varied so."""


class LatentCoordinates:
    """Flat coordinates u [B, n] of the latents of one generator.

    In w and w+, u are the principal axes of the mapping network's draws in units of their standard deviation: w = mean
    + factor u. Most directions of w are hardly used by the generator's own faces; in these coordinates a search leaves
    them alone unless the photo asks for them. In z, u is a point that is brought onto the sphere.

    Args:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        space: ``"z"``, ``"w"`` or ``"w+"``.
        seed: of the draws.

    Attributes:
        mean: mean of w over the draws, [W]; in z, zeros.
        spread: root of the mean squared distance of w from its mean, as the published projector uses it.
        blocks: number of w in a latent and the size of each; in z, 1 and its size.
    """

    def __init__(self, generator: Any, space: str, *, seed: int = 0) -> None:
        self.space = space
        self.shape = latent_shape(generator, space)
        self.blocks = (math.prod(self.shape[:-1]), self.shape[-1])
        random = torch.Generator().manual_seed(seed)
        w = draw_latents(generator, "w", DRAWS, random=random).double()
        mean = w.mean(dim=0)
        centred = w - mean
        self.spread = math.sqrt(float(centred.square().sum(dim=1).mean()))
        values, axes = torch.linalg.eigh(centred.T @ centred / len(w))
        deviations = values.clamp_min(0.0).sqrt()
        deviations = deviations.clamp_min(max(SMALLEST_SPREAD * float(deviations.max()), 1e-12))
        self.mean = mean.float() if space != "z" else torch.zeros(self.shape, device=mean.device)
        self._factor = (axes * deviations).float()  # [W, W]
        self._inverse = (axes / deviations).T.float()

    def to_latent(self, u: torch.Tensor) -> torch.Tensor:
        """Latents [B, *shape] of coordinates [B, n]."""
        parts = u.reshape(len(u), *self.shape)
        return to_sphere(parts) if self.space == "z" else self.mean + parts @ self._factor.T

    def from_latent(self, latent: torch.Tensor) -> torch.Tensor:
        """Coordinates [B, n] of latents [B, *shape]."""
        if self.space == "z":
            return to_sphere(latent)
        u: torch.Tensor = (latent - self.mean) @ self._inverse.T
        return u.flatten(1)

    def centre(self, count: int) -> torch.Tensor:
        """The mean latent in w and w+, ``count`` times, [B, *shape].

        Raises:
            ValueError: in z, whose mean is no point of its sphere.
        """
        if self.space == "z":
            raise ValueError("a search in z cannot start at the mean latent: give an encoder, or use SphereSearch.")
        return self.mean.expand(count, *self.shape).clone()
