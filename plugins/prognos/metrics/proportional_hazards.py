"""Whether hazards are proportional: the score test of a coefficient that changes with time, and Schoenfeld residuals.

n samples, p covariates, E events.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import chdtrc

from prognos.metrics.arguments import Column, Floats, codes, events, numbers
from prognos.metrics.cox_regression import CoxFit, fit_cox
from prognos.metrics.step_curve import event_curve

__all__ = [
    "ProportionalHazardsRow",
    "SchoenfeldPoint",
    "TimeScale",
    "check_proportional_hazards",
    "schoenfeld_residuals",
]

TimeScale = Literal["km", "identity", "log", "rank"]
"""Function of time that the coefficient may follow."""

GLOBAL = "GLOBAL"
"""Name of the row that tests all covariates together."""


class ProportionalHazardsRow(NamedTuple):
    """Test of one covariate."""

    name: str
    """Covariate, or ``GLOBAL`` for all of them together."""

    chi2: float
    """Test statistic, no unit."""

    degrees_of_freedom: int
    """1, or the number of covariates."""

    p_value: float
    """Probability of a statistic as large or larger when hazards are proportional; small speaks against it."""


class SchoenfeldPoint(NamedTuple):
    """Scaled Schoenfeld residual of one event: an estimate of the coefficient at its time."""

    name: str
    """Covariate."""

    days: float
    """Time of the event."""

    scale: float
    """Function of time that the test used."""

    residual: float
    """Coefficient plus scaled residual; flat over time when hazards are proportional."""

    coefficient: float
    """The coefficient itself."""

    trend: float
    """Straight line through the residuals over the function of time; the test asks whether it is level."""


def check_proportional_hazards(
    covariates: Mapping[str, Column],
    time: Column,
    event: Column,
    *,
    strata: Column | None = None,
    scale: TimeScale = "km",
) -> list[ProportionalHazardsRow]:
    """Test whether each coefficient of a Cox regression is constant over time.

    Args:
        covariates: name -> numbers [n]; for a model, its log hazard.
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        strata: groups with baseline hazards of their own, such as folds. Shape [n].
        scale: function of time that the coefficient may follow: ``"km"`` (one minus the Kaplan-Meier curve just before
            a time), ``"identity"``, ``"log"`` or ``"rank"``.

    Returns:
        One row a covariate and, with two or more, the row ``GLOBAL``; equal to R's ``survival::cox.zph`` of version 3.
        NaN where all events have one time.

    Raises:
        ValueError: when a column does not fit, ``scale`` is unknown, or the Cox regression cannot be fitted.

    Source:
        Grambsch and Therneau 1994, Biometrika 81:515-526; as a score test since version 3 of the R package survival.
    """
    names, fit, moment = _fit(covariates, time, event, strata, scale)
    size = len(names)
    score = (_residuals(fit) * moment[:, None]).sum(axis=0)
    blocks = [np.tensordot(moment**power, fit.terms.covariance, axes=1) for power in (0, 1, 2)]
    information = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    rows = []
    for name, chosen in [*((name, [place]) for place, name in enumerate(names)), (GLOBAL, list(range(size)))]:
        if name == GLOBAL and size == 1:
            continue
        kept = [*range(size), *(size + place for place in chosen)]
        gradient = np.concatenate([np.zeros(size), score[chosen]])
        try:
            statistic = float(gradient @ np.linalg.solve(information[np.ix_(kept, kept)], gradient))
        except np.linalg.LinAlgError:  # all events at one time
            statistic = math.nan
        rows.append(ProportionalHazardsRow(name, statistic, len(chosen), float(chdtrc(len(chosen), statistic))))
    return rows


def schoenfeld_residuals(
    covariates: Mapping[str, Column],
    time: Column,
    event: Column,
    *,
    strata: Column | None = None,
    scale: TimeScale = "km",
) -> list[SchoenfeldPoint]:
    """Scaled Schoenfeld residuals, one a covariate and event, in the order of time within each stratum.

    Args:
        covariates: as in :func:`check_proportional_hazards`.
        time: as in :func:`check_proportional_hazards`.
        event: as in :func:`check_proportional_hazards`.
        strata: as in :func:`check_proportional_hazards`.
        scale: as in :func:`check_proportional_hazards`.

    Returns:
        The ``y`` of R's ``cox.zph``, scaled by the mean information of an event.

    Raises:
        ValueError: as :func:`check_proportional_hazards`.
    """
    names, fit, _ = _fit(covariates, time, event, strata, scale)
    rows = fit.terms.sets.event
    information = fit.terms.covariance.mean(axis=0)
    values = np.linalg.solve(information, _residuals(fit).T).T + fit.coefficients
    days, scaled = numbers("time", time), _scale(numbers("time", time), events(event, len(fit.covariates)), scale)
    line = np.column_stack([np.ones(len(rows)), scaled[rows]])
    trend = line @ np.linalg.lstsq(line, values)[0]
    return [
        SchoenfeldPoint(name, *(float(value) for value in (days[row], scaled[row], *rest)))
        for place, name in enumerate(names)
        for row, *rest in zip(
            rows, values[:, place], np.full(len(rows), fit.coefficients[place]), trend[:, place], strict=True
        )
    ]


def _fit(
    covariates: Mapping[str, Column], time: Column, event: Column, strata: Column | None, scale: TimeScale
) -> tuple[list[str], CoxFit, Floats]:
    """Names, the regression, and the centred function of time of each of its events, [E]."""
    days = numbers("time", time)
    observed = events(event, len(days))
    columns = [numbers(name, column, len(days)) for name, column in covariates.items()]
    if not columns:
        raise ValueError("no covariate to check; expected one or more, for instance the log hazard of a model.")
    stratum = codes("strata", strata, len(days))
    fit = fit_cox(np.column_stack(columns), days, observed, strata=stratum)
    moment = _scale(days, observed, scale)
    moment = moment - moment[observed].mean()  # changes nothing but the conditioning
    return list(covariates), fit, moment[fit.terms.sets.event]


def _residuals(fit: CoxFit) -> Floats:
    """Covariates of each event less the mean of its risk set, which tied events share, [E, p]."""
    sets = fit.terms.sets
    first = np.flatnonzero(np.diff(sets.cell, prepend=-1))
    count = np.diff(np.append(first, len(sets.cell)))
    mean = np.repeat(np.add.reduceat(fit.terms.mean, first, axis=0) / count[:, None], count, axis=0)
    return np.asarray(fit.covariates[sets.event] - mean, dtype=np.float64)


def _scale(days: Floats, observed: Column, scale: TimeScale) -> Floats:
    """The function of time, [n]."""
    if scale == "km":
        return 1.0 - event_curve(days, observed, np.ones_like(days)).before(days)
    if scale == "identity":
        return days
    if scale == "log":
        return np.asarray(np.log(days), dtype=np.float64)
    if scale == "rank":
        _, level, count = np.unique(days, return_inverse=True, return_counts=True)
        return (np.cumsum(count) - (count - 1) / 2)[level]
    raise ValueError(f"scale is {scale!r}, expected 'km', 'identity', 'log' or 'rank'.")
