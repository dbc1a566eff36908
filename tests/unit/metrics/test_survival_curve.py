"""Kaplan-Meier curves, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import kaplan_meier, survival_by_group


def test_greenwoods_error_by_hand() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0])
    np.testing.assert_allclose(curve.survival, [3 / 4, 3 / 4, 3 / 8, 3 / 8])
    second = 3 / 8 * np.sqrt(1 / (4 * 3) + 1 / (2 * 1))
    np.testing.assert_allclose(curve.standard_error[2:], second)


def test_interval_lies_in_0_to_1_and_holds_the_curve() -> None:
    curve = kaplan_meier(np.arange(1, 31), np.arange(30) % 3 == 0)
    assert ((curve.low <= curve.survival) & (curve.survival <= curve.high)).all()
    assert (curve.low >= 0).all()
    assert (curve.high <= 1).all()


def test_median_is_the_middle_of_the_run_at_one_half() -> None:
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).quantile()[0] == 2.5
    assert kaplan_meier([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]).quantile()[0] == 3


def test_a_median_that_is_not_reached_is_nan() -> None:
    assert np.isnan(kaplan_meier([1, 2, 3], [1, 0, 0]).quantile()[0])


def test_before_the_first_time_everybody_is_alive() -> None:
    assert kaplan_meier([5, 6], [1, 1]).at(4.9) == (1.0, 0.0, 1.0, 1.0)


def test_each_group_begins_at_time_0_with_all_its_patients() -> None:
    points = survival_by_group([1, 2, 3, 4], [1, 0, 1, 1], ["b", "b", "a", "a"])
    assert [(point.group, point.days, point.at_risk, point.events, point.censored) for point in points] == [
        ("a", 0.0, 2, 0, 0),
        ("a", 3.0, 2, 1, 0),
        ("a", 4.0, 1, 1, 0),
        ("b", 0.0, 2, 0, 0),
        ("b", 1.0, 2, 1, 0),
        ("b", 2.0, 1, 0, 1),
    ]


def test_no_patient_is_refused() -> None:
    with pytest.raises(ValueError, match="of no patient"):
        kaplan_meier([], [])
