"""Concordance within subgroups of a cohort, such as cancer types, and over all of them together.

n samples, G groups.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, codes, events, numbers
from prognos.metrics.concordance import concordance_index, concordance_interval
from prognos.metrics.pairs import count_pairs

__all__ = ["GroupConcordance", "concordance_by_group"]

POOLED = "all, pairs within groups"
"""Name of the pooled row."""


class GroupConcordance(NamedTuple):
    """Concordance index of one group, with what a reader needs in order to judge it."""

    name: str
    """The group."""

    concordance: float
    """Harrell's concordance index, in [0, 1]; NaN when not assessed."""

    standard_error: float
    """Its infinitesimal-jackknife standard error; NaN when not assessed."""

    low: float
    """Lower end of the 95 % interval; NaN when not assessed, or when all pairs agree and no interval exists."""

    high: float
    """Upper end."""

    patients: int
    """Patients of the group."""

    events: int
    """Observed events among them."""

    pairs: int
    """Comparable pairs that the index rests on."""

    @property
    def is_assessed(self) -> bool:
        """Whether there were enough pairs for an index."""
        return not math.isnan(self.concordance)


def concordance_by_group(
    log_hazard: Column,
    time: Column,
    event: Column,
    group: Column,
    *,
    strata: Column | None = None,
    cluster: Column | None = None,
    fewest_pairs: int = 20,
) -> tuple[list[GroupConcordance], GroupConcordance]:
    """Concordance index of each group, and the pooled index that counts pairs within groups only.

    The pooled index is the mean of the groups' indices, weighted by their pairs. It knows nothing of differences
    between groups: a score that only tells cancer types apart gets 0.5, where the plain index may exceed 0.75.

    Args:
        log_hazard: any increasing function of the risk, no unit, higher means earlier event. Shape [n].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        group: name or number of each sample's group. Shape [n].
        strata: pairs across strata are not counted either; the fold, where folds have models of their own. Shape [n].
        cluster: samples that are not independent, such as one patient in several repetitions. Shape [n].
        fewest_pairs: a group with fewer comparable pairs is not assessed.

    Returns:
        The groups, in the order of their names, and the pooled row, which includes the groups that are not assessed.

    Raises:
        ValueError: when shapes differ, a number is not finite, an event is neither 0 nor 1, or a group has no name.

    Example:
        >>> groups, pooled = concordance_by_group(
        ...     [3, 2, 1, 1, 2, 3], [1, 2, 3, 1, 2, 3], [1, 1, 1, 1, 1, 1], list("aaabbb"), fewest_pairs=3)
        >>> [(row.name, row.concordance, row.pairs) for row in (*groups, pooled)]
        [('a', 1.0, 3), ('b', 0.0, 3), ('all, pairs within groups', 0.5, 6)]
    """
    days = numbers("time", time)
    size = len(days)
    hazard, observed = numbers("log_hazard", log_hazard, size), events(event, size)
    names = [str(name).strip() for name in np.asarray(group).reshape(-1)]
    unnamed = sum(name.lower() in ("", "nan", "none") for name in names)
    if unnamed:
        raise ValueError(f"{unnamed} of {size} samples have no group; name it, or leave them out of the analysis.")
    member, fold = codes("group", names, size), codes("strata", strata, size)
    both = codes("strata", member * (1 + int(fold.max(initial=0))) + fold, size)
    columns = _Columns(
        hazard, days, observed, both, np.arange(size) if cluster is None else codes("cluster", cluster, size)
    )
    pairs = _pairs(columns)
    labels: dict[int, str] = dict(zip(member.tolist(), names, strict=True))
    rows = [_row(labels[code], columns, pairs, member == code, fewest_pairs) for code in sorted(labels)]
    return rows, _row(POOLED, columns, pairs, np.ones(size, np.bool_), 1)


class _Columns(NamedTuple):
    """Checked columns, each [n]."""

    hazard: NDArray[np.float64]
    days: NDArray[np.float64]
    observed: NDArray[np.bool_]
    strata: NDArray[np.int64]
    cluster: NDArray[np.int64]


def _pairs(columns: _Columns) -> NDArray[np.float64]:
    """Half the comparable partners of each sample, so that their sum counts each pair once, [n]."""
    ones = np.ones(len(columns.days))
    hazard, days, observed, strata, _ = columns
    return count_pairs(hazard, days, observed, weight=ones, stratum=strata, event_factor=ones).comparable / 2


def _row(
    name: str, columns: _Columns, pairs: NDArray[np.float64], chosen: NDArray[np.bool_], fewest_pairs: int
) -> GroupConcordance:
    """Index of the chosen samples; a cluster, such as a patient, counts once in the counts."""
    number = round(float(pairs[chosen].sum()))
    hazard, days, observed, strata, cluster = (column[chosen] for column in columns)
    counts = {"patients": len(np.unique(cluster)), "events": len(np.unique(cluster[observed])), "pairs": number}
    if number < max(fewest_pairs, 1):
        return GroupConcordance(name, math.nan, math.nan, math.nan, math.nan, **counts)
    index, error = concordance_index(hazard, days, observed, strata=strata, cluster=cluster)
    low, high = concordance_interval(index, error) if error > 0 else (math.nan, math.nan)
    return GroupConcordance(name, index, error, low, high, **counts)
