"""Partial likelihood of the Cox model and its gradient in closed form, in log space.

N samples, K distinct event times (counted per stratum), E events. A sample is at risk at a contiguous range of event
times, ``start`` to ``stop``; it adds its hazard to that range, and its gradient is a sum over that range::

    log hazard [N] --sum over the samples at risk--> log risk sum [K] --Efron--> log denominator [E] --> scalar
    gradient [N] <--sum over the event times at risk-- log rate [K] <-- weight / denominator [E]

Every sum has positive terms only, so nothing cancels: the events of a time are kept apart from the rest of its risk
set, and late entry shortens a range instead of subtracting the samples that have not entered yet.

Source:
    Cox 1972, Journal of the Royal Statistical Society B 34:187-220. Efron 1977, Journal of the American Statistical
    Association 72:557-565. Case weights with ties as in Therneau and Grambsch 2000, "Modeling Survival Data",
    section 3.3, and in R's ``survival::coxph``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

from prognos.losses.ranges import add_to_ranges, logsumexp_by_index, sum_over_ranges

__all__ = ["Cohort", "partial_likelihood"]


class Cohort(NamedTuple):
    """What is known about the samples of one call; every tensor is [N], on one device."""

    time: torch.Tensor
    """Follow-up time, float64."""

    event: torch.Tensor
    """True where the event was observed, bool."""

    weight: torch.Tensor | None
    """Case weight, > 0, float64; None = 1 each."""

    stratum: torch.Tensor | None
    """Stratum, int64; None = one stratum."""

    entry: torch.Tensor | None
    """Start of follow-up, < time, float64; None = before every event."""


def partial_likelihood(
    log_hazard: torch.Tensor, cohort: Cohort, ties: Literal["efron", "breslow"], *, with_gradient: bool
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Negative log partial likelihood and its gradient.

    Args:
        log_hazard: no unit, higher means earlier event. Shape [N], float64.
        cohort: the samples; at least one of them has an event.
        ties: how events at the same time share their risk set.
        with_gradient: whether the gradient is wanted.

    Returns:
        Scalar in nats, summed over the events with their weights, and its gradient [N] or None.
    """
    event = torch.nonzero(cohort.event).squeeze(1)
    start, stop, size = _event_times(cohort)
    key = stop[event] - 1  # [E]
    score = log_hazard if cohort.weight is None else log_hazard + cohort.weight.log()
    # The tied events are not in their own range: their part of the risk set shrinks under Efron's correction.
    stop = stop - cohort.event.long()
    log_rest = add_to_ranges(score, start, stop, size)  # [K]
    log_tied = logsumexp_by_index(score[event], key, size)  # [K]

    event_weight = torch.ones_like(score[event]) if cohort.weight is None else cohort.weight[event]
    term_key, log_share, term_weight = _terms(event_weight, key, size, ties)  # [E]
    log_denominator = torch.logaddexp(log_rest[term_key], log_tied[term_key] + log_share)  # [E]
    value = (term_weight * log_denominator).sum() - (event_weight * log_hazard[event]).sum()
    if not with_gradient:
        return value, None

    log_rate = term_weight.log() - log_denominator  # [E]
    others = logsumexp_by_index(log_rate, term_key, size)  # [K]
    tied = logsumexp_by_index(log_rate + log_share, term_key, size)  # [K]
    gradient = (score + sum_over_ranges(others, start, stop)).exp()
    gradient[event] += (score[event] + tied[key]).exp() - event_weight
    return value, gradient


def _event_times(cohort: Cohort) -> tuple[torch.Tensor | None, torch.Tensor, int]:
    """Number the distinct event times, stratum after stratum, and place every sample among them.

    Returns:
        The range ``start`` [N] (None = 0 for all) to ``stop`` [N] of event times at which a sample is at risk, its own
        included; K.
    """
    size = len(cohort.time)
    if cohort.stratum is None and cohort.entry is None:
        rank = _rank(cohort.time, cohort.event, None)
        return None, rank, int(rank.max())
    # Entries are ranked as further samples without event; without entry, a range begins with its stratum.
    entry = torch.full_like(cohort.time, -torch.inf) if cohort.entry is None else cohort.entry
    rank = _rank(
        torch.cat([cohort.time, entry]),
        torch.cat([cohort.event, torch.zeros_like(cohort.event)]),
        None if cohort.stratum is None else cohort.stratum.repeat(2),
    )
    return rank[size:], rank[:size], int(rank.max())


def _rank(time: torch.Tensor, event: torch.Tensor, stratum: torch.Tensor | None) -> torch.Tensor:
    """Number of distinct event times at or before each time [N], those of all earlier strata included."""
    time, order = time.sort()
    is_first = torch.ones_like(event)
    is_first[1:] = time[1:] != time[:-1]
    if stratum is not None:
        stratum, place = stratum[order].sort(stable=True)
        order, time = order[place], time[place]
        is_first[1:] = (time[1:] != time[:-1]) | (stratum[1:] != stratum[:-1])
    group = is_first.cumsum(0) - 1  # one group for each distinct time
    has_event = torch.zeros_like(group).index_add_(0, group, event[order].long()).clamp_(max=1)
    rank = torch.empty_like(group)
    rank[order] = has_event.cumsum(0)[group]
    return rank


def _terms(
    event_weight: torch.Tensor, key: torch.Tensor, size: int, ties: Literal["efron", "breslow"]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One term of the likelihood per event, in the order of the event times.

    Returns:
        Index of the event time [E], log share of the tied events that is still in the risk set [E], weight [E].
    """
    if size == len(key):  # no ties
        order = torch.arange(size, device=key.device)
        return order, torch.zeros_like(event_weight), torch.empty_like(event_weight).index_copy_(0, key, event_weight)
    count = torch.bincount(key, minlength=size)
    term_key = torch.repeat_interleave(count)
    total = event_weight.new_zeros(size).index_add_(0, key, event_weight)
    weight = (total / count)[term_key]
    if ties == "breslow":
        return term_key, torch.zeros_like(weight), weight
    first = torch.cumsum(count, 0) - count
    place = torch.arange(len(key), device=key.device) - first[term_key]
    return term_key, torch.log1p(-place / count[term_key].double()), weight
