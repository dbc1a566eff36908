"""Calibration at stated horizons: whether predicted risks are as high as what was observed.

n samples, T horizons, K points of a curve.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from prognos.metrics.arguments import Column, Floats, events, numbers, table
from prognos.metrics.cox_regression import CoxFit, fit_cox
from prognos.metrics.survival_curve import NORMAL_975, kaplan_meier

__all__ = [
    "CalibrationGroup",
    "CalibrationPoint",
    "CalibrationRow",
    "calibrate",
    "calibration_curve",
    "calibration_groups",
    "calibration_slope",
]

SMALLEST_RISK = 1e-9
"""Predicted risks are kept this far from 0 and 1, where log(-log) has no value."""

KNOTS = (0.1, 0.5, 0.9)
"""Quantiles of the knots of the smooth curve."""


class CalibrationRow(NamedTuple):
    """Calibration at one horizon."""

    days: float
    """The horizon."""

    patients: int
    """Their number."""

    events: int
    """Observed events up to the horizon."""

    expected: float
    """Mean predicted risk, in [0, 1]."""

    observed: float
    """Observed risk, one minus the Kaplan-Meier estimate."""

    observed_low: float
    """Lower end of its 95 % interval."""

    observed_high: float
    """Upper end."""

    ratio: float
    """Observed over expected; 1 is ideal, above 1 the model promises too much."""

    ratio_low: float
    """Lower end of its 95 % interval, which takes the expected risk as known."""

    ratio_high: float
    """Upper end."""

    slope: float
    """Log hazard ratio of log(-log(predicted survival)), with follow-up cut at the horizon; 1 is ideal, below 1 the
    predictions are too far apart. NaN where it cannot be fitted."""

    slope_low: float
    """Lower end of its 95 % interval."""

    slope_high: float
    """Upper end."""

    ici: float
    """Integrated calibration index: mean distance of predicted risks from the smooth curve, in [0, 1], 0 is ideal."""

    e50: float
    """Median of these distances."""

    e90: float
    """Their 90 % quantile."""


class CalibrationPoint(NamedTuple):
    """A point of the smooth calibration curve."""

    days: float
    """The horizon."""

    predicted: float
    """Predicted risk."""

    observed: float
    """Risk that such patients have, by the smooth curve."""

    low: float
    """Lower end of its pointwise 95 % interval."""

    high: float
    """Upper end."""


class CalibrationGroup(NamedTuple):
    """Patients of similar predicted risk."""

    days: float
    """The horizon."""

    group: int
    """1 for the lowest risks."""

    patients: int
    """Their number."""

    events: int
    """Observed events up to the horizon."""

    predicted: float
    """Mean predicted risk."""

    observed: float
    """Observed risk, one minus the Kaplan-Meier estimate of the group; NaN when its follow-up ends earlier."""

    low: float
    """Lower end of its 95 % interval."""

    high: float
    """Upper end."""


def calibrate(survival: Column, time: Column, event: Column, *, horizons: Column) -> list[CalibrationRow]:
    """Observed against expected risk, slope and calibration indices at each horizon.

    Args:
        survival: predicted probability of no event up to each horizon, in [0, 1]. Shape [n, T].
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: days. Shape [T].

    Returns:
        One row a horizon. What does not exist there is NaN: the observed risk beyond the follow-up; slope and indices
        where all predictions are equal or no regression can be fitted.

    Raises:
        ValueError: when shapes differ, a number is not finite, or a probability is outside [0, 1].

    Note:
        The interval of the ratio is ``ratio * exp(+- 1.96 error / observed)``, error being Greenwood's of the observed
        risk. The slope is that of R's ``coxph(Surv(time, event) ~ log(-log(survival)))`` on follow-up cut at the
        horizon.

    Source:
        McLernon et al. 2023, Annals of Internal Medicine 176:105-114. Indices: Austin, Harrell and van Klaveren 2020,
        Statistics in Medicine 39:2714-2742.
    """
    days, horizon, observed, risk = _read(survival, time, event, horizons)
    curve = kaplan_meier(days, observed)
    rows = []
    for place, day in enumerate(horizon.tolist()):
        alive, error, low, high = curve.at(day) if (days >= day).any() else (math.nan,) * 4
        seen, expected = 1.0 - alive, float(risk[:, place].mean())
        ratio = seen / expected if expected > 0 else math.nan
        reach = math.exp(NORMAL_975 * error / seen) if seen > 0 else math.nan
        until = observed & (days <= day)
        slope, slope_error = _slope(_log_cumulative(risk[:, place]), days, until)
        gap = _distances(risk[:, place], days, observed, day)
        rows.append(
            CalibrationRow(
                days=day,
                patients=len(days),
                events=int(until.sum()),
                expected=expected,
                observed=seen,
                observed_low=1.0 - high,
                observed_high=1.0 - low,
                ratio=ratio,
                ratio_low=ratio / reach,
                ratio_high=ratio * reach,
                slope=slope,
                slope_low=slope - NORMAL_975 * slope_error,
                slope_high=slope + NORMAL_975 * slope_error,
                ici=float(gap.mean()),
                e50=float(np.median(gap)),
                e90=float(np.quantile(gap, 0.9)),
            )
        )
    return rows


def calibration_slope(
    log_hazard: Column, time: Column, event: Column, *, strata: Column | None = None
) -> tuple[float, float]:
    """Log hazard ratio of the predicted log hazard over the whole follow-up, and its standard error.

    Args:
        log_hazard: higher means earlier event. Shape [n].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        strata: groups with baseline hazards of their own, such as folds. Shape [n].

    Returns:
        1 is ideal, below 1 the predictions are too far apart, as overfitted ones are; NaN where it cannot be fitted.

    Raises:
        ValueError: when shapes differ or a number is not finite.

    Source:
        van Houwelingen 2000, Statistics in Medicine 19:3401-3415; equals R's ``coxph``.
    """
    return _slope(numbers("log_hazard", log_hazard), numbers("time", time), event, strata)


def calibration_curve(
    survival: Column, time: Column, event: Column, *, horizons: Column, points: int = 50
) -> list[CalibrationPoint]:
    """Smooth observed risk over the predicted risk, with its pointwise interval.

    Args:
        survival: as in :func:`calibrate`. Shape [n, T].
        time: as in :func:`calibrate`.
        event: as in :func:`calibrate`.
        horizons: as in :func:`calibrate`.
        points: of each curve, between the 1 % and the 99 % quantile of the predicted risks.

    Returns:
        ``points`` rows a horizon, predicted risk ascending; none for a horizon where no curve can be fitted.

    Raises:
        ValueError: as :func:`calibrate`.

    Note:
        A Cox regression of the outcome on a restricted cubic spline of log(-log(predicted survival)), knots at its
        10 %, 50 % and 90 % quantiles; a straight line where those coincide. Survival and interval are those of R's
        ``survfit(coxph(...), newdata, conf.type = "log-log")``.

    Source:
        Austin, Harrell and van Klaveren 2020, Statistics in Medicine 39:2714-2742.
    """
    days, horizon, observed, risk = _read(survival, time, event, horizons)
    rows = []
    for place, day in enumerate(horizon.tolist()):
        fit = _smooth(risk[:, place], days, observed, day)
        if fit is None:
            continue
        lowest, highest = np.quantile(risk[:, place], [0.01, 0.99])
        grid = np.linspace(float(lowest), float(highest), points)
        alive, error = fit.survival(_spline(_log_cumulative(grid), _log_cumulative(risk[:, place])), day)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a risk of 0 or 1 has no interval
            reach = np.exp(NORMAL_975 * error / np.log(alive))
            low, high = 1.0 - alive**reach, 1.0 - alive ** (1 / reach)
        rows += [
            CalibrationPoint(day, *map(float, values)) for values in zip(grid, 1.0 - alive, low, high, strict=True)
        ]
    return rows


def calibration_groups(
    survival: Column, time: Column, event: Column, *, horizons: Column, groups: int = 5
) -> list[CalibrationGroup]:
    """Observed against predicted risk in equally large groups of predicted risk.

    Args:
        survival: as in :func:`calibrate`. Shape [n, T].
        time: as in :func:`calibrate`.
        event: as in :func:`calibrate`.
        horizons: as in :func:`calibrate`.
        groups: how many; equal predictions stay together.

    Returns:
        One row a horizon and group, predicted risk ascending.

    Raises:
        ValueError: as :func:`calibrate`.
    """
    days, horizon, observed, risk = _read(survival, time, event, horizons)
    rows = []
    for place, day in enumerate(horizon.tolist()):
        cuts = np.unique(np.quantile(risk[:, place], np.linspace(0, 1, groups + 1)[1:-1]))
        member = np.searchsorted(cuts, risk[:, place], side="left")
        for number, code in enumerate(np.unique(member)):
            chosen = member == code
            reached = (days[chosen] >= day).any()
            alive, _, low, high = kaplan_meier(days[chosen], observed[chosen]).at(day) if reached else (math.nan,) * 4
            counts = int(chosen.sum()), int((observed & (days <= day))[chosen].sum())
            mean = float(risk[chosen, place].mean())
            rows.append(CalibrationGroup(day, number + 1, *counts, mean, 1.0 - alive, 1.0 - high, 1.0 - low))
    return rows


def _read(
    survival: Column, time: Column, event: Column, horizons: Column
) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]], Floats]:
    """Checked times [n], horizons [T], event flags [n] and predicted risks [n, T]."""
    days = numbers("time", time)
    horizon = numbers("horizons", horizons)
    probability = table("survival", survival, (len(days), len(horizon)))
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError("survival has values outside [0, 1]; expected probabilities of no event, not log hazards.")
    return days, horizon, events(event, len(days)), 1.0 - probability


def _log_cumulative(risk: Floats) -> Floats:
    """Log cumulative hazard of a risk: log(-log(1 - risk))."""
    kept = np.clip(risk, SMALLEST_RISK, 1.0 - SMALLEST_RISK)
    return np.asarray(np.log(-np.log1p(-kept)), dtype=np.float64)


def _slope(score: Floats, days: Floats, event: Column, strata: Column | None = None) -> tuple[float, float]:
    """Coefficient and standard error; NaN where there is none."""
    try:
        fit = fit_cox(score[:, None], days, event, strata=strata)
    except ValueError:
        return math.nan, math.nan
    return float(fit.coefficients[0]), float(fit.standard_errors[0])


def _smooth(risk: Floats, days: Floats, observed: Column, day: float) -> CoxFit | None:
    """Regression of the outcome on a spline of the predicted risk; None where there is none."""
    score = _log_cumulative(risk)
    if not (days >= day).any():
        return None
    try:
        return fit_cox(_spline(score, score), days, observed)
    except ValueError:
        return None


def _distances(risk: Floats, days: Floats, observed: Column, day: float) -> Floats:
    """Distance of each predicted risk from the smooth curve, [n]; NaN where there is no curve."""
    fit = _smooth(risk, days, observed, day)
    if fit is None:
        return np.full(len(risk), math.nan)
    alive, _ = fit.survival(fit.covariates, day)
    return np.asarray(np.abs(risk - (1.0 - alive)), dtype=np.float64)


def _spline(value: Floats, sample: Floats) -> Floats:
    """Restricted cubic spline [K, 2] with knots at quantiles of the sample; the value alone where they coincide."""
    first, middle, last = np.quantile(sample, KNOTS)
    if not first < middle < last:
        return value[:, None]
    cubes = [np.maximum(value - knot, 0.0) ** 3 for knot in (first, middle, last)]
    bend = cubes[0] - cubes[1] * (last - first) / (last - middle) + cubes[2] * (middle - first) / (last - middle)
    return np.column_stack([value, bend / (last - first) ** 2])
