"""Who the patients are: table one, and what is missing.

n patients.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from prognos.data.table import MISSING
from prognos.metrics.arguments import Column, events

__all__ = ["NOT_RECORDED", "MissingRow", "TableOneRow", "arrange_table_one", "missingness", "table_one"]

ALL = "all"
"""Name of the column with everyone."""

QUARTILES = "median [quartiles]"
"""Level of a variable of numbers."""

NOT_RECORDED = "not recorded"
"""Level of the patients whose value nobody knows."""

MOST_LEVELS = 20
"""Levels that a variable of names may have; identifiers have more."""


class TableOneRow(NamedTuple):
    """One variable, or one level of it, in one group."""

    variable: str
    """Name of the column."""

    level: str
    """Level of a variable of names; ``median [quartiles]`` for one of numbers."""

    group: str
    """Group of patients, or ``all``."""

    patients: int
    """Patients of the group whose value is known."""

    missing: int
    """Patients of the group whose value is not."""

    with_level: int
    """Patients with this level; for numbers those known."""

    share: float
    """Of those known, in [0, 1]."""

    median: float
    """Of numbers; NaN for names."""

    lower_quartile: float
    """Of numbers."""

    upper_quartile: float
    """Of numbers."""

    @property
    def text(self) -> str:
        """As a table prints it: ``61 [54, 68]`` or ``12 (40 %)``."""
        if self.level != QUARTILES:
            return f"{self.with_level} ({self.share:.0%})".replace("%", " %") if self.patients else "0"
        if not self.patients:
            return "\N{EN DASH}"
        return f"{self.median:.3g} [{self.lower_quartile:.3g}, {self.upper_quartile:.3g}]"


class MissingRow(NamedTuple):
    """How much of one variable is missing."""

    variable: str
    """Name of the column."""

    patients: int
    """Their number."""

    missing: int
    """Patients whose value nobody knows."""

    share: float
    """Of all, in [0, 1]."""

    share_with_event: float
    """Of those with an event; a difference to the next means that values are not missing at random."""

    share_without_event: float
    """Of those censored."""


def table_one(columns: Mapping[str, Column], group: Column | None = None) -> list[TableOneRow]:
    """Describe each variable over all patients and in each group.

    Args:
        columns: name -> values [n]: numbers, or names. None, NaN and the usual words for nothing are missing. Numbers
            of two values or fewer, such as 0 and 1, are counted like names.
        group: name of each patient's group, such as the centre or the outcome. Shape [n].

    Returns:
        Rows of one variable after another; quartiles by linear interpolation (R's type 7).

    Raises:
        ValueError: when columns differ in length, or a variable of names has more than 20 levels.

    Example:
        >>> rows = table_one({"age": [50, 60, 70, None], "sex": ["f", "m", "f", "f"]})
        >>> [(row.variable, row.level, row.text, row.missing) for row in rows]
        [('age', 'median [quartiles]', '60 [55, 65]', 1), ('sex', 'f', '3 (75 %)', 0), ('sex', 'm', '1 (25 %)', 0)]
    """
    sizes = {name: len(column) for name, column in columns.items()}
    size = next(iter(sizes.values()), 0)
    members = np.full(size, ALL) if group is None else np.asarray(group).astype(str).reshape(-1)
    if any(other != size for other in sizes.values()) or len(members) != size:
        raise ValueError(f"the columns have {sorted({*sizes.values(), len(members)})} values; expected as many in all.")
    groups = {ALL: np.ones(size, np.bool_)} | (
        {} if group is None else {name: members == name for name in sorted(set(members.tolist()))}
    )
    rows = []
    for name, column in columns.items():
        cells = [None if _is_missing(value) else value for value in _plain(column)]
        for label, chosen in groups.items():
            rows += _describe(name, cells, label, np.flatnonzero(chosen).tolist())
    return rows


def arrange_table_one(rows: Sequence[TableOneRow]) -> tuple[list[str], list[list[str]]]:
    """Header and lines of the printed table: one line a level, one column a group, one for what is missing of all."""
    groups = list(dict.fromkeys(row.group for row in rows))
    cells = {(row.variable, row.level, row.group): row for row in rows}
    lines = []
    for variable, level in dict.fromkeys((row.variable, row.level) for row in rows):
        texts = [cells[variable, level, group].text for group in groups]
        lines.append([variable, level, *texts, str(cells[variable, level, groups[0]].missing)])
    return ["variable", "level", *groups, "missing"], lines


def missingness(columns: Mapping[str, Column], event: Column) -> list[MissingRow]:
    """Count what is missing, of those with and without an event.

    Args:
        columns: as in :func:`table_one`.
        event: 1 = event observed, 0 = censored. Shape [n].

    Returns:
        One row a variable.

    Raises:
        ValueError: when columns differ in length, or an event is neither 0 nor 1.
    """
    rows = []
    for name, column in columns.items():
        absent = np.array([_is_missing(value) for value in _plain(column)], dtype=np.bool_)
        observed = events(event, len(absent))
        shares = [float(absent[part].mean()) if part.any() else math.nan for part in (observed, ~observed)]
        rows.append(MissingRow(name, len(absent), int(absent.sum()), float(absent.mean()), *shares))
    return rows


def _describe(name: str, cells: list[Any], group: str, members: list[int]) -> list[TableOneRow]:
    """Rows of one variable in one group."""
    known = [cells[place] for place in members if cells[place] is not None]
    missing, nothing = len(members) - len(known), (math.nan, math.nan, math.nan)
    if _is_numeric(cells):
        values = np.quantile(np.array(known, np.float64), [0.5, 0.25, 0.75]).tolist() if known else nothing
        return [TableOneRow(name, QUARTILES, group, len(known), missing, len(known), 1.0, *values)]
    levels = sorted({_name(cell) for cell in cells if cell is not None})
    if len(levels) > MOST_LEVELS:
        raise ValueError(
            f"{name!r} has {len(levels)} different names, expected at most {MOST_LEVELS}; leave out identifiers and "
            f"paths."
        )
    found = Counter(_name(cell) for cell in known)
    return [
        TableOneRow(name, level, group, len(known), missing, found[level], found[level] / max(len(known), 1), *nothing)
        for level in levels
    ]


def _plain(column: Column) -> list[Any]:
    """Values as Python objects."""
    return list(column.tolist() if hasattr(column, "tolist") else column)


def _is_missing(value: Any) -> bool:
    """Whether nobody knows the value."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return isinstance(value, float) and math.isnan(value)


def _is_numeric(cells: list[Any]) -> bool:
    """Whether the known values are numbers, of more than two values."""
    known = [cell for cell in cells if cell is not None]
    return all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known) and len(set(known)) > 2


def _name(cell: Any) -> str:
    """A level as text."""
    return f"{cell:g}" if isinstance(cell, float) else str(cell).strip()
