"""Latent inversion: from photos to the latents with which a generator draws them again.

Data flow, with B photos of resolution R::

    photos [B, 3, R, R] --encoder, if there is one--> guess [B, *latent] --search--> latents [B, *latent]
                                                                 |  ^
                                   generator.synthesis -> images -> distance to the photos, one value each

Which latent explains a photo is ambiguous, and a survival model reads the latent, not the picture. So a search is
judged by both: how well the photo is drawn again, and how near the latent of a generated photo is to the true one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, Protocol

import torch
from monai.inferers import Inferer

from prognos.config import keys
from prognos.inferers.inversion_problem import InversionProblem, relative_error
from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.inferers.latent_metric import LatentMetric
from prognos.inferers.metric_measurement import measure_metric
from prognos.losses import PerceptualLoss
from prognos.networks import LatentSpace, fingerprint

__all__ = ["Inversion", "LatentInversionInferer", "RecordedInversionInferer"]


class Inversion(NamedTuple):
    """What a search found for B photos.

    Attributes:
        latent: [B, *latent].
        reconstruction: what the generator draws from it, with its constant noise, [B, C, R, R].
        rmse: relative root mean squared error of the reconstruction: 0 = exact, 1 = a flat picture of the photo's mean
            colour, [B].
        steps: evaluations of the generator with gradient, int64 [B].
        seconds: wall time a photo, the time of the batch divided by B, [B].
    """

    latent: torch.Tensor
    reconstruction: torch.Tensor
    rmse: torch.Tensor
    steps: torch.Tensor
    seconds: torch.Tensor


class Search(Protocol):
    """A way to look for latents; see ``prognos.inferers.latent_search``.

    Attributes:
        method: its name in tables of latents.
        probes: projections for each coordinate that measure the metric of the problem; 0 for none.
    """

    method: str
    probes: int

    def __call__(self, problem: InversionProblem, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return latents [B, *latent] and the evaluations each used, int64 [B]; ``guess`` is that of the encoder."""


class Preparation(NamedTuple):
    """A generator and what is computed from it alone.

    Attributes:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        coordinates: of its latents.
        metric: how far steps in them move a picture, if the search needs it.
    """

    generator: Any
    coordinates: LatentCoordinates
    metric: LatentMetric | None


class LatentInversionInferer(Inferer):
    """Find the latents of photos.

    Args:
        search: :class:`QuasiNewtonSearch` (fast, from an encoder's guess), :class:`EncoderGuess` (the guess itself),
            :class:`SphereSearch` (the optimisation of z in the paper) or :class:`ProjectorSearch` (the published
            projector of StyleGAN2).
        space: ``"z"``, ``"w"`` or ``"w+"``.
        encoder: a :class:`prognos.networks.nets.LatentEncoder` of this space, which gives the first guess.
        perceptual: distance in features, for instance of the discriminator; it must return one value a photo.
        perceptual_weight: its weight beside the relative squared error of the pixels.
        precision: of the matrix products; ``"bfloat16"`` shortens the search on processors with AMX and on GPUs.
        seed: of the draws that describe the space and its metric.

    Raises:
        ValueError: when the encoder is of another space, the perceptual distance averages over the photos, or the
            precision is unknown.
    """

    def __init__(
        self,
        search: Search,
        *,
        space: LatentSpace = "w",
        encoder: Any = None,
        perceptual: PerceptualLoss | None = None,
        perceptual_weight: float = 0.1,
        precision: Literal["float32", "bfloat16"] = "float32",
        seed: int = 0,
    ) -> None:
        super().__init__()
        if encoder is not None and encoder.space != space:
            raise ValueError(
                f"LatentInversionInferer: the encoder predicts {encoder.space}, the search is in {space}; train an "
                f"encoder for {space}, or search in {encoder.space}."
            )
        if perceptual is not None and perceptual.reduction != "none":
            raise ValueError("LatentInversionInferer: perceptual must have reduction='none', one value a photo.")
        if precision not in ("float32", "bfloat16"):
            raise ValueError(f"LatentInversionInferer: precision is {precision!r}, expected 'float32' or 'bfloat16'.")
        self.search = search
        self.space = space
        self.encoder = encoder
        self.perceptual = perceptual
        self.perceptual_weight = perceptual_weight
        self.dtype = getattr(torch, precision)
        self.seed = seed
        self._prepared: Preparation | None = None

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the latents [B, *latent] of photos [B, C, R, R] in [-1, 1] for the generator ``network``."""
        return self.invert(inputs, network).latent

    def invert(self, photos: torch.Tensor, generator: Any) -> Inversion:
        """Search, and keep a record for each photo.

        Args:
            photos: in [-1, 1], [B, C, R, R].
            generator: a :class:`prognos.networks.nets.StyleGAN2Generator`; its weights and mode are left as they are.

        Raises:
            ValueError: when the photos have another size or number of channels than the generator's images.
        """
        expected = (generator.channels, generator.resolution, generator.resolution)
        if tuple(photos.shape[1:]) != expected:
            raise ValueError(
                f"LatentInversionInferer: photos are {list(photos.shape[1:])}, the generator draws {list(expected)}; "
                f"align the photos at its resolution."
            )
        prepared = self.prepare(generator)
        began = time.perf_counter()
        photos = torch.as_tensor(photos).as_subclass(torch.Tensor)  # without MONAI's metadata
        with torch.no_grad(), _untouched(generator), _untouched(self.encoder):
            problem = self._problem(photos, prepared)
            guess = None if self.encoder is None else self.encoder.to(photos.device)(photos).float()
            latent, steps = self.search(problem, guess)
            reconstruction = problem.images(latent)
        if photos.is_cuda:
            torch.cuda.synchronize(photos.device)
        seconds = torch.full((len(photos),), (time.perf_counter() - began) / len(photos))
        return Inversion(latent, reconstruction, relative_error(reconstruction, photos), steps.cpu(), seconds)

    def describe(self, generator: Any) -> dict[str, Any]:
        """Everything that decides a latent, as JSON values; ``generator`` is its fingerprint."""
        settings: dict[str, Any] = {"generator": fingerprint(generator), "space": self.space}
        settings |= {"method": self.search.method, "search": vars(self.search), "seed": self.seed}
        settings |= {"precision": str(self.dtype).removeprefix("torch.")}
        if self.encoder is not None:
            settings["encoder"] = fingerprint(self.encoder)
        if self.perceptual is not None:
            features: Any = getattr(self.perceptual.features, "__self__", self.perceptual.features)
            settings |= {"perceptual": fingerprint(features), "perceptual_weight": self.perceptual_weight}
        return settings

    def prepare(self, generator: Any) -> Preparation:
        """Describe the latents of a generator from draws, which takes seconds.

        The first call for a generator does it, unless it was done before; its time is in no photo's record.
        """
        if self._prepared is not None and self._prepared.generator is generator:
            return self._prepared
        coordinates, metric = LatentCoordinates(generator, self.space, seed=self.seed), None
        if self.search.probes:
            with torch.no_grad(), _untouched(generator):
                metric = measure_metric(
                    lambda photos: self._problem(photos, Preparation(generator, coordinates, None)),
                    generator,
                    coordinates,
                    probes=self.search.probes,
                    seed=self.seed,
                )
        self._prepared = Preparation(generator, coordinates, metric)
        return self._prepared

    def _problem(self, photos: torch.Tensor, prepared: Preparation) -> InversionProblem:
        """What is to be solved for photos [B, C, R, R]."""
        return InversionProblem(
            photos,
            *prepared,
            perceptual=self.perceptual,
            perceptual_weight=self.perceptual_weight,
            dtype=self.dtype,
        )


class RecordedInversionInferer(LatentInversionInferer):
    """Find the latents of photos and return the record of each photo beside them."""

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Return ``latent``, ``reconstruction``, ``rmse``, ``steps`` and ``seconds`` as in :class:`Inversion`."""
        found = self.invert(inputs, network)._asdict()
        return {keys.LATENT: found.pop("latent"), **found}


@contextmanager
def _untouched(network: Any) -> Iterator[None]:
    """Inference mode for a network and no gradient for its weights; both as before afterwards."""
    if network is None:
        yield
        return
    modes = [(module, module.training) for module in network.modules()]
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.eval()
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
        for module, mode in modes:
            module.training = mode
