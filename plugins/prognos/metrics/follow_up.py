"""How long a cohort was followed, and at which horizons its follow-up can carry a statement.

n samples.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from prognos.metrics.arguments import Column, events, numbers
from prognos.metrics.censoring import censoring_curve
from prognos.metrics.survival_curve import kaplan_meier

__all__ = ["FollowUp", "HorizonRow", "choose_horizons", "describe_follow_up"]

USUAL_DAYS = (365.0, 730.0, 1095.0, 1826.0, 3652.0)
"""One, two, three, five and ten years."""


class FollowUp(NamedTuple):
    """Follow-up of a cohort by the reverse Kaplan-Meier curve; times in days, NaN when not reached."""

    median: float
    """Time by which half of the patients would have been censored, had nobody had the event."""

    low: float
    """Lower end of its 95 % interval."""

    high: float
    """Upper end."""

    lower_quartile: float
    """Time by which a quarter would have been censored."""

    upper_quartile: float
    """Time by which three quarters would have been censored."""

    longest: float
    """Longest follow-up of anybody."""

    patients: int
    """Their number."""

    events: int
    """Observed events among them."""


class HorizonRow(NamedTuple):
    """A horizon that was considered, and why it was kept or not."""

    days: float
    """The horizon."""

    at_risk: int
    """Patients followed beyond it."""

    events: int
    """Events up to it."""

    largest_weight: float
    """Largest weight that the correction for censoring gives to a patient there, 1 / G; infinite when G is 0."""

    kept: bool
    """Whether numbers are given at it."""

    reason: str
    """Why not; empty when kept."""


def describe_follow_up(time: Column, event: Column) -> FollowUp:
    """Describe the follow-up, with the roles of event and censoring exchanged.

    Args:
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].

    Returns:
        Quantiles with the interval of the median; equal to R's ``survfit(Surv(time, event == 0) ~ 1, conf.type =
        "log-log")``. Where events and censorings share a time, prodlim's ``reverse = TRUE`` lets the events leave
        first, ``survfit`` and we do not.

    Raises:
        ValueError: as :func:`prognos.metrics.kaplan_meier`.

    Source:
        Schemper and Smith 1996, Controlled Clinical Trials 17:343-346.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    curve = kaplan_meier(days, ~observed)
    quarters = curve.quantile(0.25)[0], curve.quantile(0.75)[0]
    return FollowUp(*curve.quantile(), *quarters, float(days.max()), len(days), int(observed.sum()))


def choose_horizons(
    time: Column,
    event: Column,
    *,
    candidates: Column | None = None,
    fewest_at_risk: int = 20,
    fewest_events: int = 10,
    largest_weight: float = 10.0,
    longest: float = math.inf,
) -> list[HorizonRow]:
    """Judge horizons by what the follow-up can carry, before any result is seen.

    Args:
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        candidates: horizons in days; by default one, two, three, five and ten years and, when none of them can be kept,
            the quartiles of the times of the events.
        fewest_at_risk: patients that must be followed beyond a horizon.
        fewest_events: events that must lie before it.
        largest_weight: largest weight that the correction for censoring may give to one patient.
        longest: nothing is predicted beyond; the shortest last follow-up among the training parts.

    Returns:
        One row a candidate, ascending, kept or with the reason why not.

    Raises:
        ValueError: when shapes differ, a number is not finite, or an event is neither 0 nor 1.

    Example:
        >>> rows = choose_horizons(range(1, 101), [1] * 100, candidates=[50, 90], fewest_at_risk=20)
        >>> [(row.days, row.kept, row.reason) for row in rows]
        [(50.0, True, ''), (90.0, False, 'patients followed longer: 10, expected 20 or more')]
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    curve = censoring_curve(days, observed, np.ones_like(days))

    def judge(day: float) -> HorizonRow:
        at_risk, happened = int((days > day).sum()), int((observed & (days <= day)).sum())
        left = float(curve.after(np.array([day]))[0])
        weight = 1.0 / left if left > 0 else math.inf
        faults = []
        if day > longest:
            faults.append(f"the model predicts no further than {longest:g} days")
        if at_risk < fewest_at_risk:
            faults.append(f"patients followed longer: {at_risk}, expected {fewest_at_risk} or more")
        if happened < fewest_events:
            faults.append(f"events before it: {happened}, expected {fewest_events} or more")
        if largest_weight < weight < math.inf:
            faults.append(f"a patient would weigh {weight:.1f}, expected at most {largest_weight:g}")
        return HorizonRow(float(day), at_risk, happened, weight, not faults, "; ".join(faults))

    given = USUAL_DAYS if candidates is None else np.unique(numbers("candidates", candidates)).tolist()
    rows = [judge(day) for day in given]
    if candidates is None and not any(row.kept for row in rows) and observed.any():
        quartiles = np.unique(np.quantile(days[observed], [0.25, 0.5, 0.75]).round())
        rows = sorted({*rows, *(judge(day) for day in quartiles.tolist())})
    return rows
