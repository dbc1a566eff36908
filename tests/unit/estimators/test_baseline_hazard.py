"""Survival curves end where follow-up ends and order as the log hazards do."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.estimators import BaselineHazard
from survival_simulation import draw_patients

LABEL = np.array([[1.0, 1.0], [2.0, 0.0], [3.0, 1.0], [5.0, 0.0]])


def test_without_covariates_it_is_the_nelson_aalen_estimate() -> None:
    hazard = BaselineHazard("breslow").fit(np.zeros(4), LABEL).cumulative_hazard([0.5, 1.0, 2.9, 3.0, 5.0])
    np.testing.assert_allclose(hazard, [0.0, 1 / 4, 1 / 4, 1 / 4 + 1 / 2, 3 / 4])


def test_nothing_is_said_beyond_the_last_follow_up_of_the_stratum() -> None:
    baseline = BaselineHazard().fit(np.zeros(4), LABEL, ["a", "a", "b", "b"])
    survival = baseline.survival([0.0, 0.0], [1.0, 2.0, 2.5, 5.0, 5.1], ["a", "b"])
    assert np.isnan(survival).tolist() == [[False, False, True, True, True], [False, False, False, False, True]]


def test_a_higher_log_hazard_survives_less() -> None:
    _, label, truth = draw_patients(60, 2)
    survival = BaselineHazard().fit(truth, label).survival([-1.0, 0.0, 1.0], [100.0, 300.0])
    assert (np.diff(survival, axis=0) < 0).all()


def test_the_hazard_of_drawn_patients_is_recovered() -> None:
    _, label, truth = draw_patients(3000, 2)
    hazard = BaselineHazard().fit(truth, label).cumulative_hazard([360.0, 720.0])
    np.testing.assert_allclose(hazard, [0.5, 1.0], rtol=0.08)


def test_a_constant_added_to_every_log_hazard_changes_no_curve() -> None:
    _, label, truth = draw_patients(40, 2)
    a = BaselineHazard().fit(truth, label).survival(truth, [200.0])
    b = BaselineHazard().fit(truth + 300.0, label).survival(truth + 300.0, [200.0])
    np.testing.assert_allclose(a, b, rtol=1e-8)


def test_an_unknown_stratum_is_refused() -> None:
    baseline = BaselineHazard().fit(np.zeros(4), LABEL, ["a", "a", "b", "b"])
    with pytest.raises(ValueError, match="no stratum 'c'"):
        baseline.survival([0.0], [1.0], ["c"])
    with pytest.raises(ValueError, match="say in which stratum"):
        baseline.survival([0.0], [1.0])
