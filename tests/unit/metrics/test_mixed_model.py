"""The random-intercept model: what it must not confuse, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import fit_random_intercept


def drawn(seed: int, *, between: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """40 groups of 1 to 9 observations whose response rises by 0.3 with the covariate."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(40), random.integers(1, 10, 40))
    covariate = random.integers(0, 2, len(group)).astype(float)
    response = 0.3 * covariate + between * random.standard_normal(40)[group] + random.standard_normal(len(group)) / 2
    return response, covariate, group


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(200):
        response, covariate, group = drawn(seed, between=1.0)
        effect = fit_random_intercept(response, {"x": covariate}, group).effect("x")
        held += effect.low <= 0.3 <= effect.high
    assert 182 <= held <= 198


def test_an_effect_between_groups_is_not_as_certain_as_the_rows_suggest() -> None:
    response, _, group = drawn(1, between=1.0)
    of_group = (group % 2).astype(float)
    error = fit_random_intercept(response, {"x": of_group}, group).effect("x").standard_error
    naive = 2 * response.std() / np.sqrt(len(response))
    assert error > 1.5 * naive


def test_without_differences_between_groups_it_is_a_plain_regression() -> None:
    response, covariate, group = drawn(3, between=0.0)
    response -= np.bincount(group, response)[group] / np.bincount(group)[group]
    model = fit_random_intercept(response, {"x": covariate}, group)
    assert model.group_variance == 0
    slope = np.polyfit(covariate, response, 1)[0]
    assert model.effect("x").estimate == pytest.approx(slope, abs=1e-12)


def test_units_change_the_numbers_and_nothing_else() -> None:
    response, covariate, group = drawn(5, between=1.0)
    one = fit_random_intercept(response, {"x": covariate}, group).effect("x")
    other = fit_random_intercept(1e6 * response - 5e8, {"x": 1e-4 * covariate + 7}, group).effect("x")
    np.testing.assert_allclose(other.estimate, 1e10 * one.estimate, rtol=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-5)


def test_turning_the_covariate_turns_the_sign() -> None:
    response, covariate, group = drawn(6, between=1.0)
    one = fit_random_intercept(response, {"x": covariate}, group).effect("x")
    other = fit_random_intercept(response, {"x": 1 - covariate}, group).effect("x")
    assert one.estimate > 0
    np.testing.assert_allclose([other.estimate, other.low, other.high], [-one.estimate, -one.high, -one.low])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": [1] * 6}, "6 observations in 1 groups"),
        ({"group": list(range(6))}, "6 observations in 6 groups"),
        ({"response": [2.0] * 6}, "the same everywhere"),
        ({"covariates": {"x": [1.0] * 6}}, "x is constant"),
        ({"covariates": {"x": [0, 1, 0, 1, 0, 1], "y": [0, 2, 0, 2, 0, 2]}}, "x, y depend on each other"),
        ({"covariates": {"x": [0, 1, np.nan, 1, 0, 1]}}, "1 of 6 values of x are NaN"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(change: dict[str, object], message: str) -> None:
    given = {
        "response": [1.0, 2, 3, 4, 5, 7],
        "covariates": {"x": [0, 1, 0, 1, 1, 1]},
        "group": list("aabbcc"),
    }
    with pytest.raises(ValueError, match=message):
        fit_random_intercept(**(given | change))
