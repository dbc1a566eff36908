"""An empty clinical table to fill in, with the patients that a folder holds."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from prognos.config import keys
from prognos.data.cohort import EVENT_COLUMN, TIME_COLUMN

__all__ = ["write_template"]

COLUMNS = {
    keys.PATIENT: "the patient's identifier, as in the headers of the images or the names of the files",
    TIME_COLUMN: "days from the image to the event or the last contact",
    EVENT_COLUMN: "1 = the event was observed, 0 = it was not until then",
    "treatment": "what the parts of the cross-validation are balanced on; delete the column where nobody knows",
    keys.CANCER_TYPE: "type of cancer; delete the column where all have the same",
}
"""Columns of the template, and what they mean."""


def write_template(path: Path, patients: Iterable[str]) -> None:
    """Write the template, for its owner's eyes alone, and print what its columns mean.

    Args:
        path: CSV file to write.
        patients: identifiers, one row each.

    Raises:
        FileExistsError: when there is such a file, which may be filled in already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = sorted({patient for patient in patients if patient})
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8"
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([patient, *[""] * (len(COLUMNS) - 1)] for patient in rows)
    print(f"{path}: {len(rows)} patients to fill in. One row a patient; further columns are covariates.")
    for name, meaning in COLUMNS.items():
        print(f"  {name}: {meaning}")
