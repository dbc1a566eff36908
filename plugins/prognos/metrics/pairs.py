"""Comparable pairs of a cohort, and each sample's share of them: what a concordance index and its error are made of.

n samples. A pair is comparable when one time is an observed event and the other is later, or is a censoring at the same
time. Two events at the same time are not comparable. A tie of the log hazards is half a concordant pair.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.dominance import sum_earlier_ahead

__all__ = ["Pairs", "count_pairs"]

Floats = NDArray[np.float64]


class Pairs(NamedTuple):
    """Weights of the partners of each sample, summed over its pairs."""

    concordant: Floats
    """Over the concordant pairs, [n]."""

    comparable: Floats
    """Over the comparable pairs, [n]."""


def count_pairs(
    log_hazard: Floats,
    time: Floats,
    event: NDArray[np.bool_],
    *,
    weight: Floats,
    stratum: NDArray[np.int64],
    event_factor: Floats,
) -> Pairs:
    """Count the pairs of each sample, in O(n log n) time and O(n) memory.

    Args:
        log_hazard: no unit, higher means earlier event. Shape [n].
        time: follow-up time. Shape [n].
        event: True where the event was observed. Shape [n].
        weight: case weights, >= 0. A pair weighs the product of its two weights. Shape [n].
        stratum: samples of different strata are not comparable. Shape [n].
        event_factor: further factor of the pairs whose earlier event is this sample. Shape [n].

    Returns:
        Pairs of each sample, in the order of the input. A pair's partner weight holds the pair's ``event_factor``.
    """
    # Chronological; events lead the censorings of their time, and tied events ascend. Integer keys sort fastest.
    size = len(time)
    hazard_rank, time_rank = _rank(log_hazard), _rank(time)
    if stratum.any():
        hazard_rank, time_rank = _rank(stratum * size + hazard_rank), _rank(stratum * size + time_rank)
    moment = 2 * time_rank + ~event
    order = np.argsort(moment * size + hazard_rank)
    hazard_rank, moment = hazard_rank[order], moment[order]
    weight, factor = weight[order], np.where(event, event_factor, 0.0)[order]
    early = weight * factor  # weight as the earlier event of a pair

    by_stratum = _starts(stratum[order])
    by_time = _starts(moment)
    by_run = _starts(moment * size + hazard_rank)
    level = np.argsort(hazard_rank * size + np.arange(size))  # equal log hazards of a stratum stay chronological
    by_level = _starts(hazard_rank[level])

    # "before" is earlier in the stratum, tied ones included as far as they come first.
    before, time_before, run_before = _sums_before(weight, by_stratum, by_time, by_run)
    early_before, early_time_before, early_run_before = _sums_before(early, by_stratum, by_time, by_run)
    levels_before, level_before = _sums_before(weight[level], by_stratum, by_level)
    (early_level_before,) = _sums_before(early[level], by_level)
    lower = _scatter(levels_before - level_before, level)
    equal = _scatter(_sum_within(weight[level], by_level), level)
    equal_before, early_equal_before = _scatter(level_before, level), _scatter(early_level_before, level)
    higher_before, early_higher_before = sum_earlier_ahead(level[::-1], weight, early)
    lower_before = before - higher_before - equal_before

    # The sample as the earlier event: its tied events that follow are never lower.
    after = _sum_within(weight, by_stratum) - before - _sum_within(weight, by_time) + time_before
    equal_after = equal - equal_before - _sum_within(weight, by_run) + run_before
    as_early = lower - lower_before + equal_after / 2
    # The sample as the later partner: its tied events that come first are never higher.
    as_late = early_higher_before + (early_equal_before - early_run_before) / 2
    comparable = factor * after + early_before - early_time_before
    return Pairs(_scatter(factor * as_early + as_late, order), _scatter(comparable, order))


def _rank(value: NDArray[np.generic]) -> NDArray[np.int64]:
    """Number of distinct lower values, for each value."""
    order = np.argsort(value)
    ordered = value[order]
    is_higher = np.zeros(len(value), dtype=np.int64)
    is_higher[1:] = ordered[1:] != ordered[:-1]
    rank = np.empty_like(is_higher)
    rank[order] = np.cumsum(is_higher)
    return rank


def _starts(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each place, the first place of its run of equal values."""
    place = np.arange(len(value))
    place[1:][value[1:] == value[:-1]] = 0
    starts: NDArray[np.int64] = np.maximum.accumulate(place)
    return starts


def _sums_before(value: Floats, *starts: NDArray[np.int64]) -> tuple[Floats, ...]:
    """Sum of the values that come before a place in its run, for each way to cut the places into runs."""
    total: Floats = np.zeros(len(value) + 1)
    np.cumsum(value, out=total[1:])
    return tuple(total[:-1] - total[start] for start in starts)


def _sum_within(value: Floats, start: NDArray[np.int64]) -> Floats:
    """Sum of the values of the run of a place."""
    return np.bincount(start, value, minlength=len(value)).astype(np.float64)[start]


def _scatter(value: Floats, order: NDArray[np.int64]) -> Floats:
    """Put values of places back to where ``order`` took them from."""
    result = np.empty_like(value)
    result[order] = value
    return result
