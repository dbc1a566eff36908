"""How far a step in the coordinates of a latent moves the picture, in the mean over the faces that a generator draws.

One direction may move the picture hundreds of times as far as another. Where all steps matter about alike, a search
needs some thirty evaluations. B is a number of photos, K the number of blocks of a latent (1, or the layers of
w+), W the size of a block, n = K W.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.networks import draw_latents, latents_to_ws

if TYPE_CHECKING:
    from prognos.inferers.latent_inversion import InversionProblem

__all__ = ["LatentMetric", "measure_metric"]

PROBES_PER_DRAW = 16
"""Projections of each drawn picture; after the first, one costs a backward pass alone."""

BATCH = 4
"""Pictures drawn at once."""

SMALLEST_VALUE = 1e-7
"""Directions that move the picture less than this share of the strongest one are taken to move it so much."""


class LatentMetric:
    """A quadratic form in the coordinates u of :class:`prognos.inferers.latent_coordinates.LatentCoordinates`.

    Args:
        matrix: symmetric, positive semidefinite, one block for each layer of w+ or the only one, [K, W, W].

    Attributes:
        values: eigenvalues, [K, W].
        axes: eigenvectors, in columns, [K, W, W].
    """

    def __init__(self, matrix: torch.Tensor) -> None:
        values, axes = torch.linalg.eigh(matrix.double())
        smallest = (SMALLEST_VALUE * values.max()).clamp_min(1e-12)
        self.values = values.clamp_min(smallest).to(matrix.dtype)
        self.axes = axes.to(matrix.dtype)

    def to_step(self, scaled: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
        """Steps in u whose quadratic form, with the floor on its diagonal, is half the squared length of ``scaled``.

        Args:
            scaled: [B, n].
            floor: added to the eigenvalues for each photo, [B].

        Returns:
            [B, n].
        """
        blocks = scaled.reshape(len(scaled), *self.values.shape)  # [B, K, W]
        blocks = blocks * torch.rsqrt(2.0 * (self.values + floor[:, None, None]))
        return torch.einsum("kij,bkj->bki", self.axes, blocks).flatten(1)


def measure_metric(
    problem_of: Callable[[torch.Tensor], InversionProblem],
    generator: Any,
    coordinates: LatentCoordinates,
    *,
    probes: int,
    seed: int = 0,
) -> LatentMetric:
    """Average the Gauss-Newton matrix J'J of the distance over drawn latents.

    J is the derivative of what a distance compares with respect to u. A projection of it with independent standard
    normal weights has a gradient whose outer product is J'J in the mean, so that J is never built. In w+, the terms
    between layers are left out.

    Args:
        problem_of: makes the problem of photos [B, C, R, R].
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        coordinates: of its latents.
        probes: projections for each of the W coordinates.
        seed: of draws and projections.

    Source:
        Nocedal and Wright 2006, "Numerical optimization", section 10.3 (Gauss-Newton).
    """
    blocks, width = coordinates.blocks
    count = -(-probes * width // PROBES_PER_DRAW)  # draws, rounded up
    draws = draw_latents(generator, coordinates.space, count, random=torch.Generator().manual_seed(seed))
    random = torch.Generator(draws.device).manual_seed(seed)
    total = draws.new_zeros(blocks, width, width, dtype=torch.float64)
    for latents in torch.split(draws, BATCH):
        photos = generator.synthesis(latents_to_ws(latents, generator, coordinates.space), noise_mode="const")
        problem = problem_of(photos)
        with torch.enable_grad():
            u = coordinates.from_latent(latents).requires_grad_()
            compared = problem.compared(problem.images(coordinates.to_latent(u)))
            for probe in range(PROBES_PER_DRAW):
                weights = [torch.empty_like(part).normal_(generator=random) for part in compared]
                (slope,) = torch.autograd.grad(compared, u, weights, retain_graph=probe < PROBES_PER_DRAW - 1)
                each = slope.reshape(-1, blocks, width).double()
                total += torch.einsum("bki,bkj->kij", each, each)
    return LatentMetric((total / (count * PROBES_PER_DRAW)).float())
