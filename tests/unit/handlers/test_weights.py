"""The best epoch's weights are kept, written, and survive a kill."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine, Events
from torch import nn

from prognos.handlers import BestWeightsHandler, ResumeHandler, WeightsWriter

SCORES = (0.5, 0.7, 0.6, math.nan, 0.7)
"""Validation metric of each epoch; the best one is the second."""


class Run:
    """A network whose weight is the number of the epoch, validated after each."""

    def __init__(self, folder: Path, scores: tuple[float, ...] = SCORES) -> None:
        self.network = nn.Linear(1, 1, bias=False)
        self.scores = scores
        self.validator = Engine(lambda engine, batch: None)
        self.trainer = Engine(self._step)
        self.best = BestWeightsHandler(self.network)
        self.best.attach(self.validator)
        self.validator.add_event_handler(Events.EPOCH_COMPLETED, self._measure)
        self.trainer.add_event_handler(Events.EPOCH_COMPLETED, self._validate)
        objects = {"network": self.network, "best": self.best}
        ResumeHandler(folder / "checkpoints", objects, settings={}).attach(self.trainer)
        WeightsWriter(
            self.network, folder, trained_on="synthetic", description="4 patients", half=False, best=self.best
        ).attach(self.trainer)

    def _step(self, engine: Engine, batch: int) -> None:
        nn.init.constant_(self.network.weight, engine.state.epoch)

    def _measure(self, engine: Engine) -> None:
        self.validator.state.metrics = {"val_c_index": self.scores[self.trainer.state.epoch - 1]}

    def _validate(self, engine: Engine) -> None:
        self.validator.state.max_epochs = engine.state.epoch  # as MONAI's evaluator does
        self.validator.state.epoch = engine.state.epoch - 1
        self.validator.state.iteration = 0
        self.validator.run([0])

    def run(self, stop_after: int | None = None) -> None:
        def kill(engine: Engine) -> None:
            raise KeyboardInterrupt

        if stop_after is not None:
            self.trainer.add_event_handler(Events.EPOCH_STARTED(once=stop_after + 1), kill)
        with contextlib.suppress(KeyboardInterrupt):
            self.trainer.run([0], max_epochs=len(self.scores))


def written(folder: Path) -> tuple[float, str]:
    provenance: dict[str, Any] = json.loads((folder / "model.pt.provenance.json").read_text())
    return torch.load(folder / "model.pt", weights_only=True)["weight"].item(), provenance["description"]


def test_the_first_epoch_of_the_highest_metric_is_written_and_named(tmp_path: Path) -> None:
    Run(tmp_path).run()
    said = "4 patients; weights of epoch 2, the highest val_c_index (0.700)"
    assert written(tmp_path) == (2.0, said)


@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_a_killed_run_writes_the_same_best_weights(tmp_path: Path, stop_after: int) -> None:
    Run(tmp_path).run(stop_after)
    assert not (tmp_path / "model.pt").exists()
    Run(tmp_path).run()
    assert written(tmp_path)[0] == 2.0


def test_without_any_defined_metric_the_last_weights_are_written_and_said_to_be(tmp_path: Path) -> None:
    Run(tmp_path, (math.nan, math.nan)).run()
    assert written(tmp_path) == (2.0, "4 patients; weights of the last epoch, because val_c_index was never defined")


def test_later_steps_do_not_change_what_was_kept(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.run()
    assert run.network.weight.item() == len(SCORES)
    assert run.best.weights is not None
    assert run.best.weights["weight"].item() == 2.0


def test_a_metric_that_the_validator_does_not_have_is_named(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.best.metric = "c_indx"
    with pytest.raises(ValueError, match=r"no metric 'c_indx', it has \['val_c_index'\]"):
        run.run()
