"""Product-limit curves: the share of a cohort to whom something has not happened yet, a step function of time.

n samples, m distinct times, R resamples of the cohort (case weights [R, n] give R curves at once).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Floats

__all__ = ["StepCurve", "event_curve", "product_limit", "totals_by_time"]


class StepCurve(NamedTuple):
    """Probability that it has not happened yet; constant between the times."""

    time: Floats
    """Distinct times, ascending, [m]."""

    probability: Floats
    """Just after each time, in [0, 1], [m] or [R, m]."""

    def before(self, time: Floats) -> Floats:
        """Just before each of T times, [T] or [R, T]."""
        return self._at(np.searchsorted(self.time, time, side="left"))

    def after(self, time: Floats) -> Floats:
        """Just after each of T times, [T] or [R, T]."""
        return self._at(np.searchsorted(self.time, time, side="right"))

    def _at(self, steps: NDArray[np.intp]) -> Floats:
        """After the first ``steps`` times."""
        start = np.ones((*self.probability.shape[:-1], 1))
        return np.asarray(np.concatenate([start, self.probability], axis=-1)[..., steps], dtype=np.float64)


def event_curve(time: Floats, event: NDArray[np.bool_], weight: Floats) -> StepCurve:
    """Kaplan-Meier curve of the survival; a censoring at the time of an event happens after it.

    Args:
        time: follow-up time. Shape [n].
        event: True where the event was observed. Shape [n].
        weight: case weights, >= 0. Shape [n] or [R, n].

    Returns:
        The curve, in the unit of ``time``.

    Source:
        Kaplan and Meier 1958, Journal of the American Statistical Association 53:457-481.
    """
    times, (happened, everyone) = totals_by_time(time, np.where(event, weight, 0.0), weight)
    followed = np.cumsum(everyone[..., ::-1], axis=-1)[..., ::-1]
    return StepCurve(times, product_limit(happened, followed))


def product_limit(happened: Floats, followed: Floats) -> Floats:
    """Product of the shares to whom it does not happen at each time, [..., m]; nothing happens where nobody is left."""
    share = np.divide(happened, followed, out=np.zeros_like(happened), where=followed > 0)
    return np.asarray(np.cumprod(1.0 - share, axis=-1), dtype=np.float64)


def totals_by_time(time: Floats, *weights: Floats) -> tuple[Floats, list[Floats]]:
    """Distinct times [m], and the sum of each of the weights [..., n] at them, [..., m] each."""
    if not len(time):
        return time, [np.zeros(weight.shape) for weight in weights]
    order = np.argsort(time, kind="stable")
    times, first = np.unique(time[order], return_index=True)
    return times, [np.add.reduceat(weight[..., order], first, axis=-1) for weight in weights]
