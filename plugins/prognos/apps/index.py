"""``prognos index``: both tables of a cohort, from a folder of images and masks and a clinical table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fire.decorators import SetParseFn

from prognos.config import keys
from prognos.data import index_folder
from prognos.data.cohort import read_patients
from prognos.data.index import IMAGE_PATTERN, MASK_PATTERN, FolderIndex
from prognos.files import written_whole

__all__ = ["index"]

PAIRS_SHOWN = 5
"""Number of rows of the annotation table printed as an example."""

KINDS = {
    "images_without_mask": "images without a mask, left out",
    "masks_without_image": "masks without an image, left out",
    "ambiguous": "files that fit two patients, left out",
    "ignored": "files that fit no pattern",
    "patients_without_outcome": "patients with images whom the clinical table does not have, left out",
}
"""What a person must look at, besides the patients of the clinical table without images."""


# Without this, fire reads the pattern {patient} as a set and the folder 2024 as a number.
@SetParseFn(str, "folder", "clinical", "output", "image_pattern", "mask_pattern", "organ_pattern", "followup_pattern")
def index(
    folder: str,
    *,
    clinical: str,
    output: str | None = None,
    image_pattern: str = IMAGE_PATTERN,
    mask_pattern: str = MASK_PATTERN,
    organ_pattern: str = "",
    followup_pattern: str = "",
    overwrite: bool = False,
) -> None:
    """Write both tables from a folder of images and masks.

    Prints the pairs, every file that could not be paired and their numbers, so that nothing is guessed silently.

    Args:
        folder: the folder with the images and masks.
        clinical: table with at least patient, time and event, one row a patient.
        output: folder of the two tables, cohort.csv and annotations.csv; by default ``folder``.
        image_pattern: where the images are in the folder; ``{patient}`` stands for the identifier, ``*`` for anything.
        mask_pattern: where the masks are; ``{reader}`` stands for the reader where there are several.
        organ_pattern: where the organ label maps are, if any.
        followup_pattern: where the masks of the follow-up are, if any.
        overwrite: replace tables that exist.
    """
    source, target = Path(folder), Path(output or folder)
    files = target / "cohort.csv", target / "annotations.csv"
    if not overwrite and (present := [str(file) for file in files if file.exists()]):
        raise ValueError(f"{' and '.join(present)} would be replaced. Name another --output or add --overwrite.")
    table = read_patients(Path(clinical))
    known = [row[keys.PATIENT] for row in table.rows]
    found = index_folder(
        source,
        known,
        image_pattern=image_pattern,
        mask_pattern=mask_pattern,
        organ_pattern=organ_pattern,
        followup_pattern=followup_pattern,
    )
    annotations = [_moved(row, source, target) for row in found.rows if row[keys.PATIENT] in set(known)]
    paired = {row[keys.PATIENT] for row in annotations}
    _show(found, annotations, [line for line, patient in table.cells(keys.PATIENT) if patient not in paired])
    if not paired:
        raise ValueError(
            f"{source}: no patient has an outcome, an image and a mask, so nothing was written. Images were looked "
            f"for at {image_pattern!r} and masks at {mask_pattern!r}; name yours: --image_pattern, --mask_pattern."
        )
    cohort = [row for row in table.rows if row[keys.PATIENT] in paired]
    with written_whole(files[0]) as first, written_whole(files[1]) as second:
        _write(first, table.columns, cohort)
        _write(second, tuple(annotations[0]), annotations)
    print(f"{files[0]}: {len(cohort)} patients\n{files[1]}: {len(annotations)} annotations")
    print(f"Next: prognos check {files[0]} --annotations {files[1]}")


def _moved(row: Mapping[str, str], source: Path, target: Path) -> dict[str, str]:
    """Row of an annotation with its paths relative to the folder of the tables."""
    paths = {
        column: ";".join(Path(os.path.relpath(source / path, target)).as_posix() for path in row[column].split(";"))
        for column in (keys.IMAGE, keys.MASK, keys.ORGAN_MASK)
        if row[column]
    }
    return {**row, **paths}


def _show(found: FolderIndex, annotations: Sequence[Mapping[str, str]], absent: Sequence[int]) -> None:
    """Print the pairs and everything that has no partner."""
    print(f"{len(annotations)} pairs of image and mask" + (", for example" if annotations else ""))
    for row in annotations[:PAIRS_SHOWN]:
        print(f"  {row[keys.IMAGE] or '(follow-up)'}  <-  {row[keys.MASK]}  (reader {row[keys.READER]})")
    for name, meaning in KINDS.items():
        things = getattr(found, name)
        if things:
            print(f"{len(things)} {meaning}:")
            print("".join(f"  {thing}\n" for thing in things), end="")
    if absent:
        lines = ", ".join(str(line) for line in absent)
        print(f"{len(absent)} patients of the clinical table without image and mask, left out: lines {lines}")


def _write(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write one table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
