"""The clinical table of a public collection, turned into rows of a cohort table: names, dates, units, vital status."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from prognos.config import keys
from prognos.data.cohort import EVENT_COLUMN, TIME_COLUMN, CohortError, unit_days
from prognos.data.collections import Collection, Dates, Endpoint
from prognos.data.table import MISSING, Faults, Table, bare_name, number, read_table

__all__ = ["CollectionTable", "read_collection_table"]

UNKNOWN = MISSING | {"not collected", "not recorded in database", "unknown", "-"}
"""Cells, in lower case, that stand for a value nobody knows."""


@dataclass(frozen=True)
class CollectionTable:
    """Outcomes and covariates of a collection.

    Args:
        columns: ``patient_id, time, event`` and the covariates that the table has.
        rows: one dictionary a patient whose outcome is known, cells as text, times in days.
        lines: line of the file of each row.
        left_out: lines of patients whose outcome is not known, by the reason.
        identifier: column that was read as the identifier.
        event: column that was read as the event.
    """

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    lines: list[int]
    left_out: dict[str, list[int]]
    identifier: str
    event: str


def read_collection_table(
    path: str | Path, collection: Collection, patients: Iterable[str], *, endpoint: str = ""
) -> CollectionTable:
    """Read the clinical table of a collection.

    Args:
        path: CSV file as the archive publishes it; a table in Excel must be saved as CSV in UTF-8 before. Names of
            columns are compared without case, blanks and separators.
        collection: whose table it is.
        patients: identifiers in the headers of the images, which choose the column of the identifier where there may
            be several.
        endpoint: what counts as the event; by default the collection's usual one.

    Raises:
        CohortError: when a column is missing, no identifier fits the images, or two rows are of the same patient.
        ValueError: when the collection has no such endpoint.
    """
    path, wanted = Path(path), _endpoint(collection, endpoint)
    faults = Faults(path, CohortError)
    known = {bare_name(name) for name in (*collection.identifiers, *collection.covariates, wanted.status)}
    table = read_table(path, faults, known=known)
    names = {bare_name(column): column for column in table.columns}
    times = wanted.time if isinstance(wanted.time, Dates) else None
    needed = [wanted.status, *((times.origin, times.event, times.last) if times else [str(wanted.time)])]
    for column in needed:
        if bare_name(column) not in names:
            found = ", ".join(table.columns)
            faults.add(
                f"is missing; the columns are {found}. Is it the table of {collection.title}?", line=1, column=column
            )
    faults.raise_any()
    identifier = _identifier(table, names, collection, set(patients), faults)
    covariates = {names[bare_name(old)]: new for old, new in collection.covariates.items() if bare_name(old) in names}
    result = CollectionTable(
        (keys.PATIENT, TIME_COLUMN, EVENT_COLUMN, *covariates.values()),
        [],
        [],
        {},
        identifier,
        names[bare_name(wanted.status)],
    )
    seen: dict[str, int] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        patient = row[identifier]
        if patient.lower() in UNKNOWN:
            result.left_out.setdefault("no identifier", []).append(line)
            continue
        if seen.setdefault(patient, line) != line:
            faults.add(f"is the same patient as line {seen[patient]}. Keep one row.", line=line, column=identifier)
            continue
        outcome = _outcome(row, names, wanted, collection.missing)
        if isinstance(outcome, str):
            result.left_out.setdefault(outcome, []).append(line)
            continue
        cells = {new: _known(row[old], collection.missing) for old, new in covariates.items()}
        days, event = outcome
        result.rows.append({keys.PATIENT: patient, TIME_COLUMN: f"{days:.10g}", EVENT_COLUMN: str(event), **cells})
        result.lines.append(line)
    faults.raise_any()
    return result


def _endpoint(collection: Collection, name: str) -> Endpoint:
    """The endpoint that is meant."""
    name = name or next(iter(collection.endpoints))
    if name not in collection.endpoints:
        raise ValueError(f"endpoint is {name!r}; {collection.title} has {', '.join(collection.endpoints)}.")
    return collection.endpoints[name]


def _identifier(
    table: Table, names: Mapping[str, str], collection: Collection, patients: set[str], faults: Faults
) -> str:
    """Column that names the patients as the headers of the images do: that with most of them, the first of equals."""
    columns = [names[bare_name(column)] for column in collection.identifiers if bare_name(column) in names]
    if not columns:
        faults.add(f"is missing; expected {' or '.join(collection.identifiers)}.", line=1, column=keys.PATIENT)
        faults.raise_any()
    fitting = {column: len(patients & {cell for _, cell in table.cells(column)}) for column in columns}
    best = max(columns, key=lambda column: fitting[column])
    if patients and not fitting[best]:
        faults.add(
            "holds none of the identifiers in the headers of the images. Is it the table of these images?",
            line=1,
            column=best,
        )
        faults.raise_any()
    return best


def _outcome(
    row: Mapping[str, str], names: Mapping[str, str], endpoint: Endpoint, missing: tuple[float, ...]
) -> tuple[float, int] | str:
    """Days to the event or to the last contact, and the event flag; else why nobody knows them."""
    status = _known(row[names[bare_name(endpoint.status)]], missing)
    value = number(status)
    word = status.lower() if value is None or math.isnan(value) else f"{value:g}"
    if word not in endpoint.words:
        return "no status" if not status else "a status that is neither event nor no event"
    event = endpoint.words[word]
    days: float | str
    if isinstance(endpoint.time, Dates):
        days = _days_between(row, names, endpoint.time, event)
    else:
        time = number(_known(row[names[bare_name(endpoint.time)]], missing))
        days = "a time that is no number" if time is None else time * unit_days(endpoint.unit)
    if isinstance(days, str):
        return days
    if math.isnan(days):
        return "no time"
    return (days, event) if days > 0 else "a time of 0 or less, which is no follow-up"


def _days_between(row: Mapping[str, str], names: Mapping[str, str], dates: Dates, event: int) -> float | str:
    """Days from the image to the event or the last contact; else why nobody knows them."""
    ends = [
        _date(row[names[bare_name(column)]], dates) for column in (dates.origin, dates.event if event else dates.last)
    ]
    for meaning, day in zip(("the image", "the event" if event else "the last contact"), ends, strict=True):
        if day is None:
            return f"no date of {meaning}"
        if isinstance(day, str):
            return f"a date of {meaning} that cannot be read"
    first, last = ends
    return float((last - first).days) if isinstance(first, date) and isinstance(last, date) else math.nan


def _date(cell: str, dates: Dates) -> date | str | None:
    """Day of a cell; None where it is missing, its text where it is no date."""
    if cell.lower() in UNKNOWN:
        return None
    for form in dates.formats:
        try:
            return datetime.strptime(cell, form).date()
        except ValueError:
            continue
    return cell


def _known(cell: str, missing: tuple[float, ...]) -> str:
    """A cell, empty where it stands for a value nobody knows."""
    value = number(cell)
    return "" if cell.lower() in UNKNOWN or value in missing else cell
