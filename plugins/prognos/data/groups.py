"""Subgroups of a cohort: cancer types as they are written, ages cut into bands."""

from __future__ import annotations

import bisect
import math
from collections.abc import Collection, Sequence
from pathlib import Path

from prognos.config import keys
from prognos.data.cohort import CohortError, read_patients
from prognos.data.table import MISSING, Faults, number

__all__ = ["name_band", "read_groups"]


def read_groups(
    path: str | Path, column: str, *, edges: Sequence[float] = (), known: Collection[str] = ()
) -> dict[str, str]:
    """Read the group of each patient.

    Args:
        path: the cohort table.
        column: that holds the groups, such as ``cancer_type`` or ``sex``, or the number that is cut into bands.
        edges: ascending ends of bands, for a column of numbers: ``(50, 65)`` gives ``< 50``, ``50 to < 65`` and
            ``>= 65``. None: cells are names.
        known: names that may occur; any when empty.

    Returns:
        Patient -> name of the group.

    Raises:
        CohortError: when the column is absent, a cell is empty, not a number where bands are asked for, or a name that
            is not among the known ones; every line is named, no patient is.
        ValueError: when the edges do not ascend.
        FileNotFoundError: when ``path`` does not exist.
    """
    if list(edges) != sorted(set(edges)):
        raise ValueError(f"edges are {list(edges)}, expected ascending numbers, such as 50, 65.")
    path = Path(path)
    table = read_patients(path)
    faults = Faults(path, CohortError)
    if column not in table.columns:
        faults.add(f"is missing; the columns are {', '.join(table.columns)}.", line=1, column=column)
        faults.raise_any()
    groups = {}
    for (line, cell), row in zip(table.cells(column), table.rows, strict=True):
        if fault := _fault(cell, edges, known):
            faults.add(fault, line=line, column=column)
        else:
            groups[row[keys.PATIENT]] = name_band(float(cell), edges) if edges else cell
    faults.raise_any()
    return groups


def name_band(value: float, edges: Sequence[float]) -> str:
    """Name of the band a number lies in; a band holds its lower end."""
    place = bisect.bisect_right(edges, value)
    if place == 0:
        return f"< {edges[0]:g}"
    return f">= {edges[-1]:g}" if place == len(edges) else f"{edges[place - 1]:g} to < {edges[place]:g}"


def _fault(cell: str, edges: Sequence[float], known: Collection[str]) -> str:
    """What is wrong with a cell; empty when nothing is."""
    if cell.lower() in MISSING:
        return (
            "is empty, so the patient belongs to no subgroup. Write the group, for instance 'other', or drop the row."
        )
    if edges:
        value = number(cell)
        return "is not a number, so it cannot be cut into bands." if value is None or not math.isfinite(value) else ""
    if known and cell not in known:
        return f"is not one of {', '.join(sorted(known))}. Correct the spelling, or add the name to those known."
    return ""
