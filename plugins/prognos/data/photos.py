"""The photo table: one row a photo of a patient, with the points of the face where somebody knows them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data.table import (
    MISSING,
    Faults,
    bare_name,
    names_a_file,
    number,
    read_table,
    read_text,
    split_cells,
)

__all__ = ["PhotoCounts", "PhotoTableError", "count_photos", "join_photos", "read_photos"]

POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""Names of the five points; each has a column ``_x`` and a column ``_y``."""

POINT_COLUMNS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
"""Columns of the five points, in the order of an array [5, 2]."""

_NOSE_COLUMNS = ("nose_x", "nose_y")
_USED_COLUMNS = tuple(column for column in POINT_COLUMNS if column not in _NOSE_COLUMNS)


class PhotoTableError(ValueError):
    """The photo table, or a file it names, breaks its contract; no patient is named."""


@dataclass(frozen=True)
class PhotoCounts:
    """How photos and patients meet; every number is a count.

    Args:
        photos: rows of the photo table.
        patients: different patients in it.
        patients_with_several_photos: of these.
        patients_with_several_dates: of these.
        flags: photos by the text in the column ``flag``.
        photos_without_patient: photos of patients whom the cohort table does not have; None without a cohort.
        patients_without_photo: patients of the cohort without a photo; None without a cohort.
    """

    photos: int
    patients: int
    patients_with_several_photos: int
    patients_with_several_dates: int
    flags: Mapping[str, int] = field(default_factory=dict)
    photos_without_patient: int | None = None
    patients_without_photo: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The counts for a JSON file."""
        return asdict(self)


def read_photos(path: str | Path, *, missing_files: Literal["fault", "keep"] = "fault") -> list[dict[str, Any]]:
    """Read which photos belong to which patient.

    Args:
        path: CSV file, UTF-8, with the columns ``patient_id, image``; optionally ``date`` (ISO), ``flag`` (any text,
            for instance ``mask``), ``aligned`` (1 = the file is a face that was aligned before), and either the five
            points as ``left_eye_x, left_eye_y, ...`` (the nose may be left out) or ``landmarks``, a CSV file of 68 rows
            ``x,y``. Points are in pixels of the upright photo; left is the viewer's. Paths are relative to the table.
        missing_files: whether a photo that does not exist is a fault of the table, or kept for the transform to name.

    Returns:
        One dictionary a photo, in the order of the table: ``patient_id``, ``image`` (path), ``photo``
        (``line 2``: what results call it, because a path may name the patient), ``photo_index`` (row, from 0),
        ``landmarks`` (float64 [5, 2] or [68, 2], or None), ``date`` (ISO text or ""), ``flag``,
        ``aligned`` (bool), ``line`` and ``where``, the place of the row for messages.

    Raises:
        PhotoTableError: when a column or cell is missing or impossible, a file does not exist, or two rows name the
            same photo. All faults are reported together.
        FileNotFoundError: when ``path`` does not exist.
    """
    path = Path(path)
    faults = Faults(path, PhotoTableError)
    table = read_table(path, faults, known={bare_name(keys.PATIENT), bare_name(keys.IMAGE)})
    points = [column for column in table.columns if column in POINT_COLUMNS]
    for column in (keys.PATIENT, keys.IMAGE, *(_USED_COLUMNS if points else ())):
        if column not in table.columns:
            found = ", ".join(table.columns)
            faults.add(f"is missing; the columns are {found}. Add it, or rename yours.", line=1, column=column)
    faults.raise_any()
    if not table.rows:
        faults.add("the table has no photo. Add one row a photo.", line=1)
    rows = [
        _parse(row, line, index, path, faults, missing_files)
        for index, (line, row) in enumerate(zip(table.lines, table.rows, strict=True))
    ]
    _check_files(rows, faults)
    faults.raise_any()
    return rows


def join_photos(
    cohort: Iterable[Mapping[str, Any]],
    photos: Sequence[Mapping[str, Any]],
    *,
    without_photo: Literal["error", "skip"] = "error",
) -> list[dict[str, Any]]:
    """Give each patient of a cohort, or of a part of it, the photos.

    Photos of patients outside the cohort are left out, because a cohort may be one subset of a fold.

    Args:
        cohort: samples of :func:`prognos.data.read_cohort`.
        photos: rows of :func:`read_photos`.
        without_photo: whether a patient without a photo is an error or left out.

    Returns:
        One sample a photo, the patients in the order of the cohort, their photos in that of the table: what the cohort
        knows, with ``image`` and all else of the photo's row.

    Raises:
        PhotoTableError: when a patient has no photo and ``without_photo`` is ``"error"``, or nobody has one.
    """
    rows_of: dict[str, list[Mapping[str, Any]]] = {}
    for row in photos:
        rows_of.setdefault(row[keys.PATIENT], []).append(row)
    samples, missing = [], []
    for position, patient in enumerate(cohort):
        rows = rows_of.get(patient[keys.PATIENT], [])
        if not rows:
            missing.append(1 + int(patient.get(keys.PATIENT_INDEX, position)))
        samples += [{**patient, **row} for row in rows]
    if missing and (without_photo == "error" or not samples):
        shown = ", ".join(map(str, missing[:20])) + (" ..." if len(missing) > 20 else "")
        raise PhotoTableError(
            f"{len(missing)} patient(s) of the cohort table have no row in the photo table: patient row(s) {shown}, "
            f"counted from 1 below the header. Add their photos or drop them from the cohort; 'prognos align' with "
            f"--cohort writes a cohort table without them."
        )
    return samples


def count_photos(photos: Sequence[Mapping[str, Any]], cohort: Iterable[Mapping[str, Any]] | None = None) -> PhotoCounts:
    """Count how photos and patients meet.

    Args:
        photos: rows of :func:`read_photos`.
        cohort: samples with ``patient_id``, where there is a cohort.
    """
    per_patient = Counter(row[keys.PATIENT] for row in photos)
    dates: dict[str, set[str]] = {}
    for row in photos:
        if row["date"]:
            dates.setdefault(row[keys.PATIENT], set()).add(row["date"])
    known = None if cohort is None else {sample[keys.PATIENT] for sample in cohort}
    return PhotoCounts(
        photos=len(photos),
        patients=len(per_patient),
        patients_with_several_photos=sum(count > 1 for count in per_patient.values()),
        patients_with_several_dates=sum(len(found) > 1 for found in dates.values()),
        flags=dict(sorted(Counter(row["flag"] for row in photos if row["flag"]).items())),
        photos_without_patient=None if known is None else sum(row[keys.PATIENT] not in known for row in photos),
        patients_without_photo=None if known is None else len(known - per_patient.keys()),
    )


def _parse(
    row: Mapping[str, str], line: int, index: int, path: Path, faults: Faults, missing_files: str
) -> dict[str, Any]:
    """Turn one text row into a typed one; what is wrong with it alone is noted."""
    if row[keys.PATIENT].lower() in MISSING:
        faults.add("is empty. Write the identifier of the cohort table.", line=line, column=keys.PATIENT)
    file = path.parent / row[keys.IMAGE]
    if row[keys.IMAGE].lower() in MISSING:
        faults.add("is empty. Name a file, relative to the folder of the table.", line=line, column=keys.IMAGE)
    elif missing_files == "fault" and not (names_a_file(file) and file.is_file()):
        message = "the file does not exist. Paths are relative to the folder of the table."
        faults.add(message, line=line, column=keys.IMAGE)
    day = "" if row.get("date", "").lower() in MISSING else row["date"]
    if day and not _is_date(day):
        faults.add("is not a date; expected year-month-day, such as 2024-03-31.", line=line, column="date")
    aligned = row.get("aligned", "").lower()
    if aligned not in {"0", "1", *MISSING}:
        faults.add("is neither 1 (an aligned face) nor 0 (a photo).", line=line, column="aligned")
    return {
        keys.PATIENT: row[keys.PATIENT],
        keys.IMAGE: str(file),
        "photo": f"line {line}",
        "photo_index": index,
        keys.LANDMARKS: _landmarks(row, line, path, faults),
        "date": day,
        "flag": "" if row.get("flag", "").lower() in MISSING else row["flag"],
        "aligned": aligned == "1",
        "line": line,
        "where": f"{path.name}, line {line}",
    }


def _is_date(text: str) -> bool:
    """Whether a cell is a calendar date of ISO 8601."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _landmarks(row: Mapping[str, str], line: int, path: Path, faults: Faults) -> NDArray[np.float64] | None:
    """Points of one row, from its columns or from the file it names."""
    file = row.get(keys.LANDMARKS, "")
    cells = [row.get(column, "") for column in POINT_COLUMNS]
    has_file, has_cells = file.lower() not in MISSING, any(cell.lower() not in MISSING for cell in cells)
    if has_file and has_cells:
        message = "names a file, but the row has five points as well. Keep one of them."
        faults.add(message, line=line, column=keys.LANDMARKS)
        return None
    if has_file:
        return _read_landmarks(path.parent / file, line, faults)
    if not has_cells:
        return None
    values = [number(cell) for cell in cells]
    for column, value in zip(POINT_COLUMNS, values, strict=True):
        if value is None or math.isinf(value):
            faults.add("is not a number of pixels.", line=line, column=column)
        elif math.isnan(value) and column in _USED_COLUMNS:
            faults.add("is empty, but other points are given. Give eyes and mouth, or none.", line=line, column=column)
    return np.array([math.nan if value is None else value for value in values]).reshape(5, 2)


def _read_landmarks(file: Path, line: int, faults: Faults) -> NDArray[np.float64] | None:
    """Points of a landmark file: rows ``x,y``, with or without a header of these names."""
    expected = "expected a CSV file with 68 rows of two numbers x,y"
    own = Faults(file, PhotoTableError)
    try:
        rows = split_cells(read_text(file, own), own)[1]
    except (OSError, ValueError):
        faults.add(f"the file cannot be read; {expected}.", line=line, column=keys.LANDMARKS)
        return None
    if rows and [cell.lower() for cell in rows[0]] == ["x", "y"]:
        rows = rows[1:]
    values = [[number(cell) for cell in cells] for cells in rows]
    if len(rows) != 68 or any(len(cells) != 2 for cells in rows):
        message = f"the file has {len(rows)} rows; {expected}."
        faults.add(message, line=line, column=keys.LANDMARKS)
        return None
    points = np.array([[math.nan if value is None else value for value in pair] for pair in values])
    if not np.isfinite(points).all():
        faults.add(f"the file has cells that are no numbers; {expected}.", line=line, column=keys.LANDMARKS)
        return None
    return points


def _check_files(rows: Sequence[Mapping[str, Any]], faults: Faults) -> None:
    """Note photos that are there twice: they would count twice, or for two patients."""
    first: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        same = first.setdefault(row[keys.IMAGE], row)
        if same is not row and not Path(row[keys.IMAGE]).is_dir():  # an empty cell is the folder of the table
            whose = "the same" if same[keys.PATIENT] == row[keys.PATIENT] else "another"
            message = f"is the same file as on line {same['line']}, of {whose} patient. Keep one of the rows."
            faults.add(message, line=row["line"], column=keys.IMAGE)
