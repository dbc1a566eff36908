"""Calibration of predictions whose truth is known, and of predictions that say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import calibrate, calibration_curve, calibration_groups, calibration_slope

RANDOM = np.random.default_rng(1)
SCORE = RANDOM.standard_normal(2000)
EVENT_TIME, CENSORED = RANDOM.exponential(1000 * np.exp(-SCORE)), RANDOM.uniform(100, 2500, 2000)
TIME, EVENT = np.minimum(EVENT_TIME, CENSORED), EVENT_TIME <= CENSORED
HORIZONS = [365.0, 730.0]


def predicted(score: np.ndarray) -> np.ndarray:
    """Survival that exponential times with mean 1000 days at log hazard 0 have."""
    return np.exp(-np.outer(np.exp(score), HORIZONS) / 1000)


def test_the_truth_is_well_calibrated() -> None:
    for row in calibrate(predicted(SCORE), TIME, EVENT, horizons=HORIZONS):
        assert row.ratio_low < 1 < row.ratio_high
        assert row.slope_low < 1 < row.slope_high
        assert row.ici < 0.02


def test_predictions_half_as_far_apart_have_twice_the_slope() -> None:
    whole, half = (
        calibrate(predicted(factor * SCORE), TIME, EVENT, horizons=HORIZONS)[0].slope for factor in (1.0, 0.5)
    )
    assert half == pytest.approx(2 * whole)
    assert calibration_slope(SCORE / 2, TIME, EVENT)[0] == pytest.approx(2 * calibration_slope(SCORE, TIME, EVENT)[0])


def test_predicting_too_little_risk_gives_a_ratio_above_1() -> None:
    row = calibrate(predicted(SCORE - 0.7), TIME, EVENT, horizons=HORIZONS)[0]
    assert row.ratio_low > 1.3
    points = calibration_curve(predicted(SCORE - 0.7), TIME, EVENT, horizons=HORIZONS)
    assert np.mean([point.low > point.predicted for point in points]) > 0.8


def test_curve_of_the_truth_is_held_by_its_interval() -> None:
    points = calibration_curve(predicted(SCORE), TIME, EVENT, horizons=HORIZONS)
    assert len(points) == 100
    assert np.mean([point.low <= point.predicted <= point.high for point in points]) > 0.8
    assert all(point.low < point.observed < point.high for point in points)


def test_groups_hold_every_patient_once_and_ascend() -> None:
    rows = [row for row in calibration_groups(predicted(SCORE), TIME, EVENT, horizons=HORIZONS) if row.days == 365]
    assert [row.group for row in rows] == [1, 2, 3, 4, 5]
    assert sum(row.patients for row in rows) == 2000
    assert [row.predicted for row in rows] == sorted(row.predicted for row in rows)
    assert sum(row.low <= row.predicted <= row.high for row in rows) >= 4


def test_equal_predictions_have_a_ratio_and_no_slope_and_no_curve() -> None:
    constant = np.full((2000, 1), 0.6)
    (row,) = calibrate(constant, TIME, EVENT, horizons=[365])
    assert np.isfinite(row.ratio)
    assert np.isnan([row.slope, row.ici]).all()
    assert calibration_curve(constant, TIME, EVENT, horizons=[365]) == []


def test_beyond_the_follow_up_nothing_is_observed() -> None:
    (row,) = calibrate(np.full((2000, 1), 0.1), TIME, EVENT, horizons=[9999])
    assert np.isnan([row.observed, row.ratio]).all()


def test_log_hazards_in_the_place_of_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="not log hazards"):
        calibrate(SCORE[:, None], TIME, EVENT, horizons=[365])
