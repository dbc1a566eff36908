"""``prognos synthesize``: the oracle beside the cohort."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prognos.apps.synthesize import score_portrait_truth, score_truth, synthesize
from prognos.data import PhantomSettings, write_lesion_cohort


def write_truth(folder: Path) -> Path:
    """Three patients who die in the order of their log hazards, and whose lesion counts say the opposite."""
    (folder / "truth").mkdir()
    patients = pd.DataFrame({"patient_id": ["a", "b", "c"], "log_hazard": [2.0, 1.0, 0.0]})
    patients.to_csv(folder / "truth/patients.csv", index=False)
    names = ["a", "b", "b", "c", "c", "c"]
    lesions = pd.DataFrame({"patient_id": names, "diameter": 10.0, "risk": 1.0, "scale": 1.0})
    lesions.to_csv(folder / "truth/lesions.csv", index=False)
    cohort = pd.DataFrame({"patient_id": ["c", "a", "b"], "time": [30, 10, 20], "event": 1})
    cohort.to_csv(folder / "cohort.csv", index=False)
    return folder / "cohort.csv"


def test_the_oracle_orders_patients_by_their_true_log_hazard(tmp_path: Path) -> None:
    scores = score_truth(write_truth(tmp_path))
    assert scores["oracle"]["concordance_index"] == 1.0
    assert scores["count"]["concordance_index"] == 0.0


def test_the_oracle_of_every_table_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lesion_cohort(tmp_path, patients=6, seed=7, processes=1, settings=PhantomSettings((4.0, 4.0, 8.0)))
    (tmp_path / "dataset.json").write_text(
        (tmp_path / "dataset.json").read_text().replace("4.0", "1.5", 2).replace("8.0", "4.0")
    )
    synthesize("lesions", str(tmp_path), patients=6, seed=7, redraws=1)
    written = json.loads((tmp_path / "truth/oracle.json").read_text())
    assert list(written) == ["cohort.csv", "cohort_seed1.csv"]
    assert set(written["cohort.csv"]["oracle"]) == {"concordance_index", "standard_error"}
    assert "6 synthetic patients" in capsys.readouterr().out


def test_an_unknown_kind_and_a_negative_number_of_redraws_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected 'lesions' or 'portraits'"):
        synthesize("faces", str(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 0 or more"):
        synthesize("lesions", str(tmp_path), redraws=-1)
    assert not list(tmp_path.iterdir())


def test_the_oracle_of_portraits_is_written_pooled_and_within_types(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthesize("portraits", str(tmp_path), patients=60, seed=7, size=16, redraws=1)
    written = json.loads((tmp_path / "truth/oracle.json").read_text())
    assert list(written) == ["cohort.csv", "cohort_seed1.csv"]
    assert written["cohort.csv"] == score_portrait_truth(tmp_path / "cohort.csv")
    assert written["cohort.csv"]["type"]["stratified_concordance_index"] == 0.5
    assert written["cohort.csv"]["oracle"]["concordance_index"] > 0.7
    shown = capsys.readouterr().out
    assert "60 synthetic patients" in shown
    assert "visible within cancer types" in shown


def test_aligned_portraits_come_in_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synthesize("portraits", str(tmp_path), patients=3, domain="population", size=16, photos_per_patient=2, aligned=True)
    assert np.load(tmp_path / "aligned.npy").shape == (6, 3, 16, 16)
    assert not (tmp_path / "cohort.csv").exists()
    assert "6 aligned portraits of 3 synthetic patients" in capsys.readouterr().out


def test_options_of_another_kind_are_refused_rather_than_ignored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mean nothing for lesions"):
        synthesize("lesions", str(tmp_path), size=128)
    with pytest.raises(ValueError, match="mean nothing for portraits"):
        synthesize("portraits", str(tmp_path), processes=2)
    with pytest.raises(ValueError, match="mean nothing for portraits in one file"):
        synthesize("portraits", str(tmp_path), aligned=True, redraws=1)
    assert not list(tmp_path.iterdir())
