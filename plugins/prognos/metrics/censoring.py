"""Kaplan-Meier curve of the censoring, for inverse probability weights.

n samples, R resamples of them.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers
from prognos.metrics.step_curve import StepCurve, product_limit, totals_by_time

__all__ = ["censoring_curve", "warn_undefined"]


def censoring_curve(
    time: Floats, event: NDArray[np.bool_], weight: Floats, reference: tuple[Column, Column] | None = None
) -> StepCurve:
    """Probability G(t) that a sample is not yet censored at time t; an event at the time of a censoring happens first.

    Args:
        time: follow-up time. Shape [n].
        event: True where the event was observed. Shape [n].
        weight: case weights, >= 0. Shape [n], or [R, n] for R curves at once.
        reference: time and event of another cohort to estimate it in, each of weight 1.

    Returns:
        The curve, in the unit of ``time``.

    Raises:
        ValueError: when the columns of ``reference`` do not fit.

    Source:
        Kaplan and Meier 1958, Journal of the American Statistical Association 53:457-481, with the roles of event and
        censoring exchanged.
    """
    if reference is not None:
        time = numbers("reference time", reference[0])
        event, weight = events(reference[1], len(time)), np.ones_like(time)
    times, (happened, censored) = totals_by_time(time, np.where(event, weight, 0.0), np.where(event, 0.0, weight))
    followed = np.cumsum((happened + censored)[..., ::-1], axis=-1)[..., ::-1] - happened
    return StepCurve(times, product_limit(censored, followed))


def warn_undefined(name: str, horizons: Floats, values: Floats) -> None:
    """Warn once when a number does not exist at some horizons."""
    missing = horizons[np.isnan(values)]
    if len(missing):
        warnings.warn(
            f"{name} undefined at {len(missing)} of {len(horizons)} horizons (first: {missing[0]:g}); returning NaN "
            f"there. Choose horizons after the first event and before the end of follow-up.",
            stacklevel=3,
        )
