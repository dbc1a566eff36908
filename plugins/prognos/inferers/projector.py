"""The published projector of StyleGAN2: 1000 steps of Adam on w and on the noise maps."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional as F

from prognos.inferers.inversion_problem import InversionProblem
from prognos.inferers.latent_search import learning_rate_share

__all__ = ["ProjectorSearch"]

NOISE_MAPS = "noise_const"
"""Last part of the names of the generator's constant noise maps."""

COARSEST = 8
"""Side at which the pyramid of a noise map ends, pixels."""


class ProjectorSearch:
    """Follow the schedule of the StyleGAN2 paper, for comparison and for who wants it.

    Adam from the mean latent; noise on w that fades over the first 75 % of the steps; a learning rate that ramps up
    over 5 % and down over the last 25 %; noise maps optimised along, kept at mean 0 and variance 1, and penalised for
    looking like a picture. The noise maps are those of the search only: the latent is what is kept, and the
    reconstruction of the record is drawn with the generator's own. The paper measures distance with VGG16 features;
    here the distance is that of the problem.

    Args:
        steps: of Adam.
        learning_rate: greatest.
        initial_noise: standard deviation of the noise on w at the start, in units of the spread of w.
        regularisation: weight of the noise maps' penalty.
        seed: of the noise on w.

    Raises:
        ValueError: when ``steps`` is not positive.

    Source:
        Karras, Laittala, Aittala, Hellsten, Lehtinen and Aila 2020, "Analyzing and improving the image quality of
        StyleGAN", arXiv:1912.04958, appendix D.
    """

    method = "projector"
    probes = 0

    def __init__(
        self,
        steps: int = 1000,
        learning_rate: float = 0.1,
        initial_noise: float = 0.05,
        regularisation: float = 1e5,
        seed: int = 0,
    ) -> None:
        if steps < 1:
            raise ValueError(f"ProjectorSearch: steps is {steps}, expected a positive number.")
        self.steps = steps
        self.learning_rate = learning_rate
        self.initial_noise = initial_noise
        self.regularisation = regularisation
        self.seed = seed

    def __call__(self, problem: InversionProblem, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return latents [B, *latent] and evaluations [B]; the guess of an encoder is not used.

        Raises:
            ValueError: in z, for which the schedule is not defined.
        """
        space, count = problem.coordinates, len(problem.photos)
        latent = space.centre(count)
        random = torch.Generator().manual_seed(self.seed)
        maps = _noise_maps(problem.generator, count, random)
        leaves = [latent.requires_grad_(), *(noise.requires_grad_() for noise in maps.values())]
        optimizer = torch.optim.Adam(leaves, lr=self.learning_rate)
        for step in range(self.steps):
            progress = step / self.steps
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * learning_rate_share(progress)
            size = space.spread * self.initial_noise * max(0.0, 1.0 - progress / 0.75) ** 2
            shake = size * torch.randn(latent.shape, generator=random).to(latent.device)
            with torch.enable_grad():
                images = problem.images(latent + shake, maps)
                penalty = torch.stack([_likeness(noise) for noise in maps.values()]).sum() if maps else 0.0
                loss = problem.distances(images).sum() + self.regularisation * penalty
                gradients = torch.autograd.grad(loss, leaves)
            for leaf, gradient in zip(leaves, gradients, strict=True):
                leaf.grad = gradient
            optimizer.step()
            for noise in maps.values():
                noise.data.sub_(noise.data.mean(dim=(2, 3), keepdim=True))
                noise.data.mul_(torch.rsqrt(noise.data.square().mean(dim=(2, 3), keepdim=True)))
        return latent.detach(), torch.full((count,), self.steps)


def _noise_maps(generator: Any, count: int, random: torch.Generator) -> dict[str, torch.Tensor]:
    """Fresh noise [B, 1, H, W] for each noise map of the synthesis, by name."""
    return {
        name: torch.randn(count, 1, *noise.shape[-2:], generator=random).to(noise.device)
        for name, noise in generator.synthesis.named_buffers()
        if name.rsplit(".", 1)[-1] == NOISE_MAPS
    }


def _likeness(noise: torch.Tensor) -> torch.Tensor:
    """How much noise maps [B, 1, H, W] look like a picture: squared correlation of neighbours, over a pyramid."""
    total = noise.new_zeros(())
    while True:
        for axis in (2, 3):
            total = total + (noise * noise.roll(1, axis)).mean(dim=(1, 2, 3)).square().sum()
        if noise.shape[-1] <= COARSEST:
            return total
        noise = F.avg_pool2d(noise, 2) * math.sqrt(4.0)  # a mean of four has half the deviation
