"""Brier score and its integral, for predicted survival probabilities under censoring.

n samples, T horizons, R resamples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers, table, weights
from prognos.metrics.censoring import censoring_curve, warn_undefined

__all__ = ["brier_score", "brier_scores", "integrated_brier_score", "mean_over_time"]


def brier_score(
    survival: Column,
    time: Column,
    event: Column,
    *,
    horizons: Column,
    weight: Column | None = None,
    reference: tuple[Column, Column] | None = None,
) -> Floats:
    """Mean squared error of predicted survival probabilities at each horizon, weighted for the censoring.

    Args:
        survival: predicted probability of no event up to each horizon, in [0, 1]. Shape [n, T].
        time: follow-up time. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: in the unit of ``time``. Shape [T].
        weight: case weights, >= 0. Shape [n].
        reference: time and event of the cohort in which the censoring is estimated; None = this one.

    Returns:
        Score in [0, 1] at each horizon, lower is better; 0.25 is what a constant 0.5 scores. Shape [T]. NaN, with one
        warning for all of them, at horizons where nobody is still followed.

    Raises:
        ValueError: when shapes differ, a number is not finite, a probability is outside [0, 1], an event is neither 0
            nor 1, or a weight is negative.

    Note:
        An event at or before the horizon t weighs 1 / G(time-), a sample followed beyond t weighs 1 / G(t), a sample
        censored at or before t weighs 0; G is the Kaplan-Meier curve of the censoring.

    Example:
        >>> survival = [[0.2], [0.7], [0.9]]
        >>> brier_score(survival, time=[10, 30, 40], event=[1, 1, 0], horizons=[20]).round(4)
        array([0.0467])

    Source:
        Graf, Schmoor, Sauerbrei and Schumacher 1999, Statistics in Medicine 18:2529-2545.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    case = weights(weight, len(days))
    horizon = numbers("horizons", horizons)
    probability = table("survival", survival, (len(days), len(horizon)))
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError("survival has values outside [0, 1]; expected probabilities of no event, not log hazards.")
    result: Floats = brier_scores(probability, days, observed, horizon, case[None], reference)[0]
    warn_undefined("Brier score", horizon, result)
    return result


def integrated_brier_score(
    survival: Column,
    time: Column,
    event: Column,
    *,
    horizons: Column,
    weight: Column | None = None,
    reference: tuple[Column, Column] | None = None,
) -> float:
    """Mean of :func:`brier_score` over the time from the first to the last horizon, by the trapezoidal rule.

    Args:
        survival: as in :func:`brier_score`. Shape [n, T].
        time: as in :func:`brier_score`.
        event: as in :func:`brier_score`.
        horizons: ascending, at least two. Shape [T].
        weight: as in :func:`brier_score`.
        reference: as in :func:`brier_score`.

    Returns:
        Score in [0, 1], lower is better. NaN, with one warning, when the score of a horizon does not exist.

    Raises:
        ValueError: as :func:`brier_score`, or when the horizons do not ascend.
    """
    horizon = numbers("horizons", horizons)
    if len(horizon) < 2 or (np.diff(horizon) <= 0).any():
        raise ValueError(f"horizons must ascend and be at least two, got {len(horizon)}.")
    score = brier_score(survival, time, event, horizons=horizon, weight=weight, reference=reference)
    return float(mean_over_time(score, horizon))


def mean_over_time(score: Floats, horizons: Floats) -> Floats:
    """Mean of scores [..., T] over the time from the first to the last horizon, by the trapezoidal rule, [...]."""
    return np.asarray(np.trapezoid(score, horizons, axis=-1) / (horizons[-1] - horizons[0]), dtype=np.float64)


def brier_scores(
    probability: Floats,
    days: Floats,
    observed: NDArray[np.bool_],
    horizon: Floats,
    weight: Floats,
    reference: tuple[Column, Column] | None = None,
) -> Floats:
    """:func:`brier_score` of checked columns, for many case weights at once.

    Args:
        probability: of no event up to each horizon. Shape [n, T].
        days: follow-up time. Shape [n].
        observed: whether the event was observed. Shape [n].
        horizon: in the unit of ``days``. Shape [T].
        weight: case weights; how often each sample was drawn into each resample. Shape [R, n].
        reference: time and event of the cohort in which the censoring is estimated; None = each resample itself.

    Returns:
        Scores, NaN where one does not exist. Shape [R, T].
    """
    curve = censoring_curve(days, observed, weight, reference)
    before, at_horizon = curve.before(days), curve.after(horizon)
    is_event = (observed[:, None] & (days[:, None] <= horizon)).astype(np.float64)
    is_followed = (days[:, None] > horizon).astype(np.float64)
    known = np.divide(weight, before, out=np.zeros_like(weight), where=before > 0)
    defined = (weight @ is_followed > 0) & (at_horizon > 0) & ((weight * (before <= 0)) @ is_event == 0)
    early = known @ (is_event * probability**2)
    late = weight @ (is_followed * (1.0 - probability) ** 2) / np.where(at_horizon > 0, at_horizon, 1.0)
    total = weight.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(early + late, total, out=np.full(early.shape, np.nan), where=defined), dtype=np.float64)
