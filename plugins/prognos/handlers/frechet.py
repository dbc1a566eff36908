"""Handler that measures how far the images of a generator are from the photos it is trained on."""

from __future__ import annotations

import math
from typing import Any

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events
from torch.utils.data import Dataset

from prognos.config import keys
from prognos.metrics import FrechetDistanceMetric
from prognos.networks import generate_images
from prognos.networks.nets import PortraitFeatures, StyleGAN2Generator

__all__ = ["FrechetDistanceHandler"]

BATCH = 64
"""Images at once."""


class FrechetDistanceHandler:
    """Put ``frechet_distance`` into ``engine.state.metrics`` every few epochs and at the last one.

    The photos are the first ones of the data set, the latents always the same, so that the numbers of one training can
    be compared. Attach it before the handlers that log the metrics.

    Args:
        averaged: running average of the generator.
        features: fixed network, on any device; it is moved to the generator's. None where nothing is measured.
        dataset: photos; an item has ``image``, uint8 or float in [-1, 1], [C, R, R].
        count: generated images, and at most as many photos.
        interval: epochs between two measurements; 0 measures nothing.
        seed: of the latents.
        name: key in ``engine.state.metrics``.
        at_start: measure the generator that training begins with as well; ``<name>_at_start`` is in the metrics when
            the run has ended. Attach this handler before the one that resumes a run.

    Attributes:
        before: distance of the generator that training began with; NaN where it is not measured.
    """

    def __init__(
        self,
        averaged: StyleGAN2Generator,
        features: PortraitFeatures | None,
        dataset: Dataset[Any],
        *,
        count: int = 1000,
        interval: int = 5,
        seed: int = 1,
        name: str = "frechet_distance",
        at_start: bool = False,
    ) -> None:
        self.averaged = averaged
        self.features = features
        self.dataset = dataset
        self.count = count
        self.interval = interval
        self.name = name
        self.z = torch.randn(count, averaged.z_dim, generator=torch.Generator().manual_seed(seed))
        self.metric: FrechetDistanceMetric | None = None
        self.at_start = at_start
        self.before = math.nan

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        if self.interval < 1:
            return
        if self.at_start:
            engine.add_event_handler(Events.STARTED, self._begin)
            engine.add_event_handler(Events.COMPLETED, self._end)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._measure)

    def _begin(self, engine: Engine) -> None:
        if idist.get_rank() == 0:
            self.before = self._distance()

    def _end(self, engine: Engine) -> None:
        if idist.get_rank() == 0:
            engine.state.metrics[f"{self.name}_at_start"] = self.before

    def _measure(self, engine: Engine) -> None:
        due = engine.state.epoch % self.interval == 0 or engine.state.epoch == engine.state.max_epochs
        if not due or idist.get_rank() != 0:
            engine.state.metrics.pop(self.name, None)
            return
        engine.state.metrics[self.name] = self._distance()

    def _distance(self) -> float:
        """Distance of the generator as it is now."""
        if self.metric is None:
            self.metric = FrechetDistanceMetric(self._photo_features())
        self.metric.reset()
        for z in torch.split(self.z, BATCH):
            self.metric(self._features(generate_images(self.averaged, z)))
        return float(self.metric.aggregate())

    def _photo_features(self) -> torch.Tensor:
        rows = range(min(self.count, len(self.dataset)))  # type: ignore[arg-type]  # a sized data set
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        photos = ([_as_float(self.dataset[row][keys.IMAGE]) for row in part] for part in parts)
        return torch.cat([self._features(torch.stack(batch)) for batch in photos])

    @torch.no_grad()
    def _features(self, images: torch.Tensor) -> torch.Tensor:
        if self.features is None:
            raise ValueError("FrechetDistanceHandler: give the features to measure with, or interval 0.")
        device = next(self.averaged.parameters()).device
        return self.features.to(device).features(images.to(device)).cpu()


def _as_float(image: torch.Tensor) -> torch.Tensor:
    image = torch.as_tensor(image).as_subclass(torch.Tensor)
    return image.float() / 127.5 - 1.0 if image.dtype == torch.uint8 else image.float()
