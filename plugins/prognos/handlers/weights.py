"""Handlers that keep what a run learned and how it went."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from ignite.engine import Engine, Events
from safetensors.torch import save
from torch import nn

from prognos.files import written_whole
from prognos.networks import Origin, WeightAverage, write_provenance

__all__ = ["LearningRateHandler", "WeightAverageHandler", "WeightsWriter"]


class WeightsWriter:
    """Write the weights at the end of a run: ``model.pt`` for MONAI, ``model.safetensors`` and their provenance.

    Args:
        network: whose weights; the module itself, not its distributed wrapper.
        folder: folder that receives the files.
        trained_on: ``"synthetic"``, ``"patients"`` or ``"unknown"``.
        description: one sentence on the cohort, for readers of a result.
        half: store floating point weights in half precision, which halves the files.
    """

    def __init__(
        self, network: nn.Module, folder: str | Path, *, trained_on: Origin, description: str, half: bool = True
    ) -> None:
        self.network = network
        self.folder = Path(folder)
        self.trained_on = trained_on
        self.description = description
        self.half = half

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if getattr(engine.state, "rank", 0) != 0:
            return
        state = {name: self._stored(tensor) for name, tensor in self.network.state_dict().items()}
        for name in ("model.pt", "model.safetensors"):
            with written_whole(self.folder / name) as path:
                path.write_bytes(save(state) if path.suffix == ".safetensors" else _pickled(state))
            write_provenance(self.folder / name, self.trained_on, self.description)

    def _stored(self, tensor: torch.Tensor) -> torch.Tensor:
        tensor = tensor.detach().cpu().contiguous()
        return tensor.half() if self.half and tensor.is_floating_point() else tensor


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
