"""Follow-up of a synthetic cohort."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.data.phantom.survival import draw_outcome, true_log_hazard


@pytest.fixture(scope="module")
def log_hazard() -> np.ndarray:
    """258 true log hazards with a long right tail."""
    generator = np.random.default_rng(0)
    return generator.gamma(2.0, 1.4, 258) - 2.8


def test_258_patients_have_186_events_and_a_median_survival_of_18_5_months(log_hazard: np.ndarray) -> None:
    for seed in range(3):
        outcome = draw_outcome(np.random.default_rng(seed), log_hazard, np.tile([0, 1], 129))
        assert abs(int(outcome.event.sum()) - 186) <= 1
        order = np.lexsort((1 - outcome.event, outcome.time))
        survival = np.cumprod(1 - outcome.event[order] / np.arange(258, 0, -1))
        median = outcome.time[order][np.argmax(survival <= 0.5)] / 30.4375
        assert median == pytest.approx(18.5, rel=0.02)


def test_a_higher_log_hazard_means_an_earlier_event(log_hazard: np.ndarray) -> None:
    outcome = draw_outcome(np.random.default_rng(0), log_hazard, np.zeros(258, int))
    observed = outcome.event == 1
    worse = log_hazard > np.median(log_hazard)
    assert np.median(outcome.time[observed & worse]) < np.median(outcome.time[observed & ~worse])


def test_treatment_prolongs_life() -> None:
    treatment = np.tile([0, 1], 4000)
    outcome = draw_outcome(np.random.default_rng(0), np.zeros(8000), treatment)
    rate = [outcome.event[treatment == arm].sum() / outcome.time[treatment == arm].sum() for arm in (0, 1)]
    assert rate[1] < rate[0]


def test_the_log_hazard_rises_with_the_burden_alone() -> None:
    few, many = true_log_hazard(np.array([1.0, 2.0])), true_log_hazard(np.array([1.0, 2.0, 50.0]))
    assert few[1] > few[0]
    np.testing.assert_array_equal(few, many[:2])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_cohorts_have_positive_times(size: int) -> None:
    outcome = draw_outcome(np.random.default_rng(0), np.zeros(size), np.zeros(size, int))
    assert (outcome.time >= 1).all()
    assert set(outcome.event) <= {0, 1}
