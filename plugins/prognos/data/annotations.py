"""The annotation table: one row for what one reader marked in one image of one patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prognos.config import keys
from prognos.config.parts import split_part
from prognos.data.table import MISSING, Faults, bare_name, names_a_file, read_table

__all__ = ["AnnotationError", "join_annotations", "read_annotations"]

BASELINE, FOLLOWUP = 0, 1

DEFAULT_READER = "reader"
"""Name of the reader where the table has no column ``reader``."""


class AnnotationError(ValueError):
    """The annotation table, or a file it names, breaks its contract; no patient is named."""


def read_annotations(path: str | Path) -> list[dict[str, Any]]:
    """Read which image and which masks belong to which patient.

    Args:
        path: CSV file, UTF-8, with the columns ``patient_id, image, mask`` and optionally ``organ_mask, reader,
            timepoint``. Paths are relative to the folder of the table; ``mask`` may name several files joined by ``;``.
            ``rt.dcm::1+3`` names segments of a DICOM file, ``folder::2`` the second CT series of a folder.
            ``timepoint`` is 0 (baseline, default) or 1 (follow-up); a follow-up row needs no image.

    Returns:
        One dictionary a row: ``patient_id``, ``image`` (str), ``mask`` (list of str), ``organ_mask`` (str or None),
        ``reader``, ``timepoint`` and ``where``, the place of the row for messages.

    Raises:
        AnnotationError: when a column or cell is missing, a file does not exist, a reader has two rows for the same
            patient and timepoint or a follow-up without a baseline, or a patient has several baseline images or organ
            maps. All faults are reported together.
        FileNotFoundError: when ``path`` does not exist.
    """
    path = Path(path)
    faults = Faults(path, AnnotationError)
    needed = (keys.PATIENT, keys.IMAGE, keys.MASK)
    table = read_table(path, faults, known={bare_name(column) for column in needed})
    for column in needed:
        if column not in table.columns:
            found = ", ".join(table.columns)
            faults.add(f"is missing; the columns are {found}. Add it, or rename yours.", line=1, column=column)
    faults.raise_any()
    if not table.rows:
        faults.add("the table has no annotation. Add one row for each reader of each image.", line=1)
    rows = [_parse(row, line, path, faults) for line, row in zip(table.lines, table.rows, strict=True)]
    _check_patients(rows, faults)
    faults.raise_any()
    return [{key: value for key, value in row.items() if key != "line"} for row in rows]


def join_annotations(
    cohort: Iterable[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give each patient of a cohort, or of a part of it, the image and the readers' annotations.

    Rows of patients outside the cohort are left out, because a cohort may be one subset of a fold.

    Args:
        cohort: samples of :func:`prognos.data.read_cohort`.
        annotations: rows of :func:`read_annotations`.

    Returns:
        One scan a patient, in the order of the cohort: the sample, ``image`` (str), ``organ_mask`` (str or None),
        ``where`` and ``annotations``, a list with one dictionary a reader: ``reader``, ``mask`` (list of str),
        ``followup_mask`` (the same, or None), ``where`` and ``followup_where``.

    Raises:
        AnnotationError: when a patient has no baseline annotation.
    """
    rows_of: dict[str, list[Mapping[str, Any]]] = {}
    for row in annotations:
        rows_of.setdefault(row[keys.PATIENT], []).append(row)
    scans, missing = [], []
    for number, sample in enumerate(cohort):
        rows = rows_of.get(sample[keys.PATIENT], [])
        if not any(row[keys.TIMEPOINT] == BASELINE for row in rows):
            missing.append(1 + int(sample.get(keys.PATIENT_INDEX, number)))
            continue
        scans.append(_scan(sample, rows))
    if missing:
        shown = ", ".join(map(str, missing[:20])) + (" ..." if len(missing) > 20 else "")
        raise AnnotationError(
            f"{len(missing)} patient(s) of the cohort table have no baseline row in the annotation table: patient "
            f"row(s) {shown}, counted from 1 below the header. Add their annotations or drop them from the cohort; a "
            f"patient without lesions needs an empty mask."
        )
    return scans


def _parse(row: Mapping[str, str], line: int, path: Path, faults: Faults) -> dict[str, Any]:
    """Turn one text row into a typed one; what is wrong with it alone is noted."""
    timepoint = row.get(keys.TIMEPOINT, "") or str(BASELINE)
    if timepoint not in ("0", "1"):
        faults.add("is neither 0 (baseline) nor 1 (follow-up).", line=line, column=keys.TIMEPOINT)
    if row[keys.PATIENT].lower() in MISSING:
        faults.add("is empty. Write the identifier of the cohort table.", line=line, column=keys.PATIENT)
    image = _paths(row, keys.IMAGE, line, path, faults, required=timepoint != "1", several=False)
    mask = _paths(row, keys.MASK, line, path, faults, required=True, several=True)
    organ_mask = _paths(row, keys.ORGAN_MASK, line, path, faults, required=False, several=False)
    return {
        keys.PATIENT: row[keys.PATIENT],
        keys.IMAGE: image[0] if image else "",
        keys.MASK: mask,
        keys.ORGAN_MASK: organ_mask[0] if organ_mask else None,
        keys.READER: row.get(keys.READER, "") or DEFAULT_READER,
        keys.TIMEPOINT: FOLLOWUP if timepoint == "1" else BASELINE,
        "where": f"{path.name}, line {line}",
        "line": line,
    }


def _paths(
    row: Mapping[str, str], column: str, line: int, path: Path, faults: Faults, *, required: bool, several: bool
) -> list[str]:
    """Files that a cell names. Faults do not quote them, because a path may hold the name of a patient."""
    cell = row.get(column, "")
    if cell.lower() in MISSING:
        if required:
            faults.add("is empty. Name a file, relative to the folder of the table.", line=line, column=column)
        return []
    names = [part.strip() for part in cell.split(";")] if several else [cell]
    files = [path.parent / name for name in names if name]
    absent = sum(not names_a_file(_without_part(file)) for file in files)
    if absent:
        what = "the file does" if len(files) == 1 else f"{absent} of {len(files)} files do"
        faults.add(f"{what} not exist. Paths are relative to the folder of the table.", line=line, column=column)
    return [str(file) for file in files]


def _without_part(file: Path) -> Path:
    """The file of which a cell names a part; the cell itself where its text is too odd for any file."""
    try:
        return split_part(file)[0]
    except (OSError, ValueError):
        return file


def _check_patients(rows: Sequence[dict[str, Any]], faults: Faults) -> None:
    """Note what is wrong between the rows of a patient."""
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    baseline_readers = {(row[keys.PATIENT], row[keys.READER]) for row in rows if row[keys.TIMEPOINT] == BASELINE}
    for row in rows:
        patient, line = row[keys.PATIENT], row["line"]
        same = first.setdefault((patient, row[keys.READER], row[keys.TIMEPOINT]), row)
        if same is not row:
            message = (
                f"has the same patient, reader and timepoint as line {same['line']}. Name the readers, or drop one."
            )
            faults.add(message, line=line, column=keys.READER)
        if row[keys.TIMEPOINT] == FOLLOWUP:
            if (patient, row[keys.READER]) not in baseline_readers:
                message = "is a follow-up of a reader without baseline annotation of this patient. Drop it or add that."
                faults.add(message, line=line, column=keys.TIMEPOINT)
            continue
        for column, what in ((keys.IMAGE, "baseline image"), (keys.ORGAN_MASK, "organ map")):
            if not row[column]:
                continue
            same = first.setdefault((patient, column), row)
            if same[column] != row[column]:
                message = f"is another {what} of the patient than on line {same['line']}. Keep one a patient."
                faults.add(message, line=line, column=column)


def _scan(sample: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sample of one patient with its image and annotations."""
    baseline = [row for row in rows if row[keys.TIMEPOINT] == BASELINE]
    followup = {row[keys.READER]: row for row in rows if row[keys.TIMEPOINT] == FOLLOWUP}
    annotations = [
        {
            keys.READER: row[keys.READER],
            keys.MASK: row[keys.MASK],
            "followup_mask": followup[row[keys.READER]][keys.MASK] if row[keys.READER] in followup else None,
            "where": row["where"],
            "followup_where": followup[row[keys.READER]]["where"] if row[keys.READER] in followup else "",
        }
        for row in baseline
    ]
    organ_masks = [row[keys.ORGAN_MASK] for row in baseline if row[keys.ORGAN_MASK]]
    return {
        **sample,
        keys.IMAGE: baseline[0][keys.IMAGE],
        keys.ORGAN_MASK: organ_masks[0] if organ_masks else None,
        "where": baseline[0]["where"],
        keys.ANNOTATIONS: annotations,
    }
