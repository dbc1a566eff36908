"""``prognos align``: the faces of a cohort's photos, cut out and turned alike, with a count of what became of each."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fire.decorators import SetParseFn
from PIL import Image
from tqdm import tqdm

from prognos.config import keys
from prognos.config.outcomes import PhotoOutcome
from prognos.data import CohortError, count_photos, read_origin, read_photos
from prognos.data.cohort import matching_columns, read_patients
from prognos.data.photos import POINT_COLUMNS, PhotoTableError
from prognos.data.table import Faults, read_table
from prognos.files import written_whole
from prognos.transforms import AlignFaced, CascadeDetector, FaceDetector, Portrait, YuNetDetector
from prognos.visualize import FaceTile, write_contact_sheet
from prognos.visualize.contact_sheet import NOTICE, TILE

__all__ = ["align"]

Row = Mapping[str, Any]

DRAWN = "Drawn faces: nobody is behind them."
"""Notice of the contact sheet of a synthetic cohort."""

LINES_SHOWN = 20
"""Lines of the photo table that are printed for each outcome; the others are in outcomes.csv."""


# Without this, fire reads the folder 2024 as a number.
@SetParseFn(str, "photos", "output_dir", "cohort", "detector", "model_file", "several", "refuse")
def align(
    photos: str,
    *,
    output_dir: str,
    size: int = 256,
    cohort: str | None = None,
    detector: Literal["none", "cascade", "yunet"] = "none",
    model_file: str | None = None,
    several: Literal["refuse", "largest"] = "refuse",
    refuse: str | None = None,
    contact_sheet: bool = True,
    overwrite: bool = False,
) -> None:
    """Cut out the face of every photo of a cohort and turn all of them alike.

    Writes the aligned faces, the table photos.csv of those that can be used, outcomes.csv with a line for every photo,
    counts as report.json and, for a look at all of them, contact_sheet.html. Everything in the folder but the counts
    identifies patients.

    Args:
        photos: the photo table.
        output_dir: folder to write.
        size: side of an aligned face, pixels; that of the generator it is meant for.
        cohort: the cohort table; counts who has no photo, and writes a table of the patients who have one.
        detector: who finds the points of a face where the table has none: nobody, ``cascade`` (needs no file, points
            only approximate) or ``yunet`` (needs ``model_file``).
        model_file: ONNX file of YuNet.
        several: what to do with a photo in which the detector finds several faces: ``refuse`` it, or take the
            ``largest``.
        refuse: warnings that make a photo unusable, separated by commas: ``cut_off``, ``blurred``, ``grey``.
        contact_sheet: whether the sheet with all faces is written.
        overwrite: replace what an earlier call wrote into the folder.
    """
    source, folder = Path(photos), Path(output_dir)
    _guard(source, folder, overwrite)
    transform = AlignFaced(
        size, detector=_detector(detector, model_file), several=several, refuse=refuse.split(",") if refuse else ()
    )
    rows = read_photos(source, missing_files="keep")
    patients = read_patients(Path(cohort)).rows if cohort else None
    is_drawn = read_origin(source.parent) == "synthetic"
    for old in (folder / "faces").glob("*.png"):
        old.unlink()
    portraits, tiles = _align_all(rows, transform, folder)
    used = [(row, portrait) for row, portrait in zip(rows, portraits, strict=True) if portrait.is_usable]
    _write_outcomes(folder / "outcomes.csv", rows, portraits)
    if contact_sheet:
        write_contact_sheet(folder / "contact_sheet.html", tiles, notice=DRAWN if is_drawn else NOTICE)
    counts = count_photos(rows, patients).to_dict()
    counts["outcomes"] = dict(Counter(portrait.outcome.value for portrait in portraits).most_common())
    counts["used"] = len(used)
    counts["approximate_landmarks"] = sum(portrait.is_approximate for _, portrait in used)
    with_photo = {row[keys.PATIENT] for row, _ in used}
    if patients is not None:
        counts["patients_without_usable_photo"] = sum(row[keys.PATIENT] not in with_photo for row in patients)
    with written_whole(folder / "report.json") as temporary:
        text = json.dumps({"counts": counts, "settings": transform.settings}, indent=4)
        temporary.write_text(text + "\n", encoding="utf-8")
    _show(source, rows, portraits, counts)
    if not used:
        raise PhotoTableError(f"{source}: no photo can be used; {folder / 'outcomes.csv'} says why of each.")
    _write_photos(folder / "photos.csv", used)
    if cohort:
        _write_cohort(Path(cohort), folder / "cohort.csv", with_photo)
    if is_drawn:
        with written_whole(folder / "dataset.json") as temporary:
            shutil.copyfile(source.parent / "dataset.json", temporary)
    print(f"{folder / 'photos.csv'}: {len(used)} aligned faces of {len(with_photo)} patients, {size} x {size} pixels")


def _guard(source: Path, folder: Path, overwrite: bool) -> None:
    """Refuse to replace the user's tables, or results nobody said could go."""
    if source.parent.resolve() == folder.resolve():
        raise ValueError(f"{folder} is the folder of the photo table itself. Name another folder to write.")
    if not overwrite and (folder / "outcomes.csv").exists():
        raise ValueError(f"{folder} holds aligned faces already. Name another folder or add --overwrite.")


def _detector(name: str, model_file: str | None) -> FaceDetector | None:
    """Build the detector that was asked for."""
    if name not in ("none", "cascade", "yunet"):
        raise ValueError(f"there is no detector {name!r}; expected 'none', 'cascade' or 'yunet'.")
    if (name == "yunet") != (model_file is not None):
        raise ValueError("--detector yunet and --model_file belong together: name YuNet's ONNX file, or neither.")
    if name == "yunet":
        return YuNetDetector(str(model_file))
    return CascadeDetector() if name == "cascade" else None


def _align_all(rows: Sequence[Row], transform: AlignFaced, folder: Path) -> tuple[list[Portrait], list[FaceTile]]:
    """Align every photo, write every face that can be used, and keep a small copy for the sheet."""
    portraits, tiles = [], []
    for row in tqdm(rows, desc="aligning faces", unit="photo"):
        portrait = transform.prepare(row)
        if portrait.is_usable and portrait.image is not None:
            with written_whole(folder / _name(row)) as temporary:
                Image.fromarray(portrait.image).save(temporary)
        tiles.append(
            FaceTile(row["line"], portrait.outcome, _thumbnail(portrait), portrait.is_usable, bool(row["flag"]))
        )
        portraits.append(portrait)
    return portraits, tiles


def _name(row: Row) -> str:
    """File of an aligned face in the folder: the line of the table, nothing about the patient."""
    return f"faces/{row['line']:05d}.png"


def _thumbnail(portrait: Portrait) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
    """Face as it is shown on the sheet."""
    if portrait.image is None:
        return None
    return np.asarray(Image.fromarray(portrait.image).resize((TILE, TILE), Image.Resampling.LANCZOS))


def _write_photos(path: Path, used: Sequence[tuple[Row, Portrait]]) -> None:
    """Write the photo table of the aligned faces, with their points in their own pixels."""
    columns = [keys.PATIENT, keys.IMAGE, "aligned", "date", "flag", keys.OUTCOME, *POINT_COLUMNS]
    lines: list[list[Any]] = []
    for row, portrait in used:
        points = np.full(10, np.nan) if portrait.landmarks is None else portrait.landmarks.ravel()
        cells = [_cell(value, 2) for value in points.tolist()]
        lines.append(
            [row[keys.PATIENT], _name(row), 1, row["date"], row["flag"], portrait.outcome.value, *cells],
        )
    _write_table(path, columns, lines)


def _write_outcomes(path: Path, rows: Sequence[Row], portraits: Sequence[Portrait]) -> None:
    """Write what became of every photo, in the order of the table."""
    columns = ["line", keys.OUTCOME, "used", "flag", "landmarks_from", "approximate", "faces", "side_pixels"]
    columns += ["covered", "sharpness", "colourfulness"]
    lines = [
        [
            row["line"],
            portrait.outcome.value,
            int(portrait.is_usable),
            row["flag"],
            portrait.landmarks_from,
            int(portrait.is_approximate),
            "" if portrait.faces is None else portrait.faces,
            _cell(portrait.side, 1),
            _cell(portrait.covered, 3),
            _cell(portrait.sharpness, 4),
            _cell(portrait.colourfulness, 1),
        ]
        for row, portrait in zip(rows, portraits, strict=True)
    ]
    _write_table(path, columns, lines)


def _write_cohort(source: Path, target: Path, patients: set[str]) -> None:
    """Write the rows of the cohort table whose patients have a face, all columns as they are."""
    table = read_table(source, Faults(source, CohortError))
    column = matching_columns(table.columns)[keys.PATIENT][0]
    kept = [row for row in table.rows if row[column] in patients]
    if not kept:
        raise CohortError(f"{source}: no patient has a photo that can be used. Are both tables of the same cohort?")
    _write_table(target, list(table.columns), [list(row.values()) for row in kept])
    print(f"{target}: {len(kept)} patients, {len(table.rows) - len(kept)} without a usable photo left out")


def _write_table(path: Path, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """Write a CSV file, whole or not at all."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def _cell(value: float, digits: int) -> str:
    """Number for a table; empty where nobody knows."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _show(source: Path, rows: Sequence[Row], portraits: Sequence[Portrait], counts: Mapping[str, Any]) -> None:
    """Print the counts, and for every outcome but the good one its lines and its remedy."""
    print(f"{source}: {counts['photos']} photos of {counts['patients']} patients")
    for name in ("patients_with_several_photos", "patients_with_several_dates", "photos_without_patient"):
        if counts[name]:
            print(f"  {name.replace('_', ' ')}: {counts[name]}")
    for name in ("patients_without_photo", "patients_without_usable_photo"):
        if counts.get(name):
            print(f"  {name.replace('_', ' ')}: {counts[name]}")
    for flag, count in counts["flags"].items():
        print(f"  flag {flag}: {count}")
    if counts["approximate_landmarks"]:
        print(f"  landmarks only approximate: {counts['approximate_landmarks']}; look at the contact sheet")
    for outcome in PhotoOutcome:
        found = [
            (row["line"], portrait.is_usable)
            for row, portrait in zip(rows, portraits, strict=True)
            if portrait.outcome is outcome
        ]
        if not found:
            continue
        if outcome is PhotoOutcome.ALIGNED:
            print(f"  aligned: {len(found)}")
            continue
        lines = ", ".join(str(line) for line, _ in found[:LINES_SHOWN]) + (" ..." if len(found) > LINES_SHOWN else "")
        fate = "used all the same" if found[0][1] else "not used"
        print(f"  {outcome.value}: {len(found)}, {fate} (line {lines}). {outcome.remedy}")
