"""Time-dependent area under the receiver operating characteristic curve.

n samples, T horizons, R resamples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers, table, weights
from prognos.metrics.censoring import censoring_curve, warn_undefined

__all__ = ["areas_under_curve", "time_dependent_auc"]


def time_dependent_auc(
    log_hazard: Column,
    time: Column,
    event: Column,
    *,
    horizons: Column,
    weight: Column | None = None,
    reference: tuple[Column, Column] | None = None,
) -> Floats:
    """Probability that who had the event by a horizon has a higher log hazard than who is followed beyond it.

    Cumulative cases, dynamic controls, weighted for the censoring.

    Args:
        log_hazard: no unit, higher means earlier event. Shape [n], or [n, T] with one column per horizon.
        time: follow-up time. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: in the unit of ``time``. Shape [T].
        weight: case weights, >= 0. Shape [n].
        reference: time and event of the cohort in which the censoring is estimated; None = this one.

    Returns:
        Area in [0, 1] at each horizon, higher is better; 0.5 is what a constant scores. Shape [T]. NaN, with one
        warning for all of them, at horizons without a case or without a control.

    Raises:
        ValueError: when shapes differ, a number is not finite, an event is neither 0 nor 1, or a weight is negative.

    Note:
        A case weighs 1 / G(time-), G being the Kaplan-Meier curve of the censoring; equal log hazards count one half.
        O(T n) time after one sort per column.

    Example:
        >>> time_dependent_auc([2.0, 1.5, 0.0, 1.7], time=[10, 15, 30, 40], event=[1, 1, 0, 1], horizons=[20])
        array([0.75])

    Source:
        Uno, Cai, Tian and Wei 2007, Journal of the American Statistical Association 102:527-537. Hung and Chiang 2010,
        Canadian Journal of Statistics 38:8-26.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    case = weights(weight, len(days))
    horizon = numbers("horizons", horizons)
    score = _scores(log_hazard, len(days), len(horizon))
    result: Floats = areas_under_curve(score, days, observed, horizon, case[None], reference)[0]
    warn_undefined("time-dependent AUC", horizon, result)
    return result


def areas_under_curve(
    score: Floats,
    days: Floats,
    observed: NDArray[np.bool_],
    horizon: Floats,
    weight: Floats,
    reference: tuple[Column, Column] | None = None,
) -> Floats:
    """:func:`time_dependent_auc` of checked columns, for many case weights at once.

    Args:
        score: higher means earlier event. Shape [n, T].
        days: follow-up time. Shape [n].
        observed: whether the event was observed. Shape [n].
        horizon: in the unit of ``days``. Shape [T].
        weight: case weights; how often each sample was drawn into each resample. Shape [R, n].
        reference: time and event of the cohort in which the censoring is estimated; None = each resample itself.

    Returns:
        Areas, NaN where one does not exist. Shape [R, T].
    """
    before = np.broadcast_to(censoring_curve(days, observed, weight, reference).before(days), weight.shape)
    known = np.divide(weight, before, out=np.zeros_like(weight), where=before > 0)
    result = np.full((len(weight), len(horizon)), np.nan)
    for column, t in enumerate(horizon):
        is_case, is_control = observed & (days <= t), days > t
        cases, controls = np.where(is_case, known, 0.0), np.where(is_control, weight, 0.0)
        pairs = cases.sum(axis=1) * controls.sum(axis=1)
        defined = (pairs > 0) & ~((weight > 0) & (before <= 0) & is_case).any(axis=1)
        higher = _higher_pairs(score[:, column], cases, controls)
        result[:, column] = np.divide(higher, pairs, out=np.full(len(weight), np.nan), where=defined)
    return result


def _scores(log_hazard: Column, samples: int, horizons: int) -> Floats:
    """Log hazards [n, T]; one column serves all horizons."""
    if np.ndim(log_hazard) == 2 and np.shape(log_hazard)[1] != 1:
        return table("log_hazard", log_hazard, (samples, horizons))
    return np.broadcast_to(numbers("log_hazard", log_hazard, samples)[:, None], (samples, horizons))


def _higher_pairs(score: Floats, cases: Floats, controls: Floats) -> Floats:
    """Weight of the (case, control) pairs in which the case scores higher, equal scores one half, [R]."""
    order = np.argsort(score, kind="stable")
    _, first, level = np.unique(score[order], return_index=True, return_inverse=True)
    at_level = np.add.reduceat(controls[:, order], first, axis=1)
    below = np.cumsum(at_level, axis=1) - at_level / 2
    return np.asarray((cases[:, order] * below[:, level]).sum(axis=1), dtype=np.float64)
