"""What ``prognos check`` says of the tables of a cohort."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from prognos.config import keys
from prognos.data import join_annotations, read_annotations
from prognos.data.cohort import EVENT_COLUMN, TIME_COLUMN, TimeUnit, read_patients, unit_days
from prognos.data.table import Table

__all__ = ["check_tables"]

FEW_EVENTS = 10
"""Below this number of events in a part, its C-index says almost nothing."""


def check_tables(cohort: Path, annotations: Path | None, time_unit: TimeUnit) -> None:
    """Print what the tables of a cohort hold.

    Args:
        cohort: the cohort table.
        annotations: the annotation table, when there is one.
        time_unit: unit of the times in the cohort table.

    Raises:
        CohortError: when the cohort table has a fault; all are listed.
        AnnotationError: when the annotation table has one.
    """
    days = unit_days(time_unit)
    table = read_patients(cohort, time_unit=time_unit, late_entry=False)
    _show_cohort(table, days)
    if annotations:
        _show_annotations(annotations, table)
    print("Both tables can be used." if annotations else "The table can be used.")


def _show_cohort(table: Table, unit: float) -> None:
    """Print patients, events, times, parts and covariates; ``unit`` is the length of the unit of time in days."""
    rows, days = table.rows, [float(row[TIME_COLUMN]) * unit for row in table.rows]
    print(f"{table.path}: {len(rows)} patients, {_events(rows)} events ({_events(rows) / len(rows):.0%})")
    print(f"  time: median {statistics.median(days):.4g} days, from {min(days):.4g} to {max(days):.4g} days")
    known = {keys.PATIENT, TIME_COLUMN, EVENT_COLUMN, keys.ENTRY, keys.FOLD}
    print(f"  other columns: {', '.join(name for name in table.columns if name not in known) or 'none'}")
    if keys.FOLD not in table.columns:
        print(f"  no column {keys.FOLD}: write it with 'prognos split {table.path}' before training")
        return
    for fold in sorted({float(row[keys.FOLD]) for row in rows}):
        part = [row for row in rows if float(row[keys.FOLD]) == fold]
        few = "; too few for a useful C-index" if _events(part) < FEW_EVENTS else ""
        print(f"  fold {fold:.0f}: {len(part)} patients, {_events(part)} events{few}")


def _show_annotations(path: Path, table: Table) -> None:
    """Print how the annotations meet the cohort."""
    rows = read_annotations(path)
    scans = join_annotations(table.rows, rows)
    readers = Counter(annotation[keys.READER] for scan in scans for annotation in scan[keys.ANNOTATIONS])
    print(f"{path}: {readers.total()} annotations of {len(scans)} patients by {len(readers)} reader(s)")
    if unseen := sum(not scan.get(keys.ORGAN_MASK) for scan in scans):
        print(
            f"  {unseen} patient(s) without an organ map: whether left and right are exchanged between image and mask "
            f"is told by the borders of the lesions alone, which is not certain. Look at their pictures"
        )
    known = {row[keys.PATIENT] for row in table.rows}
    if others := sum(row[keys.PATIENT] not in known for row in rows):
        print(f"  {others} row(s) of patients whom the cohort table does not have: not used")


def _events(rows: Iterable[Mapping[str, str]]) -> int:
    """Number of patients with the event."""
    return sum(float(row[EVENT_COLUMN]) > 0 for row in rows)
