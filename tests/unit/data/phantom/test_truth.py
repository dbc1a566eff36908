"""Scores that know the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prognos.data.phantom import true_scores


def test_scores_of_two_small_patients_can_be_computed_by_hand(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    pd.DataFrame({"patient_id": ["b", "a"], "log_hazard": [0.5, -1.0]}).to_csv(tmp_path / "truth/patients.csv")
    lesions = [("b", 10.0, 5.0, 2.0), *(("b", 11.0 + i, 1.0, 2.0) for i in range(5)), ("a", 6.0, -0.5, 0.1)]
    columns = ["patient_id", "diameter", "risk", "scale"]
    pd.DataFrame(lesions, columns=columns).to_csv(tmp_path / "truth/lesions.csv")
    scores = true_scores(tmp_path)
    assert list(scores["patient_id"]) == ["b", "a"]
    assert list(scores["oracle"]) == [0.5, -1.0]
    assert list(scores["no_size_scaler"]) == [10.0, -0.5]
    assert list(scores["five_largest"]) == pytest.approx([10.0, -0.05])
    assert list(scores["mean_of_five_largest"]) == [1.0, -0.5]
    assert scores["volume"][1] == pytest.approx(np.pi / 6 * 216.0)
    assert list(scores["count"]) == [6.0, 1.0]


def test_a_cohort_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="prognos synthesize lesions"):
        true_scores(tmp_path)
