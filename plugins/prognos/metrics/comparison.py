"""Several models on the same patients: the index of each, and the paired difference of each to one of them.

n samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from prognos.metrics.arguments import Column, events, numbers
from prognos.metrics.concordance import (
    concordance_difference,
    concordance_index,
    concordance_interval,
)

__all__ = ["ComparedModel", "compare_models"]

NORMAL_975 = 1.959964
"""97.5 % quantile of the standard normal distribution."""


class ComparedModel(NamedTuple):
    """Index of one model, and its difference to the reference on the same samples."""

    model: str
    """Name of the model."""

    concordance: float
    """Harrell's concordance index, in [0, 1]."""

    low: float
    """Lower end of its 95 % interval."""

    high: float
    """Upper end."""

    difference: float
    """Index of this model minus that of the reference; NaN for the reference itself."""

    difference_low: float
    """Lower end of the 95 % interval of the difference."""

    difference_high: float
    """Upper end."""

    p_value: float
    """Two-sided normal test that the difference is 0."""

    patients: int
    """Samples that all models scored."""

    events: int
    """Observed events among them."""


def compare_models(
    log_hazards: Mapping[str, Column],
    time: Column,
    event: Column,
    *,
    reference: str,
    strata: Column | None = None,
    cluster: Column | None = None,
) -> list[ComparedModel]:
    """Concordance index of each model, and its paired difference to the reference.

    Args:
        log_hazards: model -> log hazards of the same samples in the same order, higher means earlier event, [n] each.
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        reference: the model the others are compared with.
        strata: pairs across strata are not counted; fold, cancer type, or both. Shape [n].
        cluster: samples that are not independent, such as one patient in several repetitions. Shape [n].

    Returns:
        One row a model, in the order given.

    Raises:
        ValueError: when the reference is not among the models, or as :func:`prognos.metrics.concordance_index`.

    Source:
        As :func:`prognos.metrics.concordance_difference`, whose standard error knows the pairing.
    """
    if reference not in log_hazards:
        raise ValueError(f"reference {reference!r} is not among the models: {', '.join(log_hazards)}.")
    days = numbers("time", time)
    counts = {"patients": len(days), "events": int(events(event, len(days)).sum())}
    rows = []
    for model, log_hazard in log_hazards.items():
        index, error = concordance_index(log_hazard, days, event, strata=strata, cluster=cluster)
        low, high = concordance_interval(index, error)
        change, spread = math.nan, math.nan
        if model != reference:
            base = log_hazards[reference]
            change, spread = concordance_difference(log_hazard, base, days, event, strata=strata, cluster=cluster)
        reach = NORMAL_975 * spread
        rows.append(
            ComparedModel(model, index, low, high, change, change - reach, change + reach, _p(change, spread), **counts)
        )
    return rows


def _p(change: float, spread: float) -> float:
    """Two-sided normal p value; NaN where there is no test, 1 where nothing differs."""
    if math.isnan(change):
        return math.nan
    if spread == 0:
        return 1.0 if change == 0 else math.nan
    return math.erfc(abs(change) / spread / math.sqrt(2))
