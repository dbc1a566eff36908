"""Who among the patients of a folder has an outcome, from a clinical table of any of the kinds that are understood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from prognos.config import keys
from prognos.data.cohort import EVENT_COLUMN, TIME_COLUMN, TimeUnit, read_patients, unit_days
from prognos.data.collection_table import read_collection_table
from prognos.data.collections import Collection

__all__ = ["Outcomes", "read_collection", "read_own_table"]

KNOWN = (keys.PATIENT, TIME_COLUMN, EVENT_COLUMN, keys.FOLD, "treatment", keys.CANCER_TYPE)
"""Columns that mean something to the package; others are covariates."""


@dataclass(frozen=True)
class Outcomes:
    """Rows of a cohort table, with the identifiers of the source.

    Args:
        columns: of the cohort table.
        rows: by identifier.
        lines: of the file, by identifier.
        notes: what a person must know of how the table was read, one line each.
    """

    columns: tuple[str, ...]
    rows: dict[str, dict[str, str]]
    lines: dict[str, int]
    notes: tuple[str, ...] = field(default=())


def read_own_table(path: Path, covariates: Iterable[str], *, time_unit: TimeUnit, keep_all: bool) -> Outcomes:
    """Read a table with the columns of a cohort table.

    Args:
        path: the table.
        covariates: columns that go over, besides those that the package knows.
        time_unit: of its times; those of the outcomes are in days.
        keep_all: whether all columns go over.

    Raises:
        CohortError: when a value is missing or impossible.
        ValueError: when a covariate is no column.
    """
    table = read_patients(path, time_unit=time_unit, late_entry=False)
    wanted = set(covariates)
    if unknown := sorted(wanted - set(table.columns)):
        raise ValueError(
            f"{path}: there is no column {', '.join(unknown)}; the columns are {', '.join(table.columns)}."
        )
    columns = tuple(name for name in table.columns if keep_all or name in KNOWN or name in wanted)
    dropped = [name for name in table.columns if name not in columns and name != keys.IMAGE]
    notes = [f"columns left out: {', '.join(dropped)}; --covariates names those that may go over"] if dropped else []
    rows, days = {}, unit_days(time_unit)
    for row in table.rows:
        cells = {name: row[name] for name in columns if name != keys.IMAGE}
        if days != 1:
            cells[TIME_COLUMN] = f"{float(cells[TIME_COLUMN]) * days:.10g}"
        rows[row[keys.PATIENT]] = cells
    lines = {row[keys.PATIENT]: line for line, row in zip(table.lines, table.rows, strict=True)}
    return Outcomes(tuple(name for name in columns if name != keys.IMAGE), rows, lines, tuple(notes))


def read_collection(path: Path, collection: Collection, patients: Iterable[str], endpoint: str) -> Outcomes:
    """Read the clinical table of a public collection.

    Args:
        path: the table.
        collection: whose.
        patients: identifiers in the headers of the images.
        endpoint: what counts as the event; empty for the usual one.

    Raises:
        CohortError: when it is not that table.
        ValueError: when the collection has no such endpoint.
    """
    table = read_collection_table(path, collection, patients, endpoint=endpoint)
    meant = collection.endpoints[endpoint or next(iter(collection.endpoints))]
    notes = [f"{table.identifier!r} is read as the patient, {table.event!r} as the event; days from {meant.origin}"]
    for reason, lines in table.left_out.items():
        notes.append(f"{len(lines)} rows with {reason}, left out: lines {', '.join(map(str, lines))}")
    rows = {row[keys.PATIENT]: row for row in table.rows}
    lines_of = {row[keys.PATIENT]: line for line, row in zip(table.lines, table.rows, strict=True)}
    return Outcomes(table.columns, rows, lines_of, tuple(notes))
