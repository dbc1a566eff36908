"""How far readers agree: the intraclass correlation of values that come in groups of unequal size.

n values, G groups; a group is what was read (a lesion, a patient), a value is what one reader made of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from prognos.metrics.arguments import Column, Floats, codes, numbers

__all__ = ["IntraclassCorrelation", "intraclass_correlation"]


class IntraclassCorrelation(NamedTuple):
    """ICC(1): the share of the variance of a single reading that lies between the things read."""

    icc: float
    """1 = readers agree exactly, 0 = a group tells nothing; slightly negative by chance."""

    low: float
    """Lower end of the 95 % interval."""

    high: float
    """Upper end."""

    of_mean: float
    """ICC of the mean of a group's values, by Spearman and Brown at a typical size of a group; NaN without variance."""

    between_variance: float
    """Variance between groups, in squared units of the values."""

    within_variance: float
    """Variance of readings of the same thing; its root is what another reader changes."""

    groups: int
    """Groups with at least two values; only these count."""

    values: int
    """Values in these groups."""


def intraclass_correlation(value: Column, group: Column, *, cluster: Column | None = None) -> IntraclassCorrelation:
    """ICC(1) of a one-way random-effects model with groups of unequal size.

    Readers are not told apart: they are taken as drawn at random for each thing read, as where a trial has some of many
    radiologists read each patient. Groups with a single value are left out, because they say nothing about agreement.

    Args:
        value: any unit. Shape [n].
        group: what was read. Shape [n].
        cluster: groups that are not independent, such as the patient of each lesion; the interval is then a jackknife
            over clusters. Shape [n].

    Returns:
        The correlation. Without ``cluster`` the interval is that of the F distribution, exact for groups of one size.

    Raises:
        ValueError: when shapes differ, a number is not finite, fewer than 2 groups (or clusters) have two values, or
            all values are the same.

    Example:
        >>> agreement = intraclass_correlation([1, 2, 5, 6, 9, 10], list("aabbcc"))
        >>> round(agreement.icc, 4), agreement.within_variance
        (0.9692, 0.5)

    Source:
        Shrout and Fleiss, "Intraclass correlations", Psychological Bulletin 86, 1979, case 1; for unequal groups
        Donner, "A review of inference procedures for the intraclass correlation coefficient", International
        Statistical Review 54, 1986. The jackknife is taken on the logarithm of F (ours).
    """
    values = numbers("value", value)
    member = codes("group", group, len(values))
    block = member if cluster is None else codes("cluster", cluster, len(values))
    sizes = np.bincount(member)
    repeated = sizes[member] >= 2
    values, block = values[repeated], block[repeated]
    member = np.unique(member[repeated], return_inverse=True)[1]
    if len(np.unique(block)) < 2:
        what = "groups have two values or more" if cluster is None else "clusters have a group with two values or more"
        raise ValueError(f"fewer than 2 {what}; expected things that several readers have read.")
    parts = _Parts(values, member, block)
    every = parts.mean_squares(np.zeros(len(parts.sizes), np.bool_))
    if every.between + every.within == 0:
        raise ValueError("all values are the same; there is no variance to share.")
    low, high = _exact_interval(every) if cluster is None else _jackknife_interval(parts, every)
    return IntraclassCorrelation(
        icc=every.icc,
        low=low,
        high=high,
        of_mean=1.0 - every.within / every.between if every.between > 0 else math.nan,
        between_variance=(every.between - every.within) / every.size,
        within_variance=every.within,
        groups=len(parts.sizes),
        values=len(values),
    )


class _MeanSquares(NamedTuple):
    """Analysis of variance of some groups; ``size`` is what stands for the size of a group where sizes differ."""

    between: float
    within: float
    size: float
    groups: int
    values: int

    @property
    def icc(self) -> float:
        """Share of the variance between groups."""
        return (self.between - self.within) / (self.between + (self.size - 1.0) * self.within)

    def icc_of(self, ratio: float) -> float:
        """ICC that belongs to a ratio of mean squares."""
        return (ratio - 1.0) / (ratio + self.size - 1.0)


class _Parts:
    """What each group adds to the sums of an analysis of variance, [G]."""

    def __init__(self, values: Floats, member: NDArray[np.int64], block: NDArray[np.int64]) -> None:
        centred = values - values.mean()
        self.sizes = np.bincount(member).astype(np.float64)
        self.sums = np.bincount(member, centred)
        means = self.sums / self.sizes
        self.within = np.bincount(member, (centred - means[member]) ** 2)
        self.block = np.zeros(len(self.sizes), np.int64)
        self.block[member] = block

    def mean_squares(self, left_out: NDArray[np.bool_]) -> _MeanSquares:
        """Mean squares without some groups."""
        sizes, sums = self.sizes[~left_out], self.sums[~left_out]
        groups, values = len(sizes), float(sizes.sum())
        between = float((sums**2 / sizes).sum() - sums.sum() ** 2 / values) / (groups - 1)
        within = float(self.within[~left_out].sum()) / (values - groups)
        size = (values - float((sizes**2).sum()) / values) / (groups - 1)
        return _MeanSquares(between, within, size, groups, int(values))


def _exact_interval(every: _MeanSquares) -> tuple[float, float]:
    """Interval from the F distribution."""
    if every.within == 0:
        return 1.0, 1.0
    ratio = every.between / every.within
    first, second = every.groups - 1, every.values - every.groups
    low, high = ratio / stats.f.ppf(0.975, first, second), ratio * stats.f.ppf(0.975, second, first)
    return every.icc_of(float(low)), every.icc_of(float(high))


def _jackknife_interval(parts: _Parts, every: _MeanSquares) -> tuple[float, float]:
    """Interval from leaving out one cluster after the other, on the scale of log F; NaN where that leaves nothing."""
    if every.within == 0:
        return 1.0, 1.0
    blocks = np.unique(parts.block)
    if any((parts.block != block).sum() < 2 for block in blocks):
        return math.nan, math.nan
    without = [parts.mean_squares(parts.block == block) for block in blocks]
    if any(min(each.between, each.within) <= 0 for each in without):
        return math.nan, math.nan
    logs = np.array([math.log(each.between / each.within) for each in without])
    error = np.sqrt((len(blocks) - 1) / len(blocks) * ((logs - logs.mean()) ** 2).sum())
    half = stats.t.ppf(0.975, len(blocks) - 1) * error
    centre = np.log(every.between / every.within)
    return every.icc_of(float(np.exp(centre - half))), every.icc_of(float(np.exp(centre + half)))
