"""Concordance indices with standard errors, and their paired difference.

n samples. All of them read one table of pairs (:mod:`prognos.metrics.pairs`) and take their standard error from the
infinitesimal jackknife: the derivative of the index with respect to each sample's weight.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from prognos.metrics.arguments import Column, Floats, codes, events, numbers, weights
from prognos.metrics.censoring import censoring_curve
from prognos.metrics.pairs import count_pairs

__all__ = ["concordance_difference", "concordance_index", "concordance_interval", "uno_concordance_index"]

NORMAL_975 = 1.959964
"""97.5 % quantile of the standard normal distribution."""


def concordance_index(
    log_hazard: Column,
    time: Column,
    event: Column,
    *,
    weight: Column | None = None,
    strata: Column | None = None,
    tau: float | None = None,
    cluster: Column | None = None,
) -> tuple[float, float]:
    """Harrell's concordance index: share of comparable pairs whose earlier event has the higher log hazard.

    0.5 is what a constant scores; a value below 0.5 usually means that the sign of the log hazard is inverted. The sign
    is never chosen from the data.

    Args:
        log_hazard: any increasing function of the risk, no unit, higher means earlier event. Shape [n].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        weight: case weights, >= 0; a pair weighs the product of its two. Shape [n].
        strata: pairs across strata are not counted; numbers or text. Shape [n].
        tau: only events at times up to ``tau`` count, in the unit of ``time``.
        cluster: samples that are not independent, such as several rows of one patient. The index still counts all
            pairs; the standard error sums the influence within each cluster. Shape [n].

    Returns:
        The index in [0, 1] and its standard error. Both NaN, with one warning, when no pair is comparable.

    Raises:
        ValueError: when shapes differ, a number is not finite, an event is neither 0 nor 1, or a weight is negative.

    Note:
        A pair is comparable when the earlier time is an event, or when both times are equal and one of them is an
        event; equal log hazards count one half. Equals R's ``survival::concordance(timewt = "n", ymax = tau, reverse =
        TRUE)``.

    Example:
        >>> index, error = concordance_index([3.0, 1.0, 2.0], time=[10, 20, 30], event=[1, 1, 0])
        >>> round(index, 4), round(error, 4)
        (0.6667, 0.2722)

    Source:
        Harrell, Lee and Mark 1996, Statistics in Medicine 15:361-387. Standard error: Therneau and Atkinson,
        "Concordance", vignette of the R package survival.
    """
    cohort = _read(time, event, weight, strata, cluster)
    return _estimate("concordance index", [log_hazard], cohort, _up_to(cohort, tau))


def concordance_interval(index: float, standard_error: float) -> tuple[float, float]:
    """95 % interval of a concordance index: 1.96 standard errors to each side, cut at 0 and 1.

    Args:
        index: of :func:`concordance_index` or :func:`uno_concordance_index`.
        standard_error: of the same call.

    Returns:
        Lower and upper end; NaN where one of the two is NaN.

    Example:
        >>> [round(end, 3) for end in concordance_interval(0.75, 0.1)]
        [0.554, 0.946]
    """
    reach = NORMAL_975 * standard_error
    if math.isnan(index + reach):
        return math.nan, math.nan
    return max(0.0, index - reach), min(1.0, index + reach)


def concordance_difference(
    a: Column,
    b: Column,
    time: Column,
    event: Column,
    *,
    weight: Column | None = None,
    strata: Column | None = None,
    tau: float | None = None,
    cluster: Column | None = None,
) -> tuple[float, float]:
    """Concordance index of ``a`` minus that of ``b``, on the same samples.

    Args:
        a: log hazards of one model, no unit, higher means earlier event. Shape [n].
        b: log hazards of the other model, in the same order. Shape [n].
        time: as in :func:`concordance_index`.
        event: as in :func:`concordance_index`.
        weight: as in :func:`concordance_index`.
        strata: as in :func:`concordance_index`.
        tau: as in :func:`concordance_index`.
        cluster: as in :func:`concordance_index`.

    Returns:
        The difference in [-1, 1] and its standard error, which knows that both models saw the same samples. Both NaN,
        with one warning, when no pair is comparable.

    Raises:
        ValueError: as :func:`concordance_index`.

    Source:
        As :func:`concordance_index`; equals the contrast of ``survival::concordance`` with two models.
    """
    cohort = _read(time, event, weight, strata, cluster)
    return _estimate("difference of concordance indices", [a, b], cohort, _up_to(cohort, tau))


def uno_concordance_index(
    log_hazard: Column,
    time: Column,
    event: Column,
    *,
    weight: Column | None = None,
    strata: Column | None = None,
    tau: float | None = None,
    cluster: Column | None = None,
) -> tuple[float, float]:
    """Uno's concordance index, whose pairs are weighted so that it does not depend on the censoring.

    Args:
        log_hazard: as in :func:`concordance_index`.
        time: as in :func:`concordance_index`.
        event: as in :func:`concordance_index`.
        weight: as in :func:`concordance_index`.
        strata: as in :func:`concordance_index`; the censoring is then estimated in each stratum.
        tau: as in :func:`concordance_index`. Choose it where enough samples are still followed: late pairs weigh most.
        cluster: as in :func:`concordance_index`.

    Returns:
        The index in [0, 1] and its standard error, for the estimated censoring as if it were known. Both NaN, with one
        warning, when no pair is comparable.

    Raises:
        ValueError: as :func:`concordance_index`.

    Note:
        A pair weighs 1 / G(t-)^2, with G the Kaplan-Meier curve of the censoring and t the earlier time, t <= tau.
        Equals R's ``survival::concordance(timewt = "n/G2", ymax = tau, reverse = TRUE)``.

    Source:
        Uno, Cai, Pencina, D'Agostino and Wei 2011, Statistics in Medicine 30:1105-1117.
    """
    cohort = _read(time, event, weight, strata, cluster)
    probability = np.ones_like(cohort.time)
    for code in range(int(cohort.stratum.max(initial=0)) + 1):
        rows = cohort.stratum == code
        curve = censoring_curve(cohort.time[rows], cohort.event[rows], cohort.weight[rows])
        probability[rows] = curve.before(cohort.time[rows])
    factor = np.where(cohort.event, _up_to(cohort, tau) / np.where(probability > 0, probability, 1.0) ** 2, 0.0)
    return _estimate("Uno's concordance index", [log_hazard], cohort, factor)


class _Cohort(NamedTuple):
    """Checked columns, each [n]."""

    time: Floats
    event: np.ndarray[tuple[int], np.dtype[np.bool_]]
    weight: Floats
    stratum: np.ndarray[tuple[int], np.dtype[np.int64]]
    cluster: np.ndarray[tuple[int], np.dtype[np.int64]] | None


def _read(time: Column, event: Column, weight: Column | None, strata: Column | None, cluster: Column | None) -> _Cohort:
    """Check the columns that all indices share."""
    days = numbers("time", time)
    size = len(days)
    return _Cohort(
        time=days,
        event=events(event, size),
        weight=weights(weight, size),
        stratum=codes("strata", strata, size),
        cluster=None if cluster is None else codes("cluster", cluster, size),
    )


def _up_to(cohort: _Cohort, tau: float | None) -> Floats:
    """1 for times up to ``tau``, else 0, [n]."""
    return np.ones_like(cohort.time) if tau is None else (cohort.time <= tau).astype(np.float64)


def _estimate(name: str, log_hazards: list[Column], cohort: _Cohort, factor: Floats) -> tuple[float, float]:
    """Index of the first log hazard, minus that of the second if there is one, and the standard error."""
    value, influence = 0.0, np.zeros_like(cohort.time)
    for sign, log_hazard in zip((1.0, -1.0), log_hazards, strict=False):
        pairs = count_pairs(
            numbers("log_hazard", log_hazard, len(cohort.time)),
            cohort.time,
            cohort.event,
            weight=cohort.weight,
            stratum=cohort.stratum,
            event_factor=factor,
        )
        total = float(cohort.weight @ pairs.comparable)  # each pair twice
        if not total > 0:
            warnings.warn(
                f"{name} undefined: no comparable pair among {len(cohort.time)} samples ({int(cohort.event.sum())} "
                f"events); returning NaN. Enlarge the cohort or its follow-up.",
                stacklevel=3,
            )
            return math.nan, math.nan
        index = float(cohort.weight @ pairs.concordant) / total
        value += sign * index
        influence += sign * cohort.weight * (pairs.concordant - index * pairs.comparable) * 2 / total
    if cohort.cluster is not None:
        influence = np.bincount(cohort.cluster, influence).astype(np.float64)
    return value, math.sqrt(float(influence @ influence))
