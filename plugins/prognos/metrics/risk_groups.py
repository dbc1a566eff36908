"""Groups of predicted risk, cut where the training patients say, and what became of them.

n samples, G groups.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.metrics.arguments import Column, Floats, events, numbers
from prognos.metrics.log_rank import expected_events
from prognos.metrics.survival_curve import kaplan_meier

__all__ = ["CutRow", "RiskGroupRow", "assign_risk_groups", "describe_risk_groups", "risk_cuts", "risk_groups_by_fold"]

NAMES: dict[int, tuple[str, ...]] = {
    2: ("group 1 (lower risk)", "group 2 (higher risk)"),
    3: ("group 1 (low risk)", "group 2 (intermediate risk)", "group 3 (high risk)"),
}
"""Names of two and of three groups; more are numbered. Names sort by risk."""


class CutRow(NamedTuple):
    """Where one fold's patients are cut."""

    fold: str
    """The fold whose patients are grouped."""

    number: int
    """1 for the lowest cut."""

    log_hazard: float
    """Above it the next group begins."""


class RiskGroupRow(NamedTuple):
    """One group and its follow-up."""

    group: str
    """Name."""

    patients: int
    """Their number."""

    events: int
    """Observed events among them."""

    expected_events: float
    """Events the group would have if all groups had the same hazard (of the log-rank test, within strata)."""

    median: float
    """Median time to the event; NaN when not reached."""

    median_low: float
    """Lower end of its 95 % interval; NaN when not reached."""

    median_high: float
    """Upper end."""


def risk_cuts(training_log_hazard: Column, groups: int = 2) -> Floats:
    """Log hazards that cut the training patients into equally large groups.

    Args:
        training_log_hazard: of the patients that the model was fitted to, or better of their inner out-of-fold
            predictions; never of those who are to be grouped. Higher means earlier event. Shape [n].
        groups: how many.

    Returns:
        Ascending cuts. Shape [groups - 1].

    Raises:
        ValueError: when there are fewer than two groups, or fewer patients than groups.
    """
    values = numbers("training_log_hazard", training_log_hazard)
    if groups < 2 or len(values) < groups:
        raise ValueError(
            f"cannot cut {len(values)} training patients into {groups} groups; expected two or more groups and as many "
            f"patients."
        )
    return np.asarray(np.quantile(values, np.linspace(0, 1, groups + 1)[1:-1]), dtype=np.float64)


def assign_risk_groups(log_hazard: Column, cuts: Column) -> NDArray[np.str_]:
    """Name of each patient's group; a log hazard equal to a cut belongs to the group below it.

    Args:
        log_hazard: higher means earlier event. Shape [n].
        cuts: of :func:`risk_cuts`. Shape [G - 1].

    Example:
        >>> assign_risk_groups([-1.0, 0.2, 0.3], [0.2]).tolist()
        ['group 1 (lower risk)', 'group 1 (lower risk)', 'group 2 (higher risk)']
    """
    limits = numbers("cuts", cuts)
    names = NAMES.get(len(limits) + 1) or tuple(f"group {number + 1}" for number in range(len(limits) + 1))
    place = np.searchsorted(np.sort(limits), numbers("log_hazard", log_hazard), side="left")
    return np.asarray(names)[place]


def risk_groups_by_fold(
    log_hazard: Column, fold: Column | None, training: Mapping[str, Column], groups: int = 2
) -> tuple[NDArray[np.str_], list[CutRow]]:
    """Group the patients of each fold by the cuts of its own training patients.

    Args:
        log_hazard: out of fold, higher means earlier event. Shape [n].
        fold: of each patient; None = one. Shape [n].
        training: fold as text -> log hazards of its training patients; with ``fold`` None the only one is used.
        groups: how many.

    Returns:
        Name of each patient's group [n], and the cuts.

    Raises:
        ValueError: when the training patients of a fold are missing.
    """
    score = numbers("log_hazard", log_hazard)
    names = np.full(len(score), next(iter(training), "")) if fold is None else np.asarray(fold).astype(str).reshape(-1)
    absent = sorted(set(names.tolist()) - set(training))
    if absent:
        raise ValueError(
            f"the training patients of {len(absent)} folds are missing (first: {absent[0]!r}; there are "
            f"{', '.join(map(repr, training)) or 'none'}); cut-offs come from training patients alone."
        )
    member = np.empty(len(score), dtype=object)
    rows = []
    for name in sorted(set(names.tolist())):
        cuts = risk_cuts(training[name], groups)
        rows += [CutRow(name, number + 1, float(cut)) for number, cut in enumerate(cuts)]
        member[names == name] = assign_risk_groups(score[names == name], cuts)
    return member.astype(str), rows


def describe_risk_groups(
    time: Column, event: Column, group: Column, *, strata: Column | None = None
) -> list[RiskGroupRow]:
    """Counts, expected events and median time of each group.

    Args:
        time: follow-up time in days. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        group: name of each sample's group. Shape [n].
        strata: of the log-rank test's expected events. Shape [n].

    Returns:
        Rows in the order of the groups' names.

    Raises:
        ValueError: as :func:`prognos.metrics.log_rank_test`.
    """
    days = numbers("time", time)
    observed, member = events(event, len(days)), np.asarray(group).astype(str).reshape(-1)
    names, happened, expected = expected_events(days, observed, member, strata=strata)
    rows = []
    for name, count, mean in zip(names, happened, expected, strict=True):
        chosen = member == name
        median = kaplan_meier(days[chosen], observed[chosen]).quantile() if chosen.any() else (math.nan,) * 3
        rows.append(RiskGroupRow(name, int(chosen.sum()), int(count), float(mean), *median))
    return rows
