"""Self-check of the intervals: where a score knows nothing, they must hold one half as often as they say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prognos.metrics.arguments import Column, codes, events, numbers
from prognos.metrics.concordance import concordance_index, concordance_interval

__all__ = ["IntervalCoverage", "check_interval_coverage"]

FEWEST_COVERED = 0.9
"""Share of the intervals that must hold one half. With a true coverage of 95 %, 100 runs fall below it once in 35."""


class IntervalCoverage(NamedTuple):
    """How often the 95 % interval of the concordance index held one half."""

    runs: int
    """Permutations that gave an interval."""

    covered: int
    """Of these, intervals that held 0.5."""

    mean_index: float
    """Mean concordance index over the permutations; 0.5 but for chance."""

    passed: bool
    """Whether at least nine of ten intervals held 0.5."""


def check_interval_coverage(
    log_hazard: Column,
    time: Column,
    event: Column,
    *,
    strata: Column | None = None,
    runs: int = 100,
    seed: int = 0,
) -> IntervalCoverage:
    """Deal the outcomes to other patients, many times, and count how often the interval holds one half.

    Args:
        log_hazard: higher means earlier event. Shape [n].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        strata: outcomes stay within their stratum, such as a fold, and pairs are counted within strata. Shape [n].
        runs: permutations.
        seed: of the permutations.

    Returns:
        Counts, and whether they are as they should be. It checks the intervals for this cohort's size, censoring and
        ties; it says nothing about leakage, for which a model must be trained on permuted outcomes.

    Raises:
        ValueError: when shapes differ, a number is not finite, or no permutation gives an interval.
    """
    days = numbers("time", time)
    observed, score = events(event, len(days)), numbers("log_hazard", log_hazard, len(days))
    stratum = codes("strata", strata, len(days))
    generator = np.random.default_rng(seed)
    by_stratum = np.argsort(stratum, kind="stable")
    indices, covered = [], 0
    for _ in range(runs):
        order = np.empty(len(days), dtype=np.int64)
        order[by_stratum] = np.lexsort((generator.random(len(days)), stratum))
        index, error = concordance_index(score, days[order], observed[order], strata=stratum)
        low, high = concordance_interval(index, error)
        if np.isfinite(low):
            indices.append(index)
            covered += low <= 0.5 <= high
    if not indices:
        raise ValueError(
            f"none of {runs} permutations gave an interval; expected one or more runs and comparable pairs."
        )
    return IntervalCoverage(len(indices), covered, float(np.mean(indices)), covered >= FEWEST_COVERED * len(indices))
