"""Picture of the highest and lowest risks in TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine

from prognos.config.organs import ORGANS
from prognos.handlers import LesionImageHandler


class Recorder:
    """Keeps what a summary writer would write."""

    def __init__(self) -> None:
        self.images: list[tuple[str, Any, int]] = []

    def add_image(self, tag: str, pixels: Any, step: int, dataformats: str) -> None:
        """Keep the picture."""
        self.images.append((tag, pixels, step))

    def flush(self) -> None:
        """There is nothing to flush."""


def batch(risks: list[list[float]], patients: str = "ab") -> tuple[dict[str, Any], dict[str, Any]]:
    """Two annotations with padding (risk 0 at the end of the second)."""
    risk = torch.tensor(risks)
    volume = torch.where(risk != 0, 100.0, 0.0)
    sample = {
        "patient_id": list(patients),
        "volume": volume,
        "diameter": torch.full(risk.shape, 12.4),
        "organ": torch.full(risk.shape, ORGANS.index("liver")),
    }
    return sample, {"image": torch.rand(*risk.shape, 16, 16), "label": None, "pred": {"risk": risk}}


def evaluate(handler: LesionImageHandler, batches: list[Any]) -> None:
    def step(engine: Engine, pair: Any) -> Any:
        engine.state.batch = pair[0]
        return pair[1]

    engine = Engine(step)
    handler.attach(engine)
    engine.run(batches)


def test_picture_shows_both_ends_of_the_ranking_and_no_padding() -> None:
    recorder = Recorder()
    handler = LesionImageHandler(summary_writer=recorder, count=2)
    evaluate(handler, [batch([[0.3, -0.1], [0.9, 0.0]]), batch([[0.5, 0.2], [-0.7, 0.1]], "cd")])
    assert handler.figure is not None
    alt = handler.figure.get_label()
    assert alt.endswith(
        "highest risk: +0.90 (liver · 12 mm), +0.50 (liver · 12 mm); "
        "lowest risk: -0.10 (liver · 12 mm), -0.70 (liver · 12 mm)."
    )
    [(tag, pixels, step)] = recorder.images
    assert tag == "lesions_by_risk"
    assert step == 1
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


def test_memory_holds_both_ends_only() -> None:
    handler = LesionImageHandler(summary_writer=Recorder(), count=1)
    evaluate(handler, [batch([[0.3, -0.1], [0.9, 0.4]], pair) for pair in ("ab", "cd", "ef")])
    assert len(handler.patches) == 2


def test_second_annotation_of_a_patient_is_not_shown() -> None:
    handler = LesionImageHandler(summary_writer=Recorder(), count=4)
    evaluate(handler, [batch([[0.3], [0.4]], "aa"), batch([[0.9], [0.5]], "ab")])
    assert [scored.risk for scored in handler.patches] == pytest.approx([0.5, 0.3])


def test_epoch_without_lesions_draws_nothing() -> None:
    recorder = Recorder()
    evaluate(LesionImageHandler(summary_writer=recorder), [batch([[0.0], [0.0]])])
    assert recorder.images == []


def test_events_are_written_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    evaluate(LesionImageHandler(tmp_path, count=1), [batch([[0.3], [0.9]])])
    assert [path.stat().st_size > 1000 for path in tmp_path.glob("events.*")] == [True]
