"""Decision curves: what it is worth to treat those whose predicted risk is above a threshold.

n samples, T horizons, R resamples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers, table
from prognos.metrics.resampling import percentile_interval, resample_patients
from prognos.metrics.step_curve import event_curve

__all__ = ["NetBenefitRow", "net_benefit"]

FEWEST_TREATED = 10
"""Patients at or above the last of the usual thresholds; fewer make a ragged curve."""


class NetBenefitRow(NamedTuple):
    """Net benefit at one threshold, in true positives per patient."""

    days: float
    """The horizon."""

    threshold: float
    """Risk from which on a patient is treated; it states what a needless treatment costs against a missed one."""

    model: float
    """Net benefit of treating whom the model puts at or above the threshold; NaN where their follow-up ends earlier."""

    low: float
    """Lower end of its 95 % interval, bootstrap percentiles over patients."""

    high: float
    """Upper end."""

    treat_all: float
    """Net benefit of treating everyone."""

    treat_none: float
    """Net benefit of treating nobody, 0."""

    share_treated: float
    """Share of the patients at or above the threshold."""


def net_benefit(
    survival: Column,
    time: Column,
    event: Column,
    *,
    horizons: Column,
    thresholds: Column | None = None,
    replicates: int = 0,
    seed: int = 0,
) -> list[NetBenefitRow]:
    """Decision curve at each horizon.

    Args:
        survival: predicted probability of no event up to each horizon, in [0, 1]. Shape [n, T].
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        horizons: days. Shape [T].
        thresholds: risks in (0, 1); by default 1 % to 99 % in steps of 1 %, as long as ten patients are treated.
        replicates: resamples of the patients; 0 for no interval.
        seed: of the resamples.

    Returns:
        One row a horizon and threshold. Higher is better; a model is of use where it is above both treating all and
        treating nobody.

    Raises:
        ValueError: when shapes differ, a number is not finite, or a threshold is outside (0, 1).

    Note:
        ``share * ((1 - S) - S * threshold / (1 - threshold))``: share of the patients with a risk at or above the
        threshold, S the Kaplan-Meier estimate among them. Values are those of the Python package dcurves and of R's
        ``survfit`` among the positives. Where every positive had the event before the horizon, S is 0; dcurves leaves
        that undefined.

    Source:
        Vickers, Cronin, Elkin and Gonen 2008, BMC Medical Informatics and Decision Making 8:53.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    horizon = numbers("horizons", horizons)
    risk = 1.0 - table("survival", survival, (len(days), len(horizon)))
    if ((risk < 0) | (risk > 1)).any():
        raise ValueError("survival has values outside [0, 1]; expected probabilities of no event, not log hazards.")
    limits = None if thresholds is None else numbers("thresholds", thresholds)
    if limits is not None and ((limits <= 0) | (limits >= 1)).any():
        raise ValueError("thresholds has values outside (0, 1); expected risks.")
    resamples = resample_patients(len(days), replicates=replicates, seed=seed)
    order = np.argsort(days, kind="stable")  # sorted once for all thresholds
    days, observed, risk = days[order], observed[order], risk[order]
    weight = np.vstack([np.ones((1, len(days))), resamples[:, order]])
    rows = []
    for place, day in enumerate(horizon.tolist()):
        everyone = np.ones(len(days), dtype=np.bool_)
        share_all, alive_all = _among(everyone, days, observed, weight[:1], day)
        for limit in (_usual(risk[:, place]) if limits is None else limits).tolist():
            odds = limit / (1.0 - limit)
            share, alive = _among(risk[:, place] >= limit, days, observed, weight, day)
            benefit = _benefit(share, alive, odds)
            low, high = percentile_interval(benefit[1:])
            of_all = float(_benefit(share_all, alive_all, odds)[0])
            rows.append(
                NetBenefitRow(day, limit, float(benefit[0]), float(low), float(high), of_all, 0.0, float(share[0]))
            )
    return rows


def _usual(risk: Floats) -> Floats:
    """Thresholds in steps of 1 %, as long as enough patients are at or above them."""
    steps = np.arange(1, 100) / 100.0
    enough = (risk[:, None] >= steps).sum(axis=0) >= FEWEST_TREATED
    return steps[: max(1, int(enough.sum()))]


def _among(
    positive: NDArray[np.bool_], days: Floats, observed: NDArray[np.bool_], weight: Floats, day: float
) -> tuple[Floats, Floats]:
    """Share of the positives, and their survival at the horizon (NaN where their follow-up ends earlier), [R] each."""
    chosen = weight[:, positive]
    share = np.asarray(chosen.sum(axis=1) / weight.sum(axis=1), dtype=np.float64)
    if not positive.any():
        return share, np.ones(len(weight))
    alive = event_curve(days[positive], observed[positive], chosen).after(np.array([day]))[:, 0]
    is_followed = (chosen * (days[positive] >= day)).any(axis=1)
    return share, np.where(is_followed | (alive == 0) | (share == 0), alive, np.nan)


def _benefit(share: Floats, alive: Floats, odds: float) -> Floats:
    """Net benefit, [R]."""
    return np.asarray(share * ((1.0 - alive) - alive * odds), dtype=np.float64)
