"""Checks of edited portraits, on numbers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from prognos.metrics import (
    compare_with_random,
    identity_distance,
    other_person_distance,
    share_of_monotone_sweeps,
    side_effects,
    sweep_correlation,
    sweep_slope,
)

BETAS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def test_correlation_equals_scipys_also_with_ties() -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 4, (30, 5)).astype(float)
    values[:, 0] = -1
    expected = [spearmanr(BETAS, row).statistic for row in values]
    np.testing.assert_allclose(sweep_correlation(BETAS, values), expected)


def test_a_sweep_that_does_not_move_correlates_with_nothing() -> None:
    assert sweep_correlation(BETAS, np.ones((1, 5)))[0] == 0


def test_share_counts_the_patients_whose_risk_rises() -> None:
    rising, swapped, falling = [1, 2, 3, 4, 5], [1, 3, 2, 4, 5], [5, 4, 3, 2, 1]
    assert share_of_monotone_sweeps(BETAS, [rising, rising, swapped, falling]) == 0.5


def test_slope_is_the_change_per_beta() -> None:
    np.testing.assert_allclose(sweep_slope(BETAS, [[1, 3, 5, 7, 9], [4, 3, 2, 1, 0]]), [2, -1])


def test_side_effects_are_given_per_unit_of_what_is_edited() -> None:
    risk = 0.5 * np.array(BETAS)[None] + np.array([[0.0], [1.0]])
    effect = side_effects(BETAS, risk, {"age": 2 * np.array([BETAS, BETAS])}, sd={"age": 8.0})["age"]
    assert effect == pytest.approx((2.0, 4.0, 0.5))


def test_side_effects_of_an_edit_without_effect_are_unknown() -> None:
    effect = side_effects(BETAS, np.zeros((1, 5)), {"age": [BETAS]}, sd={"age": 1.0})["age"]
    assert np.isnan(effect.per_unit)


def test_identity_is_one_minus_the_cosine() -> None:
    edited = np.array([[[1.0, 0.0], [1.0, 1.0], [0.0, 3.0], [-2.0, 0.0]]])
    np.testing.assert_allclose(identity_distance(edited, [[2.0, 0.0]]), [[0, 1 - np.sqrt(0.5), 1, 2]], atol=1e-12)
    assert other_person_distance([[1, 0], [0, 1], [1, 0]]) == pytest.approx(1.0)
    assert np.isnan(other_person_distance([[1.0, 0.0]]))


def test_a_direction_is_compared_with_random_ones() -> None:
    found = compare_with_random(3.0, [1.0, -1.0, 1.0, -1.0])
    assert (found.ratio, found.p_value) == (3.0, 0.2)
    assert compare_with_random(1.0, [0.5, -2.0, 0.1]).p_value == 0.5
    with pytest.raises(ValueError, match="at least one"):
        compare_with_random(1.0, [])


@pytest.mark.parametrize("sweep", [np.zeros((2, 4)), np.full((2, 5), np.nan), np.zeros(5)])
def test_a_sweep_of_another_shape_or_not_finite_is_refused(sweep: np.ndarray) -> None:
    with pytest.raises(ValueError, match="sweep"):
        sweep_slope(BETAS, sweep)
