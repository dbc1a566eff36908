"""Curves and borders come from training patients of the very weights that are judged, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prognos.estimators import BaselineHazard, read_training_risks, save_model
from prognos.networks import Provenance

SHA = "ab" * 32
OURS = Provenance("synthetic", "drawn", SHA)
ROWS = "patient_id,time_days,event,log_hazard\na,10,1,0.5\nb,20,0,-0.5\nc,,,0.1\n"


def predictions(folder: Path, sha: str = SHA, rows: str = ROWS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "predictions_train.csv").write_text(f"# weights: trained on synthetic; drawn; sha256 {sha}\n{rows}")
    return folder


def test_the_table_of_the_run_comes_before_the_one_beside_the_weights(tmp_path: Path) -> None:
    run, weights = predictions(tmp_path / "run"), predictions(tmp_path / "w", rows=ROWS.replace("0.5", "0.7"))
    risks = read_training_risks(weights / "model.pt", run, OURS)
    assert risks.log_hazard is not None
    np.testing.assert_array_equal(risks.log_hazard, [0.5, -0.5])
    assert risks.patients == {"a", "b", "c"}
    expected = BaselineHazard().fit([0.5, -0.5], [[10, 1], [20, 0]]).survival([0.0], [15.0])
    assert risks.baseline is not None
    np.testing.assert_array_equal(risks.baseline.survival([0.0], [15.0]), expected)


def test_predictions_of_other_weights_are_not_used(tmp_path: Path) -> None:
    risks = read_training_risks(tmp_path / "w/model.pt", predictions(tmp_path / "run", sha="cd" * 32), OURS)
    assert risks.log_hazard is None
    assert "is of other weights" in risks.reason
    assert "--subset train" in risks.reason


def test_without_predictions_the_baseline_beside_the_weights_gives_curves(tmp_path: Path) -> None:
    save_model(tmp_path / "baseline.safetensors", BaselineHazard().fit([0.0, 0.0], [[10, 1], [20, 0]]), generator="g")
    risks = read_training_risks(tmp_path / "model.pt", tmp_path / "run", OURS)
    assert risks.baseline is not None
    assert risks.log_hazard is None
    assert "lies neither beside the result nor beside the weights" in risks.reason


def test_patients_that_are_evaluated_may_not_have_been_learned_from(tmp_path: Path) -> None:
    risks = read_training_risks(tmp_path / "model.pt", predictions(tmp_path / "run"), OURS)
    assert risks.apart_from({"x"}) is risks
    judged = risks.apart_from({"b", "c", "x"})
    assert judged.baseline is None
    assert judged.reason.startswith("2 of the evaluated patients are training patients")


def test_a_training_part_without_events_has_no_baseline(tmp_path: Path) -> None:
    run = predictions(tmp_path / "run", rows=ROWS.replace("10,1", "10,0"))
    risks = read_training_risks(tmp_path / "model.pt", run, OURS)
    assert risks.baseline is None
    assert "had the event" in risks.reason


def test_a_table_without_the_columns_is_an_error(tmp_path: Path) -> None:
    run = predictions(tmp_path / "run", rows="patient_id,time_days\na,1\n")
    with pytest.raises(ValueError, match="no column log_hazard, event"):
        read_training_risks(tmp_path / "model.pt", run, OURS)
