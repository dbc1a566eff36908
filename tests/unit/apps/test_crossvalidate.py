"""Out-of-fold predictions are pooled within folds only."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from prognos.apps.crossvalidate import crossvalidate, pool

PART = {"patient_id": ["a", "b", "c"], "time_days": [10.0, 20.0, 30.0], "event": [1, 1, 0]}


def write_fold(folder: Path, fold: int, log_hazard: list[float]) -> None:
    """Predictions of one fold, the same on its three parts."""
    (folder / f"fold_{fold}").mkdir(parents=True)
    table = pd.DataFrame(PART).assign(log_hazard=log_hazard, fold=fold)
    for subset in ("train", "validation", "test"):
        path = folder / f"fold_{fold}" / f"predictions_{subset}.csv"
        path.write_text("# comment\n" + table.to_csv(index=False))


def test_pairs_of_different_folds_are_not_compared(tmp_path: Path) -> None:
    write_fold(tmp_path, 0, [3.0, 2.0, 1.0])
    write_fold(tmp_path, 1, [103.0, 102.0, 101.0])
    pool(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["pooled"]["c_index"] == 1.0
    assert summary["pooled"]["patients"] == 6
    assert summary["pooled"]["events"] == 4


def test_the_mean_over_folds_stands_beside_its_standard_deviation(tmp_path: Path) -> None:
    write_fold(tmp_path, 0, [3.0, 2.0, 1.0])
    write_fold(tmp_path, 1, [1.0, 2.0, 3.0])
    text = pool(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["c_index"]["test"]["folds"] == [1.0, 0.0]
    assert summary["c_index"]["test"]["mean"] == 0.5
    assert summary["c_index"]["test"]["sd"] == pytest.approx(0.5**0.5)
    assert "| test | 0.500 ± 0.707 |" in text
    assert len(pd.read_csv(tmp_path / "predictions.csv")) == 6


def test_a_cohort_without_folds_is_refused(tmp_path: Path) -> None:
    table = "patient_id,time,event\n" + "".join(f"p{row},{row + 1},1\n" for row in range(8))
    (tmp_path / "cohort.csv").write_text(table)
    with pytest.raises(ValueError, match="prognos split"):
        crossvalidate("lesion_prioritization", output_dir=str(tmp_path / "out"), dataset_dir=str(tmp_path))
