"""Survival of a synthetic cohort, given the true burden of its patients.

The hazards are proportional: a Weibull baseline times ``exp(log_hazard + treatment + frailty)``. Patients enter over
some years and leave at random; the cut-off date and the time scale are chosen so that the wanted share of patients has
an observed event and the Kaplan-Meier median is the wanted one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outcome", "draw_outcome", "true_log_hazard"]

LOG_HAZARD_PER_BURDEN, MEAN_BURDEN = 0.10, 8.3
"""True log hazard of one unit of burden, and the burden of log hazard 0.

Constants, not statistics of the cohort: the same patient has the same log hazard in every cohort.
"""

FRAILTY_SD = 0.35
"""Standard deviation of what no image shows, on the scale of the log hazard."""

WEIBULL_SHAPE = 1.8
"""Shape of the baseline hazard; above 1 it rises with time."""

TREATMENT_HAZARD_RATIO = 0.75
"""Hazard of treated over control patients."""

EVENT_SHARE = 186 / 258
"""Share of patients with an observed event, as in the paper."""

MEDIAN_MONTHS = 18.5
"""Kaplan-Meier median of the cohort, as in the paper: one year and 6.5 months."""

ACCRUAL_MONTHS, DROPOUT_PER_MONTH = 48.0, 0.0017
"""Time over which patients enter, and rate at which they are lost."""

LONGEST_MONTHS = 168.0
"""Latest cut-off that is tried, from the first patient's entry."""

DAYS_PER_MONTH = 365.25 / 12
"""Length of a month, days."""

ROUNDS, TOLERANCE = 40, 0.01
"""Rounds of calibration, and the relative error of the median that ends it."""


@dataclass(frozen=True)
class Outcome:
    """Follow-up of a cohort.

    Attributes:
        time: days from the scan to the event or the last contact, whole days from 1 up, [N].
        event: 1 event observed, 0 censored, [N].
    """

    time: NDArray[np.int64]
    event: NDArray[np.int64]


def true_log_hazard(burden: NDArray[np.float64]) -> NDArray[np.float64]:
    """True log hazard of each patient, no unit, higher means earlier event, [N]."""
    return LOG_HAZARD_PER_BURDEN * (burden - MEAN_BURDEN)


def draw_outcome(
    generator: np.random.Generator, log_hazard: NDArray[np.float64], treatment: NDArray[np.int64]
) -> Outcome:
    """Draw the follow-up of every patient.

    Args:
        generator: the only source of chance here; another one gives another outcome of the same patients.
        log_hazard: true log hazard, no unit, higher means earlier event, [N].
        treatment: 1 treated, 0 control, [N].
    """
    size = len(log_hazard)
    effect = np.log(TREATMENT_HAZARD_RATIO) * (treatment - 0.5)
    total = log_hazard + effect + generator.normal(0.0, FRAILTY_SD, size)
    unscaled = (generator.exponential(size=size) * np.exp(-total)) ** (1.0 / WEIBULL_SHAPE)
    entry = generator.uniform(0.0, ACCRUAL_MONTHS, size)
    dropout = generator.exponential(1.0 / DROPOUT_PER_MONTH, size)
    months, event = _calibrate(unscaled, entry, dropout)
    return Outcome(np.maximum(np.ceil(months * DAYS_PER_MONTH), 1).astype(np.int64), event.astype(np.int64))


def _calibrate(
    unscaled: NDArray[np.float64], entry: NDArray[np.float64], dropout: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Choose cut-off and time scale in turn; returns months of follow-up and event flags, [N]."""
    cutoffs = np.linspace(ACCRUAL_MONTHS, LONGEST_MONTHS, 2000)
    last_contact = np.minimum(dropout, cutoffs[:, None] - entry)  # [cutoffs, N]
    wanted = round(EVENT_SHARE * len(unscaled))
    factor = MEDIAN_MONTHS / np.median(unscaled)
    for _ in range(ROUNDS):
        latent = factor * unscaled
        events = (latent <= last_contact).sum(axis=1)
        censoring = last_contact[np.abs(events - wanted).argmin()]
        months, event = np.minimum(latent, censoring), latent <= censoring
        median = _median_survival(months, event)
        if abs(median / MEDIAN_MONTHS - 1.0) < TOLERANCE:
            break
        factor *= (MEDIAN_MONTHS / median) ** 0.7 if np.isfinite(median) else 0.8
    return months, event


def _median_survival(time: NDArray[np.float64], event: NDArray[np.bool_]) -> float:
    """Kaplan-Meier median of distinct times, in their unit; infinite when survival never falls to one half."""
    order = np.argsort(time)
    survival = np.cumprod(1.0 - event[order] / np.arange(len(time), 0, -1))
    below = np.flatnonzero(survival <= 0.5)
    return float(time[order][below[0]]) if len(below) else float("inf")
