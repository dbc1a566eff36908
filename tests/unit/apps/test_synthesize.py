"""``prognos synthesize``: the oracle beside the cohort."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from prognos.apps.synthesize import score_truth, synthesize
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
    with pytest.raises(ValueError, match="expected 'lesions'"):
        synthesize("faces", str(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected 0 or more"):
        synthesize("lesions", str(tmp_path), redraws=-1)
    assert not list(tmp_path.iterdir())
