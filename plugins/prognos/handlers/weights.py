"""Handlers that keep what a run learned and how it went."""

from __future__ import annotations

import io
import logging
import math
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from safetensors.torch import save
from torch import nn

from prognos.files import written_whole
from prognos.networks import Origin, WeightAverage, write_provenance

__all__ = ["BestWeightsHandler", "LearningRateHandler", "WeightAverageHandler", "WeightsWriter"]

logger = logging.getLogger(__name__)


class WeightsWriter:
    """Write the weights at the end of a run: ``model.pt`` for MONAI, ``model.safetensors`` and their provenance.

    Args:
        network: whose weights; the module itself, not its distributed wrapper.
        folder: folder that receives the files.
        trained_on: ``"synthetic"``, ``"patients"`` or ``"unknown"``.
        description: one sentence on the cohort, for readers of a result.
        half: store floating point weights in half precision, which halves the files.
        best: whose weights to write instead of the last ones; the description then says so.
    """

    def __init__(
        self,
        network: nn.Module,
        folder: str | Path,
        *,
        trained_on: Origin,
        description: str,
        half: bool = True,
        best: BestWeightsHandler | None = None,
    ) -> None:
        self.network = network
        self.folder = Path(folder)
        self.trained_on = trained_on
        self.description = description
        self.half = half
        self.best = best

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if getattr(engine.state, "rank", 0) != 0:
            return
        best = None if self.best is None else self.best.weights
        chosen = self.network.state_dict() if best is None else best
        state = {name: self._stored(tensor) for name, tensor in chosen.items()}
        description = self.description if self.best is None else f"{self.description}; {self.best.summary}"
        for name in ("model.pt", "model.safetensors"):
            with written_whole(self.folder / name) as path:
                path.write_bytes(save(state) if path.suffix == ".safetensors" else _pickled(state))
            write_provenance(self.folder / name, self.trained_on, description)

    def _stored(self, tensor: torch.Tensor) -> torch.Tensor:
        tensor = tensor.detach().cpu().contiguous()
        return tensor.half() if self.half and tensor.is_floating_point() else tensor


class BestWeightsHandler:
    """Keep the weights of the epoch with the highest validation metric.

    Attach it to the validator, which runs inside an epoch of the trainer, and give it to
    :class:`prognos.handlers.ResumeHandler` as one of its objects: the choice is then part of each checkpoint, and a run
    that was killed goes on with it. An epoch that only equals the best one so far does not replace it, and one whose
    metric is undefined never counts.

    Args:
        network: whose weights; the module that is validated, not its distributed wrapper.
        metric: its name in ``engine.state.metrics`` of the validator; higher is better.

    Attributes:
        weights: state dictionary of the best epoch on the processor; None before there is one.
        epoch: number of that epoch, from 1.
        score: its metric.
    """

    def __init__(self, network: nn.Module, metric: str = "val_c_index") -> None:
        self.network = network
        self.metric = metric
        self.score = -math.inf
        self.epoch = 0
        self.weights: dict[str, torch.Tensor] | None = None

    @property
    def summary(self) -> str:
        """One clause on which weights these are."""
        if self.weights is None:
            return f"weights of the last epoch, because {self.metric} was never defined"
        return f"weights of epoch {self.epoch}, the highest {self.metric} ({self.score:.3f})"

    def attach(self, engine: Engine) -> None:
        """Register on the validator."""
        engine.add_event_handler(Events.COMPLETED, self._compare)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint needs to hold."""
        return {"score": self.score, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.score, self.epoch, self.weights = (state_dict[name] for name in ("score", "epoch", "weights"))

    def _compare(self, engine: Engine) -> None:
        if self.metric not in engine.state.metrics:
            raise ValueError(
                f"BestWeightsHandler: the validator has no metric {self.metric!r}, it has "
                f"{sorted(engine.state.metrics)}. Attach the handler to the validator and name one of these."
            )
        score = float(engine.state.metrics[self.metric])
        if not score > self.score:  # NaN is never greater
            return
        self.score, self.epoch = score, engine.state.epoch
        self.weights = {name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()}
        logger.info("epoch %d has the highest %s so far: %.4f", self.epoch, self.metric, self.score)


class LearningRateHandler:
    """Put the learning rate of the epoch into ``engine.state.metrics`` for whoever logs the metrics.

    Args:
        optimizer: whose first parameter group is read.
        name: key in ``engine.state.metrics``.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, name: str = "learning_rate") -> None:
        self.optimizer = optimizer
        self.name = name

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._note)

    def _note(self, engine: Engine) -> None:
        engine.state.metrics[self.name] = self.optimizer.param_groups[0]["lr"]


def _pickled(state: dict[str, torch.Tensor]) -> bytes:
    """Content of a ``.pt`` file; in memory, because torch writes the name of the file into the file."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


class WeightAverageHandler:
    """Update a running average of the weights after every step.

    Args:
        average: the average.
        network: whose weights; the module itself, not its distributed wrapper.
    """

    def __init__(self, average: WeightAverage, network: nn.Module) -> None:
        self.average = average
        self.network = network

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._update)

    def _update(self, engine: Engine) -> None:
        self.average.update_parameters(self.network)
