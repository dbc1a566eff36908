"""The cohort table: one row a patient, with follow-up time, event flag and whatever else is known at baseline.

This is the border where a person's data enter. Everything downstream trusts the samples made here.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from prognos.config import keys
from prognos.data.permutation import permute_outcomes
from prognos.data.table import (
    MISSING,
    Faults,
    Table,
    bare_name,
    is_number_of_another_form,
    number,
    read_table,
)

__all__ = [
    "CohortError",
    "Subset",
    "TimeUnit",
    "bare_name",
    "matching_columns",
    "read_cohort",
    "read_patients",
    "unit_days",
]

Subset = Literal["all", "train", "validation", "test"]
TimeUnit = Literal["days", "weeks", "months", "years"]

DAYS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
"""Length of each unit of time in days; a year is Julian, a month a twelfth of it."""

TIME_COLUMN = "time"
"""Column of the table with the follow-up time, in the unit the caller names."""

EVENT_COLUMN = "event"
"""Column of the table with the event flag: 1 = event observed, 0 = censored."""

ALIASES: dict[str, tuple[str, ...]] = {
    keys.PATIENT: ("PatientID", "patient", "subject_id", "subject", "case_id"),
    TIME_COLUMN: ("Survival.time", "survival_days", "time_days", "duration", "OS.time", "OS_days", "OS"),
    EVENT_COLUMN: ("deadstatus.event", "event_observed", "dead", "death", "deceased", "OS.event", "OS.status"),
    keys.ENTRY: ("entry_time", "start", "delayed_entry"),
    keys.FOLD: ("folds", "part"),
}
"""Names under which other projects publish these columns; case, blanks, dots and underscores do not matter."""

RESERVED = (keys.LABEL, keys.PATIENT_INDEX)
"""Names that a sample uses itself, so a covariate cannot have them."""

LONGEST_YEARS = 100
"""A follow-up above this is a date, or in another unit: Excel counts days from 1900."""

_logger = logging.getLogger(__name__)


class CohortError(ValueError):
    """The cohort table breaks its contract; the message says where and how to mend it, and names no patient."""


def read_cohort(
    path: str | Path,
    *,
    fold: int | None = None,
    subset: Subset = "all",
    time_unit: TimeUnit = "days",
    permute_labels: int | None = None,
    late_entry: bool = False,
) -> list[dict[str, Any]]:
    """Read the patients of a cohort, or of one part of its cross-validation, as MONAI dictionary samples.

    With the values 0 to K - 1 in the column ``fold``, ``fold=k`` tests on part k, validates on part (k + 1) mod K and
    trains on the others.

    Args:
        path: CSV file, UTF-8, one row a patient, with at least the columns ``patient_id, time, event``. Optional:
            ``entry`` (time of the image after the time origin), ``fold``, ``image`` (path relative to the table),
            and any covariate. Known aliases of a column are accepted and reported in the log.
        fold: the part to test on; None when the whole table is wanted.
        subset: which patients to return; anything but ``"all"`` needs ``fold``.
        time_unit: unit of ``time`` and ``entry`` in the table. A month has 365.25 / 12 days.
        permute_labels: None, or the seed of :func:`prognos.data.permute_outcomes`, which deals the outcomes of the
            whole table to other patients before the subset is chosen.
        late_entry: whether entries above 0 are taken. They are refused otherwise, because only
            :class:`prognos.losses.CoxLoss` and :class:`prognos.estimators.CoxPH` account for them, and no stage of the
            bundles hands them over.

    Returns:
        One dictionary a patient: ``patient_id`` (str), ``patient_index`` (row in the whole table, from 0), ``label``
        (float64 [2]: days to the event or to the last contact, > 0; 1 = event observed, 0 = censored), ``entry``
        (days, float, only when the table has the column) and each other column: a number where all of its cells are
        numbers (missing = NaN), text otherwise.

    Raises:
        CohortError: when a column or a value is missing, impossible or there twice; when the table has no patient or
            no event, when an event is a competing one, when the image is later than the last contact or, without
            ``late_entry``, than the origin, or when the fold asked for does not exist. All faults of the table are
            reported together.
        FileNotFoundError: when ``path`` does not exist.
        ValueError: when ``subset`` or ``time_unit`` is unknown, or ``subset`` is given without ``fold``.
    """
    _check_arguments(fold, subset)
    unit = unit_days(time_unit)
    table = read_patients(Path(path), time_unit=time_unit, late_entry=late_entry)
    samples = _samples(table, unit)
    if permute_labels is not None:
        samples = permute_outcomes(samples, permute_labels)
    return samples if fold is None or subset == "all" else _choose(samples, table, fold, subset)


def read_patients(path: Path, *, without: str = "", time_unit: TimeUnit = "days", late_entry: bool = True) -> Table:
    """Read and judge the table, with its columns renamed to those of the contract, cells still text.

    Args:
        path: the cohort table.
        without: column to drop before it is judged, because the caller replaces it.
        time_unit: unit of ``time`` and ``entry``; the smallest one where the caller does not know it.
        late_entry: whether entries above 0 are taken.

    Raises:
        CohortError: as :func:`read_cohort`, fold and subset aside.
        FileNotFoundError: when ``path`` does not exist.
        ValueError: when ``time_unit`` is unknown.
    """
    faults, days = Faults(path, CohortError), unit_days(time_unit)
    known = {bare_name(name) for column, aliases in ALIASES.items() for name in (column, *aliases)}
    table = read_table(path, faults, known=known)
    _check_unit(table, time_unit, faults)
    table = _rename(table, faults)
    if without:
        rows = [{name: cell for name, cell in row.items() if name != without} for row in table.rows]
        table = Table(path, tuple(name for name in table.columns if name != without), rows, table.lines)
    _check_rows(table, days, faults)
    if keys.ENTRY in table.columns and not late_entry:
        _refuse_late_entry(table, faults)
    faults.raise_any()
    return table


def unit_days(time_unit: str) -> float:
    """Length of a unit of time in days.

    Raises:
        ValueError: when the unit is not one of :data:`DAYS`.
    """
    if time_unit not in DAYS:
        raise ValueError(f"time_unit is {time_unit!r}, expected one of {', '.join(DAYS)}.")
    return DAYS[time_unit]


def _check_arguments(fold: int | None, subset: str) -> None:
    """Refuse what no table could satisfy."""
    if subset not in ("all", "train", "validation", "test"):
        raise ValueError(f"subset is {subset!r}, expected 'all', 'train', 'validation' or 'test'.")
    if fold is None and subset != "all":
        raise ValueError(f"subset {subset!r} needs a fold: name the part of the cross-validation to test on.")


def _check_unit(table: Table, time_unit: str, faults: Faults) -> None:
    """Note a column of times whose name says days when the caller says another unit."""
    for column in table.columns:
        if bare_name(column) in ("survivaldays", "timedays", "osdays") and time_unit != "days":
            message = (
                f"the name says days, time_unit says {time_unit}. Rename the column to time, or give the other unit."
            )
            faults.add(message, line=1, column=column)


def _rename(table: Table, faults: Faults) -> Table:
    """Give every column its name of the contract, and note the columns that are missing or there twice."""
    names: dict[str, str] = {}
    for name, found in matching_columns(table.columns).items():
        if len(found) > 1:
            both = " and ".join(repr(column) for column in found)
            faults.add(f"{both} both mean {name}. Rename the right one to {name}, and the other.", line=1, column=name)
        if found:
            names[found[0]] = name
            if found[0] != name:
                _logger.warning("%s: column %r is read as %s.", table.path.name, found[0], name)
        elif name in (keys.PATIENT, TIME_COLUMN, EVENT_COLUMN):
            known = ", ".join(ALIASES[name])
            faults.add(f"is missing. Add it, or rename yours; known aliases: {known}.", line=1, column=name)
    columns = tuple(names.get(column, column) for column in table.columns)
    rows = [{names.get(column, column): cell for column, cell in row.items()} for row in table.rows]
    return Table(table.path, columns, rows, table.lines)


def matching_columns(columns: tuple[str, ...]) -> dict[str, list[str]]:
    """Columns of a file that can mean each column of the contract; none, one, or several in conflict."""
    return {name: _candidates(name, aliases, columns) for name, aliases in ALIASES.items()}


def _candidates(name: str, aliases: tuple[str, ...], columns: tuple[str, ...]) -> list[str]:
    """Columns of the file that can only mean ``name``; the exact name ends the search."""
    if name in columns:
        return [name]
    wanted = {bare_name(alias) for alias in (name, *aliases)}
    # Two conventions share "OS": the time beside "dead", and the event flag beside "OS.time".
    has_os_time = any(bare_name(column) in ("ostime", "osdays") for column in columns)
    if has_os_time and name == TIME_COLUMN:
        wanted.discard("os")
    if has_os_time and name == EVENT_COLUMN:
        wanted.add("os")
    return [column for column in columns if bare_name(column) in wanted]


def _check_rows(table: Table, days: float, faults: Faults) -> None:
    """Note every fault of every row, and of the table as a whole; ``days`` is the length of the unit of time."""
    if not table.rows:
        faults.add("the table has no patient. Add one row a patient.", line=1)
        return
    if keys.PATIENT in table.columns:
        _check_patients(table, faults)
    if TIME_COLUMN in table.columns:
        _check_times(table, days, faults)
    if EVENT_COLUMN in table.columns:
        _check_events(table, faults)
    if keys.ENTRY in table.columns:
        _check_entries(table, faults)
    if keys.FOLD in table.columns:
        _check_folds(table, faults)
    _check_covariates(table, faults)


def _check_patients(table: Table, faults: Faults) -> None:
    """Each row is another patient, with a name."""
    first: dict[str, tuple[int, str]] = {}
    for (line, patient), row in zip(table.cells(keys.PATIENT), table.rows, strict=True):
        if patient.lower() in MISSING:
            faults.add("is empty. Give each patient an identifier.", line=line, column=keys.PATIENT)
            continue
        if not patient.isprintable():
            faults.add("holds an invisible character or a line break. Type it again.", line=line, column=keys.PATIENT)
            continue
        fold = row.get(keys.FOLD, "")
        first_line, first_fold = first.setdefault(patient, (line, fold))
        if first_line == line:
            continue
        if first_fold != fold:
            message = (
                f"is the same patient as line {first_line}, in another fold, which makes the test result optimistic. "
                f"Keep one row a patient."
            )
        else:
            message = (
                f"is the same patient as line {first_line}. Keep one row a patient; several images or readers of a "
                f"patient belong in the annotation table."
            )
        faults.add(message, line=line, column=keys.PATIENT)


def _check_times(table: Table, days: float, faults: Faults) -> None:
    """Follow-up is a positive number, and shorter than a life."""
    expected = "expected the time from the origin to the event or to the last contact, a number above 0."
    for line, cell in table.cells(TIME_COLUMN):
        value = number(cell)
        if value is None:
            faults.add(f"is text; {expected} Write 12.5, without unit.", line=line, column=TIME_COLUMN)
        elif math.isnan(value):
            faults.add(f"is missing; {expected} Drop patients without follow-up.", line=line, column=TIME_COLUMN)
        elif math.isinf(value):
            faults.add(f"is infinite; {expected}", line=line, column=TIME_COLUMN)
        elif value == 0:
            faults.add(
                f"is 0; {expected} Drop patients without follow-up; where the event came on the day of origin, write "
                f"half a day.",
                line=line,
                column=TIME_COLUMN,
            )
        elif value < 0:
            faults.add(f"is negative; {expected} Check the dates it was made from.", line=line, column=TIME_COLUMN)
        elif value * days > LONGEST_YEARS * DAYS["years"]:
            message = f"is more than {LONGEST_YEARS} years; {expected} Check the unit, and that it is no date of Excel."
            faults.add(message, line=line, column=TIME_COLUMN)


def _check_events(table: Table, faults: Faults) -> None:
    """The flag is 0 or 1, and at least one patient has the event."""
    expected = "expected 1 (event observed) or 0 (censored)."
    values = []
    for line, cell in table.cells(EVENT_COLUMN):
        value = number(cell)
        values.append(value)
        if value is None:
            faults.add(f"is text; {expected} Replace the words by 1 and 0.", line=line, column=EVENT_COLUMN)
        elif math.isnan(value):
            message = f"is missing; {expected} Drop the patient if nobody knows; do not write 0."
            faults.add(message, line=line, column=EVENT_COLUMN)
        elif value == 2:
            faults.add(
                f"is 2; {expected} A second kind of event is a competing risk: a Cox model that censored it would "
                f"overstate the risk, so it is refused. Use an endpoint that counts both (1 for either), or, where "
                f"2 means 'dead' and 1 'alive', write 1 and 0.",
                line=line,
                column=EVENT_COLUMN,
            )
        elif value not in (0, 1):
            faults.add(f"is a number other than 0 and 1; {expected}", line=line, column=EVENT_COLUMN)
    if values and all(value == 0 for value in values):
        faults.add(
            "no patient has the event, so nothing can be learned or tested. Check that 1 marks the event, or wait for "
            "a longer follow-up.",
            line=1,
            column=EVENT_COLUMN,
        )


def _check_entries(table: Table, faults: Faults) -> None:
    """The image lies between the origin and the end of follow-up."""
    column = keys.ENTRY
    for (line, cell), row in zip(table.cells(column), table.rows, strict=True):
        entry, time = number(cell), number(row.get(TIME_COLUMN, ""))
        if entry is None or not math.isfinite(entry):
            message = "is not a number; expected the time from the origin to the image, 0 where they coincide."
            faults.add(message, line=line, column=column)
        elif entry < 0:
            message = "is negative: the image is older than the origin. Write 0, or choose the image as origin."
            faults.add(message, line=line, column=column)
        elif time is not None and 0 < time <= entry:
            faults.add(
                f"is not before {TIME_COLUMN}: an image made after the event or the last contact predicts nothing. "
                f"Use an earlier image, or drop the patient.",
                line=line,
                column=column,
            )


def _refuse_late_entry(table: Table, faults: Faults) -> None:
    """Note the patients who are at risk only from some time after the origin."""
    for line, cell in table.cells(keys.ENTRY):
        if (number(cell) or 0.0) > 0:
            faults.add(
                f"is above 0: the patient is followed from the image on (late entry), which no stage accounts for. "
                f"Count {TIME_COLUMN} from the image, that is, subtract {keys.ENTRY} from it, and drop the column.",
                line=line,
                column=keys.ENTRY,
            )


def _check_folds(table: Table, faults: Faults) -> None:
    """The parts are numbered 0 to K - 1 without a gap."""
    expected = "expected a whole number from 0. Let 'prognos split' write the column."
    parts = set()
    for line, cell in table.cells(keys.FOLD):
        value = number(cell)
        if value is None or not value.is_integer() or value < 0:
            faults.add(f"is not a number of a part; {expected}", line=line, column=keys.FOLD)
        else:
            parts.add(int(value))
    if parts and parts != set(range(len(parts))):
        found = ", ".join(str(part) for part in sorted(parts)[:12])
        message = f"the parts are {found}; expected 0 to {len(parts) - 1} without a gap. Number them again."
        faults.add(message, line=table.lines[0], column=keys.FOLD)


def _check_covariates(table: Table, faults: Faults) -> None:
    """No covariate has the name of a sample's own, a comma in its numbers, or a number that is none for a computer."""
    for column in table.columns:
        if column in RESERVED:
            faults.add("is a name that this software uses itself. Rename the column.", line=1, column=column)
        if column in (keys.PATIENT, TIME_COLUMN, EVENT_COLUMN, keys.ENTRY, keys.FOLD):
            continue
        cells = [(line, cell, number(cell)) for line, cell in table.cells(column)]
        others = [(line, cell) for line, cell, value in cells if value is None]
        if others and all(is_number_of_another_form(cell) for _, cell in others):
            for line, _ in others:
                message = "is a number with a comma. Write 12.5, and 1200 instead of 1,200."
                faults.add(message, line=line, column=column)
        elif not others:
            for line, _, value in cells:
                if value is not None and math.isinf(value):
                    faults.add("is too large a number.", line=line, column=column)
        elif len(others) < len(cells) / 2:
            message = "%s, column %s: is read as text, because %d of %d cells are no numbers."
            _logger.warning(message, table.path.name, column, len(others), len(cells))


def _samples(table: Table, days: float) -> list[dict[str, Any]]:
    """Turn checked rows into typed samples."""
    import torch  # here: judging a table shall not wait for it

    used = {keys.PATIENT, TIME_COLUMN, EVENT_COLUMN, keys.ENTRY}
    columns = {name: _typed(row[name] for row in table.rows) for name in table.columns if name not in used}
    samples: list[dict[str, Any]] = []
    for index, row in enumerate(table.rows):
        label = torch.tensor([float(row[TIME_COLUMN]) * days, float(row[EVENT_COLUMN])], dtype=torch.float64)
        sample: dict[str, Any] = {keys.PATIENT: row[keys.PATIENT], keys.PATIENT_INDEX: index, keys.LABEL: label}
        if keys.ENTRY in row:
            sample[keys.ENTRY] = float(row[keys.ENTRY]) * days
        sample.update({name: values[index] for name, values in columns.items()})
        if keys.FOLD in sample:
            sample[keys.FOLD] = int(sample[keys.FOLD])
        if sample.get(keys.IMAGE):
            sample[keys.IMAGE] = str(table.path.parent / row[keys.IMAGE])
        samples.append(sample)
    return samples


def _typed(cells: Iterable[str]) -> list[int] | list[float] | list[str]:
    """Values of a covariate: whole numbers, numbers (missing = NaN) or, where a cell is neither, text."""
    texts = list(cells)
    values = [number(text) for text in texts]
    if all(value is not None and math.isnan(value) for value in values) or None in values:
        return texts
    if all(re.fullmatch(r"[+-]?\d+", text) for text in texts):
        return [int(text) for text in texts]
    return [value for value in values if value is not None]


def _choose(samples: list[dict[str, Any]], table: Table, fold: int, subset: Subset) -> list[dict[str, Any]]:
    """Patients of one subset of one fold."""
    if keys.FOLD not in table.columns:
        raise CohortError(
            f"{table.path}, line 1, column {keys.FOLD}: is missing, but fold {fold} was asked for. "
            f"Write it with 'prognos split {table.path.name}'."
        )
    parts = 1 + max(sample[keys.FOLD] for sample in samples)
    if not 0 <= fold < parts:
        raise CohortError(f"{table.path}: fold {fold} was asked for; the column {keys.FOLD} has 0 to {parts - 1}.")
    special = {fold: "test", (fold + 1) % parts: "validation"}
    chosen = [sample for sample in samples if special.get(sample[keys.FOLD], "train") == subset]
    if not chosen:
        raise CohortError(
            f"{table.path}: the {subset} subset of fold {fold} is empty, because the column {keys.FOLD} has {parts} "
            f"part(s). One part tests, one validates and the others train: make at least 3 with 'prognos split'."
        )
    if subset == "train" and not any(sample[keys.LABEL][keys.EVENT] > 0 for sample in chosen):
        raise CohortError(
            f"{table.path}: no patient of the training subset of fold {fold} has the event, so nothing can be learned. "
            f"Split again with 'prognos split', which spreads the events evenly."
        )
    return chosen
