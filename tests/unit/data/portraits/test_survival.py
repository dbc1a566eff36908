"""Survival of drawn patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from prognos.data.portraits import draw_factors
from prognos.data.portraits.clinical import draw_clinical
from prognos.data.portraits.survival import VISIBLE_EFFECTS, draw_outcome, true_log_hazard

NUMBERS = range(1, 1501)


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    return draw_factors("clinic", 2, NUMBERS)


@pytest.fixture(scope="module")
def parts(patients: pd.DataFrame) -> pd.DataFrame:
    return true_log_hazard(patients, draw_clinical(patients, "clinic", 2, NUMBERS))


def test_the_parts_add_up_to_the_log_hazard(parts: pd.DataFrame) -> None:
    np.testing.assert_allclose(parts.drop(columns="log_hazard").sum(axis=1), parts["log_hazard"], atol=1e-12)


def test_every_sign_of_illness_makes_it_worse_by_its_effect(patients: pd.DataFrame) -> None:
    few = patients.iloc[:20]
    clinical = draw_clinical(few, "clinic", 2, range(1, 21))
    before = true_log_hazard(few.assign(**dict.fromkeys(VISIBLE_EFFECTS, 0.2)), clinical)["log_hazard"]
    for name, effect in VISIBLE_EFFECTS.items():
        healthy = few.assign(**dict.fromkeys(VISIBLE_EFFECTS, 0.2)).assign(**{name: 0.7})
        np.testing.assert_allclose(true_log_hazard(healthy, clinical)["log_hazard"] - before, 0.5 * effect, atol=1e-9)
        assert effect > 0


def test_a_cox_model_of_the_parts_finds_a_coefficient_of_one_for_each(parts: pd.DataFrame) -> None:
    outcome = draw_outcome(parts["log_hazard"].to_numpy(), "clinic", 2, NUMBERS)
    table = parts.drop(columns="log_hazard").assign(time=outcome.time, event=outcome.event)
    fit = CoxPHFitter().fit(table, "time", "event")
    assert (np.abs(fit.params_ - 1.0) < 4 * fit.standard_errors_).all()
    assert fit.standard_errors_.max() < 0.15


def test_a_third_of_the_patients_is_censored(parts: pd.DataFrame) -> None:
    events = [
        draw_outcome(parts["log_hazard"].to_numpy(), "clinic", 2, NUMBERS, survival_seed=seed).event.mean()
        for seed in range(3)
    ]
    assert 0.60 < min(events) < max(events) < 0.70


def test_times_are_whole_days_from_one_up_and_end_with_the_study(parts: pd.DataFrame) -> None:
    outcome = draw_outcome(parts["log_hazard"].to_numpy(), "clinic", 2, NUMBERS)
    assert outcome.time.min() >= 1
    assert outcome.time.max() <= 2200
    assert set(np.unique(outcome.event)) == {0, 1}


def test_follow_up_depends_on_its_seed_and_on_the_patient_alone(parts: pd.DataFrame) -> None:
    log_hazard = parts["log_hazard"].to_numpy()
    whole = draw_outcome(log_hazard, "clinic", 2, NUMBERS)
    part = draw_outcome(log_hazard[[9, 4]], "clinic", 2, [10, 5])
    np.testing.assert_array_equal(part.time, whole.time[[9, 4]])
    other = draw_outcome(log_hazard, "clinic", 2, NUMBERS, survival_seed=1)
    assert (other.time != whole.time).mean() > 0.9
