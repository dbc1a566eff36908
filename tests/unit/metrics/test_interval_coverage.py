"""The self-check: on permuted outcomes, 95 % intervals hold one half in at least 90 of 100 runs."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import check_interval_coverage

RANDOM = np.random.default_rng(6)
SCORE = RANDOM.standard_normal(258)
TIME, EVENT = RANDOM.exponential(np.exp(-SCORE)), RANDOM.random(258) < 0.72
FOLD = np.arange(258) % 4


@pytest.mark.parametrize("seed", range(3))
def test_intervals_hold_one_half_in_90_of_100_permutations(seed: int) -> None:
    found = check_interval_coverage(SCORE, TIME, EVENT, strata=FOLD, runs=100, seed=seed)
    assert found.runs == 100
    assert found.covered >= 90
    assert found.passed
    assert found.mean_index == pytest.approx(0.5, abs=0.01)


def test_outcomes_stay_within_their_fold() -> None:
    # In each fold all patients have one outcome: dealing within it changes nothing, and no pair is comparable.
    with (
        pytest.warns(UserWarning, match="no comparable pair"),
        pytest.raises(ValueError, match="none of 5 permutations"),
    ):
        check_interval_coverage([1, 2, 3, 4], [1, 1, 2, 2], [1, 1, 0, 0], strata=[0, 0, 1, 1], runs=5)


def test_same_seed_gives_the_same_runs() -> None:
    a, b = (check_interval_coverage(SCORE, TIME, EVENT, runs=5, seed=1) for _ in range(2))
    assert a == b
