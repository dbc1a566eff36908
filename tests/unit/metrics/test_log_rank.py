"""Log-rank test: symmetries, strata, and cases without a test."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import log_rank_test
from prognos.metrics.log_rank import expected_events

TIME, EVENT = np.array([1.0, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 0, 1, 1, 1, 0, 1])


def test_statistic_of_two_groups_by_hand() -> None:
    # Times 1 and 2; group a loses one of two, then one of one, of b nobody has an event.
    observed, expected = 2.0, 2 / 4 + 1 / 3
    variance = (2 / 4) * (2 / 4) + (1 / 3) * (2 / 3)
    test = log_rank_test([1, 2, 3, 3], [1, 1, 0, 0], list("aabb"))
    assert test.chi2 == pytest.approx((observed - expected) ** 2 / variance)
    assert test.degrees_of_freedom == 1


def test_names_of_the_groups_do_not_matter() -> None:
    a = log_rank_test(TIME, EVENT, list("aabbabab"))
    b = log_rank_test(TIME, EVENT, list("yyxxyxyx"))
    assert a.chi2 == pytest.approx(b.chi2)


def test_expected_events_sum_to_the_observed_ones() -> None:
    _, observed, expected = expected_events(TIME, EVENT, list("aabbcacb"))
    assert expected.sum() == pytest.approx(observed.sum())


def test_strata_of_very_different_hazards_do_not_make_a_difference_between_groups() -> None:
    time = np.concatenate([TIME, TIME * 1000])
    group, stratum = ["a", "b"] * 8, [0] * 8 + [1] * 8
    alone = log_rank_test(TIME, EVENT, ["a", "b"] * 4)
    both = log_rank_test(time, np.tile(EVENT, 2), group, strata=stratum)
    assert both.chi2 == pytest.approx(2 * alone.chi2)


@pytest.mark.parametrize(("event", "group"), [(EVENT, list("aaaaaaaa")), (np.zeros(8), list("aabbaabb"))])
def test_one_group_or_no_event_gives_nan(event: np.ndarray, group: list[str]) -> None:
    assert np.isnan(log_rank_test(TIME, event, group).p_value)


def test_groups_that_are_never_at_risk_together_cannot_be_compared() -> None:
    assert np.isnan(log_rank_test([1, 1, 2, 3], [0, 0, 1, 1], list("aabb")).p_value)
