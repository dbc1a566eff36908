"""Report at the end of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events

from prognos.handlers import PredictionsWriter, ReportWriter
from prognos.networks import Provenance

SYNTHETIC = Provenance("synthetic", "drawn from seed 1", "ab" * 32)
TEXTS = {"title": "T", "predicts": "log hazard", "cohort": "4 drawn patients", "not_for": "decisions"}


def evaluate(folder: Path, metrics: dict[str, float], label: torch.Tensor, **arguments: Any) -> str:
    predictions = PredictionsWriter(folder / "predictions.csv")
    report = ReportWriter(folder / "report.html", predictions, **TEXTS, provenance=SYNTHETIC, **arguments)
    engine = Engine(lambda engine, _: {"label": label, "pred": torch.tensor([[1.0], [0.5], [0.0], [-1.0]])})
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(metrics))
    predictions.attach(engine)
    report.attach(engine)
    engine.run([{"patient_id": list("abcd"), "patient_index": torch.arange(4)}])
    return (folder / "report.html").read_text()


def test_report_prints_the_metrics_and_the_oracle_beside_them(tmp_path: Path) -> None:
    label = torch.tensor([[10.0, 1], [20, 1], [30, 0], [40, 1]])
    metrics = {"c_index": 0.7, "c_index_se": 0.05, "c_index_events": 3, "c_index_patients": 4}
    page = evaluate(tmp_path, metrics, label, oracle=0.76)
    assert '<div class="number">0.700</div>' in page
    assert "95 % interval 0.602 to 0.798" in page
    assert "true risks 0.760" in page
    assert "4 patients, 3 with the event" in page
    assert SYNTHETIC.notice in page
    assert "Kaplan-Meier curves" in page


def test_report_without_outcomes_says_that_nothing_was_measured(tmp_path: Path) -> None:
    page = evaluate(tmp_path, {}, torch.full((4, 2), torch.nan))
    assert "no outcome was given, so nothing was measured" in page
    assert "Kaplan-Meier" not in page
