"""One table of subgroups over several variables: sex, age band, type, centre.

n samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.data.groups import name_band
from prognos.metrics.arguments import Column
from prognos.metrics.cohort_summary import NOT_RECORDED
from prognos.metrics.subgroups import concordance_by_group

__all__ = ["SubgroupRow", "age_bands", "subgroup_table"]


class SubgroupRow(NamedTuple):
    """Concordance within one level of one variable."""

    variable: str
    """Name of the variable."""

    level: str
    """Its level; ``not recorded`` for the patients whose level nobody knows."""

    patients: int
    """Their number."""

    events: int
    """Observed events among them."""

    pairs: int
    """Comparable pairs that the index rests on."""

    concordance: float
    """Harrell's concordance index, in [0, 1]; NaN when there are too few pairs."""

    low: float
    """Lower end of its 95 % interval; NaN where there is none."""

    high: float
    """Upper end."""


def age_bands(age: Column, edges: Sequence[float] = (50.0, 60.0, 70.0)) -> NDArray[np.str_]:
    """Name of the band that each age lies in; a band holds its lower end.

    Args:
        age: years; NaN = not recorded. Shape [n].
        edges: ascending ends of the bands.

    Raises:
        ValueError: when the edges do not ascend.

    Example:
        >>> age_bands([49, 50, 71, float("nan")]).tolist()
        ['< 50', '50 to < 60', '>= 70', 'not recorded']
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise ValueError(f"edges are {list(edges)}, expected ascending numbers, such as 50, 65.")
    ages = np.asarray(age, dtype=np.float64).reshape(-1)
    return np.array([NOT_RECORDED if math.isnan(value) else name_band(value, edges) for value in ages.tolist()])


def subgroup_table(
    log_hazard: Column,
    time: Column,
    event: Column,
    variables: Mapping[str, Column],
    *,
    strata: Column | None = None,
    cluster: Column | None = None,
    fewest_pairs: int = 20,
) -> list[SubgroupRow]:
    """Concordance index in each level of each variable.

    Args:
        log_hazard: higher means earlier event. Shape [n].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        variables: name -> level of each sample [n], as text or numbers; None, NaN and empty text are "not recorded".
        strata: pairs across strata are not counted, such as folds. Shape [n].
        cluster: samples that are not independent. Shape [n].
        fewest_pairs: a level with fewer comparable pairs gets no index.

    Returns:
        Levels in their order, those not recorded last, of one variable after another.

    Raises:
        ValueError: as :func:`prognos.metrics.concordance_by_group`.
    """
    rows = []
    for variable, column in variables.items():
        levels = [_level(value) for value in np.asarray(column, dtype=object).reshape(-1).tolist()]
        groups, _ = concordance_by_group(
            log_hazard, time, event, levels, strata=strata, cluster=cluster, fewest_pairs=fewest_pairs
        )
        rows += [
            SubgroupRow(variable, row.name, row.patients, row.events, row.pairs, row.concordance, row.low, row.high)
            for row in sorted(groups, key=lambda row: _place(row.name))
        ]
    return rows


def _level(value: object) -> str:
    """Name of a level."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip():
        return NOT_RECORDED
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _place(level: str) -> tuple[int, str]:
    """Sorting key: the open lower band first, the open upper band and what is not recorded last."""
    return (3 if level == NOT_RECORDED else 0 if level.startswith("< ") else 2 if level.startswith(">= ") else 1), level
