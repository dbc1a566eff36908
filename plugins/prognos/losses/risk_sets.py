"""Who is at risk when: sums over risk sets, of which information matrices and baseline hazards are made.

N samples, K distinct event times (counted per stratum), E events. A sample is at risk at a contiguous range of event
times, so a sum over a risk set is a difference of two cumulative sums. Each event is one term of the likelihood; under
Efron's correction the l-th of d tied events has lost l / d of the tied samples from its risk set.

The likelihood itself, and its gradient, come from :mod:`prognos.losses.partial_likelihood`.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["RiskSets", "Ties", "risk_sets"]

Ties = Literal["efron", "breslow"]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class RiskSets(NamedTuple):
    """Risk sets of one cohort."""

    first: Integers
    """First event time at which a sample is at risk, [N]."""

    stop: Integers
    """Event time after the last one at which a sample is at risk, its own included, [N]."""

    event: Integers
    """Rows with an event, in the order of the event times, [E]."""

    cell: Integers
    """Event time of each term, [E]."""

    share: Floats
    """Share of the tied events that has left the risk set of each term, [E]."""

    weight: Floats
    """Weight of each term, the mean of its tied events, [E]."""

    stratum: Integers
    """Stratum of each sample, from 0, [N]."""

    time: Floats
    """Each event time, [K]."""

    owner: Integers
    """Stratum of each event time, [K]."""

    def totals(self, values: Floats) -> Floats:
        """Sum of ``values`` [N, ...] over the risk set of each term, [E, ...]."""
        at_risk = _later(values, self.stop, len(self.time))
        if self.first.any():
            at_risk = at_risk - _later(values, self.first, len(self.time))
        total = at_risk[self.cell]
        if self.share.any():
            start = np.flatnonzero(np.diff(self.cell, prepend=-1))
            tied = np.add.reduceat(values[self.event], start, axis=0)
            total = total - self.share.reshape(-1, *[1] * (values.ndim - 1)) * tied[self.cell]
        return np.asarray(total, dtype=np.float64)

    def received(self, rate: Floats) -> Floats:
        """Sum of the ``rate`` [E] of all terms whose risk set holds a sample, [N]; the transpose of :meth:`totals`."""
        cumulative = np.concatenate([[0.0], np.bincount(self.cell, rate, minlength=len(self.time)).cumsum()])
        sums = cumulative[self.stop] - cumulative[self.first]
        if self.share.any():
            sums[self.event] -= np.bincount(self.cell, rate * self.share, minlength=len(self.time))[self.cell]
        return np.asarray(sums, dtype=np.float64)


def risk_sets(
    label: Floats,
    ties: Ties,
    *,
    weight: Floats | None = None,
    stratum: Integers | None = None,
    entry: Floats | None = None,
) -> RiskSets:
    """Sort a cohort into its risk sets.

    Args:
        label: time and event, [N, 2].
        ties: how events at the same time share their risk set.
        weight: case weights, > 0, [N].
        stratum: numbered from 0, [N].
        entry: start of follow-up, before the time, [N].
    """
    time, is_event = label[:, 0], label[:, 1] == 1
    stratum = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    first, stop = np.zeros(len(label), dtype=np.int64), np.zeros(len(label), dtype=np.int64)
    times: list[Floats] = []
    owners: list[Integers] = []
    before = 0
    for code in range(int(stratum.max(initial=0)) + 1):
        rows = stratum == code
        distinct = np.unique(time[rows & is_event])
        stop[rows] = before + np.searchsorted(distinct, time[rows], side="right")
        first[rows] = before if entry is None else before + np.searchsorted(distinct, entry[rows], side="right")
        times.append(distinct)
        owners.append(np.full(len(distinct), code, dtype=np.int64))
        before += len(distinct)
    event = np.flatnonzero(is_event)
    event = event[np.argsort(stop[event], kind="stable")]
    cell = stop[event] - 1
    count = np.bincount(cell, minlength=before)
    place = np.arange(len(event)) - (np.cumsum(count) - count)[cell]
    case = np.ones(len(event)) if weight is None else weight[event]
    return RiskSets(
        first=first,
        stop=stop,
        event=event,
        cell=cell,
        share=place / count[cell] if ties == "efron" else np.zeros(len(event)),
        weight=(np.bincount(cell, case, minlength=before) / np.maximum(count, 1))[cell],
        stratum=stratum,
        time=np.concatenate(times),
        owner=np.concatenate(owners),
    )


def _later(values: Floats, place: Integers, size: int) -> Any:
    """Sum of the values whose place is after each of ``size`` event times, [K, ...]."""
    order = np.argsort(place, kind="stable")
    sums = np.concatenate([values[order][::-1].cumsum(axis=0)[::-1], np.zeros((1, *values.shape[1:]))])
    return sums[np.searchsorted(place[order], np.arange(size), side="right")]
