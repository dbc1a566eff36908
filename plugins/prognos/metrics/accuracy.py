"""Accuracy over time: discrimination and error at each horizon, beside what is reached without a model.

n samples, T horizons, R resamples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers, table
from prognos.metrics.auc import areas_under_curve
from prognos.metrics.brier import brier_scores, mean_over_time
from prognos.metrics.resampling import percentile_interval, resample_patients
from prognos.metrics.step_curve import event_curve

__all__ = ["AccuracyRow", "IntegratedBrier", "accuracy_over_time", "null_brier_score", "scaled_brier_score"]


class AccuracyRow(NamedTuple):
    """What one model reaches at one horizon; intervals are bootstrap percentiles over patients, 95 %."""

    days: float
    """The horizon."""

    at_risk: int
    """Patients followed beyond it."""

    events: int
    """Observed events up to it."""

    auc: float
    """Area under the time-dependent curve of the predicted risk, in [0, 1]; 0.5 is chance."""

    auc_low: float
    """Lower end of its interval."""

    auc_high: float
    """Upper end."""

    brier: float
    """Brier score, in [0, 1], lower is better."""

    brier_low: float
    """Lower end of its interval."""

    brier_high: float
    """Upper end."""

    null_brier: float
    """Brier score of a prediction that is the same for everyone."""

    scaled_brier: float
    """One minus the ratio of the two: 1 is perfect, 0 is no better than no model, negative is worse."""

    scaled_low: float
    """Lower end of its interval."""

    scaled_high: float
    """Upper end."""


class IntegratedBrier(NamedTuple):
    """Means over the time from the first to the last horizon; intervals as in :class:`AccuracyRow`."""

    first_day: float
    """First horizon."""

    last_day: float
    """Last horizon."""

    brier: float
    """Integrated Brier score."""

    brier_low: float
    """Lower end of its interval."""

    brier_high: float
    """Upper end."""

    null_brier: float
    """Integrated Brier score without a model."""

    scaled_brier: float
    """One minus the ratio of the two."""

    scaled_low: float
    """Lower end of its interval."""

    scaled_high: float
    """Upper end."""


def null_brier_score(time: Column, event: Column, *, horizons: Column, null: Column | None = None) -> Floats:
    """Brier score of predicting the same survival for everyone.

    Args:
        time: follow-up time. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: in the unit of ``time``. Shape [T].
        null: the survival that each sample is given, such as the Kaplan-Meier estimate of its training part, [n, T];
            None = the Kaplan-Meier estimate of this cohort, as in R's ``riskRegression::Score`` and ``pec``.

    Returns:
        Score at each horizon, NaN where it does not exist. Shape [T].

    Raises:
        ValueError: when shapes differ, a number is not finite, or a probability is outside [0, 1].
    """
    days, observed, horizon = _outcome(time, event, horizons)
    given = None if null is None else _probabilities("null", null, (len(days), len(horizon)))
    return np.asarray(_null_scores(given, days, observed, horizon, np.ones((1, len(days))))[0], dtype=np.float64)


def scaled_brier_score(
    survival: Column, time: Column, event: Column, *, horizons: Column, null: Column | None = None
) -> Floats:
    """Share of the null model's Brier score that a model removes: 1 - BS / BS_null, also called index of accuracy.

    Args:
        survival: predicted probability of no event up to each horizon, in [0, 1]. Shape [n, T].
        time: follow-up time. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: in the unit of ``time``. Shape [T].
        null: as in :func:`null_brier_score`.

    Returns:
        At each horizon: 1 is perfect, 0 as good as no model, negative worse than none. Shape [T].

    Raises:
        ValueError: as :func:`null_brier_score`.

    Source:
        Kattan and Gerds 2018, Diagnostic and Prognostic Research 2:7 (IPA); R's ``riskRegression::Score``.
    """
    days, observed, horizon = _outcome(time, event, horizons)
    probability = _probabilities("survival", survival, (len(days), len(horizon)))
    score = brier_scores(probability, days, observed, horizon, np.ones((1, len(days))))[0]
    return _scaled(score, null_brier_score(days, observed, horizons=horizon, null=null))


def accuracy_over_time(
    survival: Column,
    time: Column,
    event: Column,
    *,
    horizons: Column,
    null: Column | None = None,
    replicates: int = 500,
    seed: int = 0,
) -> tuple[list[AccuracyRow], IntegratedBrier | None]:
    """Everything at each horizon, and the integrals, with intervals.

    Args:
        survival: predicted probability of no event up to each horizon, in [0, 1]. Shape [n, T].
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: days, ascending. Shape [T].
        null: as in :func:`null_brier_score`.
        replicates: resamples of the patients; 0 for no interval. The censoring is estimated again in each.
        seed: of the resamples.

    Returns:
        One row a horizon, and the integrals over the horizons whose scores exist; None with fewer than two.

    Raises:
        ValueError: as :func:`null_brier_score`, or when the horizons do not ascend.
    """
    days, observed, horizon = _outcome(time, event, horizons)
    if (np.diff(horizon) <= 0).any():
        raise ValueError("horizons must ascend.")
    probability = _probabilities("survival", survival, (len(days), len(horizon)))
    given = None if null is None else _probabilities("null", null, probability.shape)
    resamples = resample_patients(len(days), replicates=replicates, seed=seed)
    weight = np.vstack([np.ones((1, len(days))), resamples])  # the cohort itself comes first
    score = brier_scores(probability, days, observed, horizon, weight)
    without = _null_scores(given, days, observed, horizon, weight)
    area = areas_under_curve(1.0 - probability, days, observed, horizon, weight)
    columns = [_with_interval(values) for values in (area, score, _scaled(score, without))]
    rows = [
        AccuracyRow(
            float(day),
            int((days > day).sum()),
            int((observed & (days <= day)).sum()),
            *(float(values[place]) for values in (*columns[0], *columns[1], without[0], *columns[2])),
        )
        for place, day in enumerate(horizon)
    ]
    whole = np.isfinite(score[0]) & np.isfinite(without[0])
    if whole.sum() < 2:
        return rows, None
    total, null_total = (mean_over_time(values[:, whole], horizon[whole]) for values in (score, without))
    ends = float(horizon[whole][0]), float(horizon[whole][-1])
    triples = (*_with_interval(total), null_total[0], *_with_interval(_scaled(total, null_total)))
    return rows, IntegratedBrier(*ends, *(float(value) for value in triples))


def _null_scores(
    null: Floats | None, days: Floats, observed: NDArray[np.bool_], horizon: Floats, weight: Floats
) -> Floats:
    """Brier scores without a model, [R, T]."""
    if null is not None:
        return brier_scores(null, days, observed, horizon, weight)
    shape = (len(days), len(horizon))
    # A survival p for everyone costs p^2 for an event and (1 - p)^2 for who is followed.
    of_events = brier_scores(np.ones(shape), days, observed, horizon, weight)
    of_followed = brier_scores(np.zeros(shape), days, observed, horizon, weight)
    alive = event_curve(days, observed, weight).after(horizon)
    return np.asarray(alive**2 * of_events + (1.0 - alive) ** 2 * of_followed, dtype=np.float64)


def _scaled(score: Floats, without: Floats) -> Floats:
    """One minus the ratio; NaN where the null model has no error."""
    ratio = np.divide(score, without, out=np.full(score.shape, np.nan), where=without > 0)
    return np.asarray(1.0 - ratio, dtype=np.float64)


def _with_interval(values: Floats) -> tuple[Floats, Floats, Floats]:
    """The cohort's own value, and the ends of its interval over the resamples."""
    return (values[0], *percentile_interval(values[1:]))


def _outcome(time: Column, event: Column, horizons: Column) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Checked times [n], event flags [n] and horizons [T]."""
    days = numbers("time", time)
    return days, events(event, len(days)), numbers("horizons", horizons)


def _probabilities(name: str, value: Column, shape: tuple[int, int]) -> Floats:
    """Checked probabilities [n, T]."""
    probability = table(name, value, shape)
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError(f"{name} has values outside [0, 1]; expected probabilities of no event, not log hazards.")
    return probability
