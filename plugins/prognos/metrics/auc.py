"""Time-dependent area under the receiver operating characteristic curve.

n samples, T horizons.
"""

from __future__ import annotations

import math

import numpy as np

from prognos.metrics.arguments import Column, Floats, events, numbers, table, weights
from prognos.metrics.censoring import censoring_curve, warn_undefined

__all__ = ["time_dependent_auc"]


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
    at_event = censoring_curve(days, observed, case, reference).before(days)
    result = np.full(len(horizon), math.nan)
    for column, t in enumerate(horizon):
        is_case = observed & (days <= t)
        if (at_event[is_case] <= 0).any():
            continue
        cases = np.where(is_case, case / np.where(at_event > 0, at_event, 1.0), 0.0)
        controls = np.where(days > t, case, 0.0)
        if cases.sum() > 0 and controls.sum() > 0:
            result[column] = _area(score[:, column], cases, controls)
    warn_undefined("time-dependent AUC", horizon, result)
    return result


def _scores(log_hazard: Column, samples: int, horizons: int) -> Floats:
    """Log hazards [n, T]; one column serves all horizons."""
    if np.ndim(log_hazard) == 2 and np.shape(log_hazard)[1] != 1:
        return table("log_hazard", log_hazard, (samples, horizons))
    return np.broadcast_to(numbers("log_hazard", log_hazard, samples)[:, None], (samples, horizons))


def _area(score: Floats, cases: Floats, controls: Floats) -> float:
    """Weighted share of (case, control) pairs in which the case scores higher; equal scores count one half."""
    _, level = np.unique(score, return_inverse=True)
    at_level = np.bincount(level, controls)
    below = np.cumsum(at_level) - at_level / 2
    return float(cases @ below[level] / (cases.sum() * controls.sum()))
