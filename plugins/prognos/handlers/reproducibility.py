"""Handlers that make a run a function of its seed: draws per iteration, and resuming to the same bits."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint

from prognos.files import is_torn, written_whole

__all__ = ["ResumeHandler", "SeedHandler"]

logger = logging.getLogger(__name__)

PATTERN = "checkpoint_*.pt"
"""Names of the checkpoints of one run, oldest first when sorted."""


class EpochSampler(Protocol):
    """A sampler whose order is a function of its seed and the epoch."""

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the epoch."""


class SeedHandler:
    """Make every random draw of training a function of (seed, epoch, iteration, rank).

    A run that was killed and resumed at an epoch then draws what the uninterrupted run drew.

    Args:
        seed: seed of the run.
        sampler: batch sampler that is told the epoch before its first batch.
    """

    def __init__(self, seed: int, sampler: EpochSampler | None = None) -> None:
        self.seed = seed
        self.sampler = sampler

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        if self.sampler is not None:
            engine.add_event_handler(Events.EPOCH_STARTED, self._choose_order)
        engine.add_event_handler(Events.ITERATION_STARTED, self._seed_draws)

    def _choose_order(self, engine: Engine) -> None:
        if self.sampler is not None:
            self.sampler.set_epoch(engine.state.epoch)

    def _seed_draws(self, engine: Engine) -> None:
        parts = [self.seed, engine.state.epoch, engine.state.iteration, getattr(engine.state, "rank", 0)]
        torch.manual_seed(int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1))


class ResumeHandler:
    """Save the run after every epoch and continue from the newest valid checkpoint by itself.

    Checkpoints are written beside their final name and moved there, so a run that is killed at any moment leaves whole
    files only. Attach it after every handler that acts at the end of an epoch.

    Args:
        directory: folder of the checkpoints, made when absent.
        objects: what to save by name: network, optimizer, schedule, ... each with ``state_dict``.
        settings: values (JSON) that make the run what it is; a checkpoint written under others is refused.
        keep: how many checkpoints stay.
    """

    def __init__(
        self, directory: str | Path, objects: Mapping[str, Any], *, settings: Mapping[str, Any], keep: int = 2
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep must be >= 1, got {keep}.")
        self.directory = Path(directory)
        self.objects = dict(objects)
        self.settings = json.dumps(dict(settings), sort_keys=True)
        self.keep = keep

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.STARTED, self._load)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._save)

    def _save(self, engine: Engine) -> None:
        checkpoint = {name: target.state_dict() for name, target in self.objects.items()}
        checkpoint |= {"epoch": engine.state.epoch, "iteration": engine.state.iteration, "settings": self.settings}
        name = f"checkpoint_{engine.state.epoch:05d}.pt"
        if idist.get_rank() == 0:
            with written_whole(self.directory / name) as path, path.open("wb") as stream:
                torch.save(checkpoint, stream)
            for old in sorted(self.directory.glob(PATTERN))[: -self.keep]:
                old.unlink()

    def _load(self, engine: Engine) -> None:
        for path in sorted(self.directory.glob(PATTERN), reverse=True):
            checkpoint = _read(path)
            if checkpoint is None:
                continue
            self._refuse_other_settings(checkpoint["settings"])
            Checkpoint.load_objects(self.objects, {name: checkpoint[name] for name in self.objects})
            engine.state.epoch, engine.state.iteration = checkpoint["epoch"], checkpoint["iteration"]
            logger.info("resumed after epoch %d of %s", engine.state.epoch, engine.state.max_epochs)
            return

    def _refuse_other_settings(self, found: str) -> None:
        theirs, ours = json.loads(found), json.loads(self.settings)
        different = sorted(name for name in theirs | ours if theirs.get(name) != ours.get(name))
        if different:
            shown = "; ".join(f"{name} was {theirs.get(name)!r}, is now {ours.get(name)!r}" for name in different)
            raise ValueError(
                f"{self.directory} holds a run with other settings: {shown}. Choose another output_dir, or delete the "
                f"checkpoints there to start anew."
            )


def _read(path: Path) -> dict[str, Any] | None:
    """Content of a checkpoint, or None, with a warning, when the file is damaged."""
    if is_torn(path):
        logger.warning("%s is damaged and is passed over", path.name)
        return None
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        logger.warning("%s is damaged (%s) and is passed over", path.name, type(error).__name__)
        return None
    return checkpoint
