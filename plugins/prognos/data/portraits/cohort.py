"""Writer of drawn portraits: photos, tables and the truth behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tqdm import tqdm

from prognos.config import keys
from prognos.data.drawn_table import write_drawn_table
from prognos.data.portraits.chance import DOMAINS, Domain
from prognos.data.portraits.clinical import draw_clinical, hide_cells
from prognos.data.portraits.drawing import POINTS, draw_aligned, draw_photos, locate_points
from prognos.data.portraits.factors import draw_factors
from prognos.data.portraits.survival import draw_outcome, true_log_hazard
from prognos.files import written_whole

__all__ = ["PortraitSettings", "redraw_portrait_survival", "write_aligned_portraits", "write_portrait_cohort"]

DESCRIPTION = "prognos synthetic"
"""Written into every photo, and into the description of the folder."""

PHOTO_SCALE = 2
"""Side of a photo relative to that of the aligned picture."""

CHUNK = 64
"""Photos drawn, and aligned pictures written, at once."""


@dataclass(frozen=True)
class PortraitSettings:
    """What decides the pixels and the truth of drawn portraits besides their seed.

    Attributes:
        domain: ``"clinic"``, the cohort to predict, or ``"population"``, to train a generator on beforehand.
        size: side of the aligned picture, pixels; photos have twice that.
        photos_per_patient: 1 or more.
        nuisances_only: give every patient the same health and age, and a survival that depends on nothing: the cohort
            in which nothing may be found.
    """

    domain: Domain = "clinic"
    size: int = 64
    photos_per_patient: int = 1
    nuisances_only: bool = False


def write_portrait_cohort(
    folder: Path | str,
    *,
    patients: int,
    seed: int,
    survival_seed: int = 0,
    settings: PortraitSettings | None = None,
) -> Path:
    """Write a cohort of drawn patients, whose faces and tables share a known log hazard.

    A patient depends on the domain, the seed and its own number alone. Photos that are there are kept: calling again
    after an interruption, or with more patients, draws only what is missing.

    Args:
        folder: created when missing.
        patients: number of patients, from 1.
        seed: of the patients, from 0 to 9999.
        survival_seed: of their follow-up; another one leaves every photo as it is.
        settings: domain, size, photos a patient.

    Returns:
        The cohort table, ``<folder>/cohort.csv``. Beside it lie ``photos.csv``, ``photos/``, and ``truth/``.

    Raises:
        ValueError: when a number is out of range, or when ``folder`` holds other portraits.
    """
    folder, settings = Path(folder), settings or PortraitSettings()
    _check(patients, seed, survival_seed, settings)
    _claim(folder, seed, "photos", settings)
    table = _factors(patients, seed, settings)
    size = PHOTO_SCALE * settings.size
    names = [f"photos/{name}_{photo}.png" for name, photo in zip(table[keys.PATIENT], table["photo"], strict=True)]
    _write_photos(folder, names, table, size)
    points = locate_points(table, size).round(3).reshape(len(table), -1)
    columns = [f"{point}_{axis}" for point in POINTS for axis in "xy"]
    photos = table[[keys.PATIENT]].assign(image=names).join(pd.DataFrame(points, columns=columns))
    _write_frame(folder / "photos.csv", photos)
    _write_truth(folder, table, patients, seed, settings)
    return redraw_portrait_survival(folder, survival_seed, name="cohort.csv")


def write_aligned_portraits(
    folder: Path | str, *, patients: int, seed: int, settings: PortraitSettings | None = None
) -> Path:
    """Write many aligned faces into one file, to train networks on.

    An interrupted call goes on where it stopped.

    Args:
        folder: created when missing.
        patients: number of patients, from 1.
        seed: of the patients, from 0 to 9999.
        settings: domain, size, photos a patient.

    Returns:
        ``<folder>/aligned.npy``, uint8 [N, 3, size, size], which ``numpy.load(..., mmap_mode="r")`` opens at once. Row
        n is row n of ``truth/factors.csv``. There is no cohort table.

    Raises:
        ValueError: when a number is out of range, or when ``folder`` holds other portraits.
    """
    folder, settings = Path(folder), settings or PortraitSettings()
    _check(patients, seed, 0, settings)
    _claim(folder, seed, "aligned", settings)
    table = _factors(patients, seed, settings)
    path, shape = folder / "aligned.npy", (len(table), 3, settings.size, settings.size)
    if not path.exists() or np.load(path, mmap_mode="r").shape != shape:
        _write_aligned(path, table, shape)
    _write_frame(folder / "truth/factors.csv", table)
    return path


def redraw_portrait_survival(folder: Path | str, survival_seed: int, *, name: str | None = None) -> Path:
    """Draw another follow-up of the same patients and write it as one more cohort table.

    Args:
        folder: a cohort that :func:`write_portrait_cohort` made.
        survival_seed: of the follow-up, at least 0.
        name: of the table; ``cohort_seed<survival_seed>.csv`` by default.

    Returns:
        The new table: ``patient_id, time, event`` and the clinical columns; time in days.

    Raises:
        FileNotFoundError: when ``folder`` holds no truth.
    """
    truth = Path(folder) / "truth/patients.csv"
    if not truth.exists():
        raise FileNotFoundError(
            f"{truth}: not found; expected the truth of drawn portraits. Run 'prognos synthesize portraits'."
        )
    table = pd.read_csv(truth, float_precision="round_trip")
    claim = json.loads((Path(folder) / "dataset.json").read_text(encoding="utf-8"))
    numbers = range(1, len(table) + 1)
    log_hazard = table["log_hazard"].to_numpy(np.float64)
    outcome = draw_outcome(log_hazard, claim["domain"], claim["seed"], numbers, survival_seed=survival_seed)
    clinical = hide_cells(table.loc[:, "age":], claim["domain"], claim["seed"], numbers)
    cohort = table[[keys.PATIENT]].assign(time=outcome.time, event=outcome.event).join(clinical)
    path = Path(folder) / (name or f"cohort_seed{survival_seed}.csv")
    write_drawn_table(path, cohort)
    return path


def _check(patients: int, seed: int, survival_seed: int, settings: PortraitSettings) -> None:
    """Refuse numbers that name no cohort."""
    if not 1 <= patients <= 999_999 or not 0 <= seed <= 9999 or survival_seed < 0:
        raise ValueError(
            f"synthetic portraits: got {patients=}, {seed=}, {survival_seed=}; expected 1 to 999999 patients, a seed "
            f"from 0 to 9999 and a survival seed of at least 0. Choose numbers in these ranges."
        )
    if settings.domain not in DOMAINS or not 16 <= settings.size <= 2048 or settings.photos_per_patient < 1:
        raise ValueError(
            f"synthetic portraits: got {settings}; expected the domain {' or '.join(DOMAINS)}, a size from 16 to 2048 "
            f"pixels and at least 1 photo a patient. Mend the setting that differs."
        )


def _claim(folder: Path, seed: int, content: str, settings: PortraitSettings) -> None:
    """Make the folder, or make sure that it holds the same portraits."""
    wanted: dict[str, Any] = {"description": DESCRIPTION, "content": content, "seed": seed, **asdict(settings)}
    path = folder / "dataset.json"
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != wanted:
            raise ValueError(f"{path}: found {found}, expected {wanted}. Choose another folder, or remove this one.")
    _write_text(path, json.dumps(wanted, indent=4) + "\n")


def _factors(patients: int, seed: int, settings: PortraitSettings) -> pd.DataFrame:
    """Factors of all photos."""
    return draw_factors(
        settings.domain,
        seed,
        range(1, patients + 1),
        photos=settings.photos_per_patient,
        nuisances_only=settings.nuisances_only,
    )


def _write_photos(folder: Path, names: list[str], table: pd.DataFrame, size: int) -> None:
    """Draw and write the photos that are missing."""
    missing = [row for row, name in enumerate(names) if not (folder / name).exists()]
    note = PngInfo()
    note.add_text("Description", DESCRIPTION)
    with tqdm(total=len(names), initial=len(names) - len(missing), desc="synthetic portraits", unit="photo") as bar:
        for rows in _chunks(missing):
            pictures = draw_photos(table.iloc[rows], size)
            for row, picture in zip(rows, pictures, strict=True):
                with written_whole(folder / names[row]) as temporary:
                    Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0))).save(temporary, pnginfo=note)
                bar.update()


def _write_aligned(path: Path, table: pd.DataFrame, shape: tuple[int, ...]) -> None:
    """Fill a file under another name, noting how far it is, and give it its name in the end."""
    unfinished, progress = path.with_name("unfinished.npy"), path.with_name("unfinished.json")
    done = _drawn(unfinished, progress, shape)
    pictures = np.lib.format.open_memmap(unfinished, "r+" if done else "w+", np.uint8, shape)
    with tqdm(total=len(table), initial=done, desc="synthetic portraits", unit="photo") as bar:
        for rows in _chunks(list(range(done, len(table)))):
            pictures[rows] = draw_aligned(table.iloc[rows], shape[-1])
            pictures.flush()
            _write_text(progress, json.dumps({"shape": shape, "drawn": rows[-1] + 1}))
            bar.update(len(rows))
    unfinished.replace(path)
    progress.unlink(missing_ok=True)


def _drawn(unfinished: Path, progress: Path, shape: tuple[int, ...]) -> int:
    """Pictures that an interrupted call left behind."""
    if not unfinished.exists() or not progress.exists():
        return 0
    found = json.loads(progress.read_text(encoding="utf-8"))
    return int(found["drawn"]) if tuple(found["shape"]) == shape else 0


def _chunks(rows: list[int]) -> Iterator[list[int]]:
    """Rows to draw at once."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _write_truth(folder: Path, table: pd.DataFrame, patients: int, seed: int, settings: PortraitSettings) -> None:
    """Write what no user of a real cohort would know: ``truth/factors.csv`` and ``truth/patients.csv``."""
    numbers = range(1, patients + 1)
    first = table[table["photo"] == 1].reset_index(drop=True)
    clinical = draw_clinical(first, settings.domain, seed, numbers)
    parts = true_log_hazard(first, clinical)
    if settings.nuisances_only:
        parts[:] = 0.0
    _write_frame(folder / "truth/factors.csv", table)
    _write_frame(folder / "truth/patients.csv", pd.concat([first[[keys.PATIENT]], parts, clinical], axis=1))


def _write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV, complete or not at all."""
    _write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def _write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
