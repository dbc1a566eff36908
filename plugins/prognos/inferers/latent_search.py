"""Ways to look for the latents of photos: the guess of an encoder, quasi-Newton steps from it, Adam on the sphere of z.

B is the number of photos, n the number of coordinates of a latent. The published projector is in
``prognos.inferers.projector``.
"""

from __future__ import annotations

import math

import torch

from prognos.inferers.inversion_problem import InversionProblem
from prognos.inferers.lbfgs import minimise_each
from prognos.networks import draw_latents, to_sphere

__all__ = ["EncoderGuess", "QuasiNewtonSearch", "SphereSearch", "learning_rate_share"]


class EncoderGuess:
    """Take the encoder's guess as it is: one forward pass, what the bundle's feed-forward network sees."""

    method = "encoder"
    probes = 0

    def __call__(self, problem: InversionProblem, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return latents [B, *latent] and no evaluations [B].

        Raises:
            ValueError: when there is no encoder.
        """
        if guess is None:
            raise ValueError("EncoderGuess: there is no guess; give the inferer an encoder.")
        return guess, torch.zeros(len(guess), dtype=torch.int64)


class QuasiNewtonSearch:
    """L-BFGS from the encoder's guess, each photo with its own steps, in units that move the picture alike.

    Minimises distance * (1 + prior * mean((u - u_guess)^2)) over the coordinates u of
    :class:`prognos.inferers.latent_coordinates.LatentCoordinates`: each standard deviation away from the guess must
    lower the distance by a share of itself. So the pull is strong on a photo that the generator cannot draw, and
    vanishes on one that it can. The steps are scaled by the problem's metric. Without an encoder the guess is the mean
    latent.

    Args:
        evaluations: of the generator with gradient, at most, for each photo.
        history: steps that each photo remembers.
        prior: weight of the pull towards the guess, no unit.
        probes: projections for each coordinate that the metric is measured with, once for a generator.

    Raises:
        ValueError: when a number is out of range.
    """

    method = "quasi-newton"

    def __init__(self, evaluations: int = 30, history: int = 20, prior: float = 0.03, probes: int = 8) -> None:
        if min(evaluations, history, probes) < 1 or prior < 0:
            raise ValueError(
                f"expected evaluations, history and probes >= 1, prior >= 0; "
                f"got {evaluations=}, {history=}, {prior=}, {probes=}."
            )
        self.evaluations = evaluations
        self.history = history
        self.prior = prior
        self.probes = probes

    def __call__(self, problem: InversionProblem, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return latents [B, *latent] and evaluations [B].

        Raises:
            ValueError: when the problem has no metric.
        """
        space, metric = problem.coordinates, problem.metric
        if metric is None:
            raise ValueError("QuasiNewtonSearch: the problem has no metric; LatentInversionInferer measures it.")
        start = space.from_latent(space.centre(len(problem.photos)) if guess is None else guess)
        floor = self.prior * problem.distances(problem.images(space.to_latent(start))) / start.shape[1]

        def value(scaled: torch.Tensor) -> torch.Tensor:
            step = metric.to_step(scaled, floor)
            distance = problem.distances(problem.images(space.to_latent(start + step)))
            return distance * (1.0 + self.prior * step.square().mean(dim=1))

        found = minimise_each(value, torch.zeros_like(start), evaluations=self.evaluations, history=self.history)
        return space.to_latent(start + metric.to_step(found.point, floor)), found.evaluations


class SphereSearch:
    """Adam on z from several starts, back on its sphere after each step: the optimisation that the paper describes.

    The paper names "optimization of z" and gives no number of it. Ours: the starts are the nearest of ``candidates``
    drawn images, or the encoder's guess and ``starts - 1`` of those; the learning rate ramps up and down as in
    :class:`ProjectorSearch`; the best z seen, over steps and starts, is returned.

    Args:
        steps: of Adam.
        starts: for each photo.
        candidates: draws among which the starts are chosen.
        learning_rate: greatest; a coordinate of z has standard deviation 1.
        seed: of the draws.

    Raises:
        ValueError: when a number is out of range.
    """

    method = "sphere"
    probes = 0

    def __init__(
        self, steps: int = 500, starts: int = 4, candidates: int = 128, learning_rate: float = 0.1, seed: int = 0
    ) -> None:
        if not 1 <= starts <= candidates or steps < 1:
            raise ValueError(
                f"expected steps >= 1 and 1 <= starts <= candidates, got {steps=}, {starts=}, {candidates=}."
            )
        self.steps = steps
        self.starts = starts
        self.candidates = candidates
        self.learning_rate = learning_rate
        self.seed = seed

    def __call__(self, problem: InversionProblem, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return latents [B, Z] and evaluations [B].

        Raises:
            ValueError: when the space is not z.
        """
        if problem.coordinates.space != "z":
            raise ValueError(f"SphereSearch looks for z, the space is {problem.coordinates.space!r}.")
        several = problem.repeated(self.starts)
        z = self._starts(problem, guess).flatten(0, 1).requires_grad_()
        optimizer = torch.optim.Adam([z], lr=self.learning_rate)
        best, lowest = z.detach().clone(), torch.full((len(z),), torch.inf, device=z.device)
        for step in range(self.steps):
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * learning_rate_share(step / self.steps)
            with torch.enable_grad():
                distance = several.distances(several.images(z))
                z.grad = torch.autograd.grad(distance.sum(), z)[0]
            is_better = distance.detach() < lowest
            best = torch.where(is_better[:, None], z.detach(), best)
            lowest = torch.where(is_better, distance.detach(), lowest)
            optimizer.step()
            z.data.copy_(to_sphere(z.data))
        chosen = lowest.reshape(-1, self.starts).argmin(dim=1)
        steps = torch.full((len(problem.photos),), self.steps * self.starts)
        return best.reshape(len(chosen), self.starts, -1)[torch.arange(len(chosen)), chosen], steps

    def _starts(self, problem: InversionProblem, guess: torch.Tensor | None) -> torch.Tensor:
        """For each photo the draws whose images are nearest, [B, starts, Z]; the guess, if there is one, is first."""
        random = torch.Generator().manual_seed(self.seed)
        draws = draw_latents(problem.generator, "z", self.candidates, random=random)
        images = torch.cat([problem.images(part) for part in torch.split(draws, 16)]).flatten(1)
        nearest = torch.cdist(problem.photos.flatten(1), images).topk(self.starts, largest=False).indices
        starts = draws[nearest]
        return starts if guess is None else torch.cat([to_sphere(guess)[:, None], starts[:, :-1]], dim=1)


def learning_rate_share(progress: float) -> float:
    """Share of the greatest learning rate: up over the first 5 % of the steps, down as a cosine over the last 25 %.

    Args:
        progress: share of the steps that are done, in [0, 1).

    Source:
        Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix D.
    """
    down = min(1.0, (1.0 - progress) / 0.25)
    return min(1.0, progress / 0.05) * (0.5 - 0.5 * math.cos(math.pi * down))
