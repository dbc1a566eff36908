"""Handler that turns what every iteration reports into one number an epoch."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import torch
from ignite.engine import Engine, Events

__all__ = ["EpochMeansHandler"]


class EpochMeansHandler:
    """Put the mean of each scalar of ``engine.state.output`` into ``engine.state.metrics`` when an epoch ends.

    A scalar that only some iterations report, such as a lazy penalty, is averaged over those. Two more numbers tell how
    far and how fast the training is: ``kimg`` (thousand images since its start) and ``images_per_second``. Attach it
    before the handlers that log the metrics and before the one that saves the run.

    Args:
        batch_size: images of an iteration, over all processes.

    Raises:
        FloatingPointError: at the end of an epoch of which a mean is not finite, so that no checkpoint of it is kept.
    """

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self._sums: dict[str, Any] = {}
        self._counts: defaultdict[str, int] = defaultdict(int)

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)

    def _forget(self, engine: Engine) -> None:
        self._sums.clear()
        self._counts.clear()

    def _add(self, engine: Engine) -> None:
        # Sums stay on the device: reading each number would make the device wait for us.
        for name, value in engine.state.output.items():
            value = value.detach().double() if isinstance(value, torch.Tensor) else value
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] += 1

    def _write(self, engine: Engine) -> None:
        means = {name: float(total) / self._counts[name] for name, total in self._sums.items()}
        lost = [name for name, mean in means.items() if not math.isfinite(mean)]
        if lost:
            raise FloatingPointError(
                f"{', '.join(lost)} became infinite in epoch {engine.state.epoch}: the training has diverged. Start "
                f"again to continue from the last checkpoint, with a lower learning rate or in float32."
            )
        seconds = engine.state.times[Events.EPOCH_COMPLETED.name]
        engine.state.metrics.update(means)
        engine.state.metrics["kimg"] = engine.state.iteration * self.batch_size / 1000
        engine.state.metrics["images_per_second"] = engine.state.epoch_length * self.batch_size / max(seconds, 1e-9)
