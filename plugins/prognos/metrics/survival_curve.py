"""Kaplan-Meier curves with their intervals, quantiles and numbers at risk.

n samples, m distinct times.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from prognos.metrics.arguments import Column, Floats, events, numbers
from prognos.metrics.step_curve import product_limit, totals_by_time

__all__ = ["KaplanMeier", "SurvivalPoint", "kaplan_meier", "survival_by_group"]

NORMAL_975 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""

SAME = math.sqrt(np.finfo(np.float64).eps)
"""Survival probabilities that differ by less are the same, as R's ``quantile.survfit`` has it."""


class KaplanMeier(NamedTuple):
    """Share of a cohort without the event, just after each distinct time of its follow-up; arrays of [m]."""

    days: Floats
    """Distinct times of events and censorings, ascending, in the unit of the input."""

    at_risk: Floats
    """Samples still followed just before each time."""

    events: Floats
    """Events at each time."""

    censored: Floats
    """Samples censored at each time."""

    survival: Floats
    """Probability of no event up to and including each time, in [0, 1]."""

    standard_error: Floats
    """Greenwood's standard error of the survival; 0 where nothing happened yet, NaN where nobody is left."""

    low: Floats
    """Lower end of the 95 % interval, on the log(-log) scale; NaN where the survival is 0."""

    high: Floats
    """Upper end."""

    def at(self, day: float) -> tuple[float, float, float, float]:
        """Survival, its standard error, and the ends of its interval just after a time."""
        place = int(np.searchsorted(self.days, day, side="right")) - 1
        if place < 0:
            return 1.0, 0.0, 1.0, 1.0
        return (
            float(self.survival[place]),
            float(self.standard_error[place]),
            float(self.low[place]),
            float(self.high[place]),
        )

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """First time by which a share of the cohort had the event, and the ends of its 95 % interval.

        Args:
            share: in (0, 1); one half gives the median.

        Returns:
            Time, lower and upper end, in the unit of the input; NaN for what is not reached. Where the curve runs
            exactly at ``1 - share``, the middle of that run.

        Source:
            Brookmeyer and Crowley 1982, Biometrics 38:29-41: the times at which the ends of the curve's interval cross.
        """
        level = 1.0 - share
        return (
            _first_below(self.days, self.survival, level),
            _first_below(self.days, self.low, level),
            _first_below(self.days, self.high, level),
        )


class SurvivalPoint(NamedTuple):
    """One step of the curve of one group, as a row of a table."""

    group: str
    """Name of the group."""

    days: float
    """Time of the step; the first row of a group is at 0."""

    at_risk: int
    """Samples of the group still followed just before it."""

    events: int
    """Events at this time."""

    censored: int
    """Samples censored at this time."""

    survival: float
    """Probability of no event up to and including this time, in [0, 1]."""

    standard_error: float
    """Greenwood's standard error."""

    low: float
    """Lower end of the 95 % interval."""

    high: float
    """Upper end."""


def kaplan_meier(time: Column, event: Column) -> KaplanMeier:
    """Estimate the curve.

    Args:
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].

    Returns:
        The curve. Equals R's ``survival::survfit(Surv(time, event) ~ 1, conf.type = "log-log")``, which leaves the
        interval open before the first event, where ours is [1, 1]; R's default interval is on the log scale.

    Raises:
        ValueError: when there is no sample, shapes differ, a number is not finite, or an event is neither 0 nor 1.

    Example:
        >>> kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0]).survival
        array([0.75, 0.5 , 0.5 ])

    Source:
        Kaplan and Meier 1958, Journal of the American Statistical Association 53:457-481. Interval: Kalbfleisch and
        Prentice 2002, "The Statistical Analysis of Failure Time Data", section 1.4.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    if not len(days):
        raise ValueError("a Kaplan-Meier curve of no patient was asked for; expected one or more.")
    times, (happened, everyone) = totals_by_time(days, observed.astype(np.float64), np.ones_like(days))
    followed = np.cumsum(everyone[::-1])[::-1]
    survival = product_limit(happened, followed)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left, there is no error
        error = np.sqrt(np.cumsum(happened / (followed * (followed - happened))))  # of the logarithm
        greenwood = survival * error
    low, high = _log_log_interval(survival, error)
    return KaplanMeier(times, followed, happened, everyone - happened, survival, greenwood, low, high)


def survival_by_group(time: Column, event: Column, group: Column | None = None) -> list[SurvivalPoint]:
    """Kaplan-Meier curve of each group as rows of one table.

    Args:
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        group: name of each sample's group; None = all in one. Shape [n].

    Returns:
        Rows of one group after another, in the order of their names; each group begins with time 0.

    Raises:
        ValueError: as :func:`kaplan_meier`.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    names = np.full(len(days), "all") if group is None else np.asarray(group).astype(str).reshape(-1)
    if len(names) != len(days):
        raise ValueError(f"group has {len(names)} values, expected {len(days)}, one per sample.")
    rows = []
    for name in sorted(set(names.tolist())):
        chosen = names == name
        curve = kaplan_meier(days[chosen], observed[chosen])
        rows.append(SurvivalPoint(name, 0.0, int(chosen.sum()), 0, 0, 1.0, 0.0, 1.0, 1.0))
        rows += [
            SurvivalPoint(name, float(day), int(left), int(happened), int(lost), *map(float, rest))
            for day, left, happened, lost, *rest in zip(*curve, strict=True)
        ]
    return rows


def _log_log_interval(survival: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Interval of the survival from the standard error of its logarithm; [1, 1] before the first event, NaN at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):  # the scale has no value at 0 and 1
        reach = NORMAL_975 * error / np.log(survival)
        low, high = survival ** np.exp(-reach), survival ** np.exp(reach)
    whole, dead = survival == 1, survival == 0
    return np.where(whole, 1.0, np.where(dead, np.nan, low)), np.where(whole, 1.0, np.where(dead, np.nan, high))


def _first_below(days: Floats, curve: Floats, level: float) -> float:
    """First time at which a curve is at or below a level; the middle of its run where it equals the level."""
    below = np.flatnonzero(curve <= level + SAME)
    if not len(below):
        return math.nan
    first = int(below[0])
    if abs(curve[first] - level) > SAME:
        return float(days[first])
    lower = np.flatnonzero(curve < level - SAME)
    return float(days[first] + days[lower[0]]) / 2 if len(lower) else float(days[first])
