"""Kaplan-Meier curve of the censoring, for inverse probability weights.

n samples, m distinct times.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers

__all__ = ["CensoringCurve", "censoring_curve", "warn_undefined"]


class CensoringCurve(NamedTuple):
    """Probability G(t) that a sample is not yet censored at time t; a step function."""

    time: Floats
    """Distinct times, ascending, [m]."""

    probability: Floats
    """G just after each time, in [0, 1], [m]."""

    def before(self, time: Floats) -> Floats:
        """G(t-), just before each time."""
        return self._at(np.searchsorted(self.time, time, side="left"))

    def after(self, time: Floats) -> Floats:
        """G(t), just after each time."""
        return self._at(np.searchsorted(self.time, time, side="right"))

    def _at(self, steps: NDArray[np.intp]) -> Floats:
        """G after the first ``steps`` times."""
        return np.concatenate([[1.0], self.probability])[steps]


def censoring_curve(
    time: Floats, event: NDArray[np.bool_], weight: Floats, reference: tuple[Column, Column] | None = None
) -> CensoringCurve:
    """Estimate the curve; an event at the time of a censoring happens first.

    Args:
        time: follow-up time. Shape [n].
        event: True where the event was observed. Shape [n].
        weight: case weights, >= 0. Shape [n].
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
    times, index = np.unique(time, return_inverse=True)
    happened = np.bincount(index, np.where(event, weight, 0.0), minlength=len(times)).astype(np.float64)
    censored = np.bincount(index, np.where(event, 0.0, weight), minlength=len(times)).astype(np.float64)
    followed = np.cumsum((happened + censored)[::-1])[::-1] - happened
    factor = np.where(followed > 0, 1.0 - censored / np.where(followed > 0, followed, 1.0), 1.0)
    return CensoringCurve(times, np.cumprod(factor).astype(np.float64))


def warn_undefined(name: str, horizons: Floats, values: Floats) -> None:
    """Warn once when a number does not exist at some horizons."""
    missing = horizons[np.isnan(values)]
    if len(missing):
        warnings.warn(
            f"{name} undefined at {len(missing)} of {len(horizons)} horizons (first: {missing[0]:g}); returning NaN "
            f"there. Choose horizons after the first event and before the end of follow-up.",
            stacklevel=3,
        )
