"""Plans an import of files that are paired by their names, see :func:`prognos.data.index_folder`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prognos.apps.importing.plan import LeftOut, Plan, PlannedMask, PlannedPatient
from prognos.config import keys
from prognos.config.parts import split_part
from prognos.data import index_folder

__all__ = ["plan_files"]

KINDS = {
    "images_without_mask": "images without a mask",
    "masks_without_image": "masks without an image",
    "followups_without_baseline": "follow-up masks of a reader without a baseline mask",
    "ambiguous": "files that fit two patients, or of which a patient has several",
    "ignored": "files that fit no pattern",
}
"""What a person must look at."""


def plan_files(folder: Path, patterns: Mapping[str, str]) -> Plan:
    """Decide what becomes of the images and masks of a folder.

    Args:
        folder: that is searched.
        patterns: arguments of :func:`prognos.data.index_folder`.

    Raises:
        ValueError: when a pattern cannot pair anything.
    """
    found = index_folder(folder, **patterns)
    rows: dict[str, list[dict[str, str]]] = {}
    for row in found.rows:
        rows.setdefault(row[keys.PATIENT], []).append(row)
    patients = tuple(_patient(folder, patient, mine) for patient, mine in rows.items())
    names = {meaning: tuple(getattr(found, kind)) for kind, meaning in KINDS.items() if getattr(found, kind)}
    left_out = tuple(LeftOut("", meaning) for meaning, paths in names.items() for _ in paths)
    return Plan(patients, left_out, f"{len(found.rows)} pairs of image and mask of {len(patients)} patients", names)


def _patient(folder: Path, patient: str, rows: list[dict[str, str]]) -> PlannedPatient:
    """One patient, paths as they can be opened."""
    baseline = next(row for row in rows if row[keys.TIMEPOINT] == "0")
    masks = tuple(
        PlannedMask(
            row[keys.READER],
            tuple(str(folder / path) for path in row[keys.MASK].split(";")),
            int(row[keys.TIMEPOINT]),
        )
        for row in rows
    )
    image = str(folder / baseline[keys.IMAGE])
    organs = str(folder / baseline[keys.ORGAN_MASK]) if baseline[keys.ORGAN_MASK] else ""
    slices = split_part(image)[0]
    sources = tuple(sorted(str(file) for file in slices.iterdir())) if slices.is_dir() else ()
    return PlannedPatient(patient, image, masks, organs, sources)
