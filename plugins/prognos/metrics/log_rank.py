"""Log-rank test: whether groups have the same hazard.

n samples, G groups, m distinct times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from prognos.metrics.arguments import Column, Floats, codes, events, numbers
from prognos.metrics.step_curve import totals_by_time

__all__ = ["LogRank", "expected_events", "log_rank_test"]


class LogRank(NamedTuple):
    """Result of the test."""

    chi2: float
    """Test statistic, no unit; NaN when there is nothing to compare."""

    degrees_of_freedom: int
    """Groups less one."""

    p_value: float
    """Probability of a statistic as large or larger when all groups have the same hazard."""


def log_rank_test(time: Column, event: Column, group: Column, *, strata: Column | None = None) -> LogRank:
    """Compare two or more groups.

    Args:
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        group: name or number of each sample's group. Shape [n].
        strata: samples are compared within strata only, such as the folds of a cross-validation. Shape [n].

    Returns:
        Statistic, degrees of freedom and p value; equals R's ``survival::survdiff``. NaN for one group, without an
        event, or when no event has two groups at risk.

    Raises:
        ValueError: when shapes differ, a number is not finite, or an event is neither 0 nor 1.

    Example:
        >>> test = log_rank_test([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], list("aaabbb"))
        >>> round(test.chi2, 3), test.degrees_of_freedom, round(test.p_value, 3)
        (5.052, 1, 0.025)

    Source:
        Mantel 1966, Cancer Chemotherapy Reports 50:163-170. Peto and Peto 1972, Journal of the Royal Statistical
        Society A 135:185-207.
    """
    observed, expected, covariance = _tables(time, event, group, strata)
    some = expected > 0
    if some.sum() < 2:
        return LogRank(float("nan"), max(int(some.sum()) - 1, 0), float("nan"))
    kept = np.flatnonzero(some)[:-1]
    difference = (observed - expected)[kept]
    try:
        statistic = float(difference @ np.linalg.solve(covariance[np.ix_(kept, kept)], difference))
    except np.linalg.LinAlgError:  # at every event, all who are at risk are of one group
        return LogRank(float("nan"), len(kept), float("nan"))
    return LogRank(statistic, len(kept), float(chdtrc(len(kept), statistic)))


def expected_events(
    time: Column, event: Column, group: Column, *, strata: Column | None = None
) -> tuple[list[str], Floats, Floats]:
    """Names of the groups, their events, and the events each would have if all had the same hazard; [G] each.

    Args:
        time: as in :func:`log_rank_test`.
        event: as in :func:`log_rank_test`.
        group: as in :func:`log_rank_test`.
        strata: as in :func:`log_rank_test`.

    Raises:
        ValueError: as :func:`log_rank_test`.
    """
    observed, expected, _ = _tables(time, event, group, strata)
    return sorted({str(name) for name in np.asarray(group).reshape(-1)}), observed, expected


def _tables(time: Column, event: Column, group: Column, strata: Column | None) -> tuple[Floats, Floats, Floats]:
    """Observed and expected events of the groups, [G], and the covariance of their difference, [G, G]."""
    days = numbers("time", time)
    happened = events(event, len(days)).astype(np.float64)
    member = codes("group", np.asarray(group).astype(str), len(days))
    stratum = codes("strata", strata, len(days))
    size = int(member.max(initial=-1)) + 1
    is_member = (member == np.arange(size)[:, None]).astype(np.float64)  # [G, n]
    observed, expected, covariance = is_member @ happened, np.zeros(size), np.zeros((size, size))
    for code in range(int(stratum.max(initial=-1)) + 1):
        rows = stratum == code
        mean, spread = _within(days[rows], happened[rows], is_member[:, rows])
        expected, covariance = expected + mean, covariance + spread
    return observed, expected, covariance


def _within(days: Floats, happened: Floats, is_member: Floats) -> tuple[Floats, Floats]:
    """Mean [G] and covariance [G, G] of the groups' events, given who is at risk; one stratum."""
    _, (everyone, dead) = totals_by_time(days, is_member, happened)
    followed: NDArray[np.float64] = np.cumsum(everyone[:, ::-1], axis=1)[:, ::-1]  # [G, m]
    total = followed.sum(axis=0)
    share = followed / total
    correction = np.divide(total - dead, total - 1, out=np.zeros_like(total), where=total > 1)
    spread = dead * correction  # hypergeometric
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    return share @ dead, covariance
