"""What is judged, against whom, and by which columns of the cohort."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.estimators import BaselineHazard, TrainingRisks
from prognos.handlers.judgement import judge_predictions
from prognos.metrics import Evaluation

RNG = np.random.default_rng(0)
PATIENTS = 60


def drawn(count: int, name: str) -> list[dict[str, object]]:
    """Predictions that order the outcomes, with follow-up of two years."""
    risk = RNG.normal(size=count)
    time = RNG.exponential(500 * np.exp(-risk)) + 1
    return [
        {
            "patient_id": f"{name}{i}",
            "log_hazard": risk[i],
            "time_days": min(time[i], 730.0),
            "event": int(time[i] < 730),
        }
        for i in range(count)
    ]


def trained_on(rows: list[dict[str, object]]) -> TrainingRisks:
    log_hazard = np.array([row["log_hazard"] for row in rows], float)
    label = np.array([[row["time_days"], row["event"]] for row in rows], float)
    patients = frozenset(str(row["patient_id"]) for row in rows)
    return TrainingRisks(log_hazard, label, patients, BaselineHazard().fit(log_hazard, label))


@pytest.fixture(scope="module")
def found() -> Evaluation:
    rows = drawn(PATIENTS, "test")
    samples = [
        {
            "patient_id": row["patient_id"],
            "patient_index": i,
            "fold": 0,
            "label": None,
            "image": "a.nii.gz",
            "age": float(40 + i % 45),
            "sex": "FM"[i % 2],
            "note": f"text {i}",
        }
        for i, row in enumerate(rows)
    ]
    return judge_predictions(rows, trained_on(drawn(80, "train")), samples, ("sex", "age", "centre"))


def test_only_columns_that_describe_patients_are_described(found: Evaluation) -> None:
    assert {row.variable for row in found.table_one} == {"age", "sex"}


def test_subgroups_are_the_named_columns_that_exist_with_ages_in_bands(found: Evaluation) -> None:
    levels = {(row.variable, row.level) for row in found.subgroups}
    assert {("sex", "F"), ("sex", "M"), ("age", "< 50"), ("age", ">= 70")} <= levels
    assert {variable for variable, _ in levels} == {"sex", "age"}


def test_no_horizon_lies_beyond_the_follow_up(found: Evaluation) -> None:
    assert max(row.days for row in found.horizons) <= 730
    assert 365.0 in {row.days for row in found.horizons}


def test_groups_are_cut_at_the_median_of_the_training_patients(found: Evaluation) -> None:
    rows = drawn(PATIENTS, "other")
    training = trained_on(drawn(81, "train"))
    [cut] = judge_predictions(rows, training).cuts
    assert training.log_hazard is not None
    assert cut.log_hazard == pytest.approx(float(np.median(training.log_hazard)))


def test_without_training_patients_there_are_neither_groups_nor_survival() -> None:
    found = judge_predictions(drawn(PATIENTS, "test"), TrainingRisks(reason="absent"))
    assert not found.risk_groups
    assert not found.accuracy
    assert any("cut-offs come from it alone" in note for note in found.notes)
    assert found.concordance[0].value > 0.6
