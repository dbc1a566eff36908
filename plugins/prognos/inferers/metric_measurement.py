"""The metric of a generator's latents, averaged over pictures that it draws.

B is a number of photos, K the number of blocks of a latent (1, or the layers of w+), W the size of a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from prognos.inferers.inversion_problem import InversionProblem
from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.inferers.latent_metric import LatentMetric
from prognos.networks import draw_latents, latents_to_ws

__all__ = ["measure_metric"]

PROBES_PER_DRAW = 16
"""Projections of each drawn picture; after the first, one costs a backward pass alone."""

BATCH = 4
"""Pictures drawn at once."""


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
