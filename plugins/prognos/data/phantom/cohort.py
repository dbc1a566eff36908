"""Writer of a synthetic cohort: volumes, tables and the truth behind them."""

from __future__ import annotations

import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from prognos.data.drawn_table import write_drawn_table
from prognos.data.phantom.patient import DESCRIPTION, record_path, write_patient
from prognos.data.phantom.survival import draw_outcome, true_log_hazard
from prognos.files import written_whole

__all__ = ["PhantomSettings", "redraw_survival", "write_lesion_cohort"]

FOLDERS = ("images", "masks", "organs", "truth/records")
"""Folders of a cohort."""

LESION_COLUMNS = ("instance", "site", "diameter", "irregularity", "margin", "growth", "risk", "scale")
"""Columns of ``truth/lesions.csv`` after the patient's."""

PATIENT_COLUMNS = ("burden", "lesion_count", "readers", "age", "sex", "stage", "treatment")
"""Columns of ``truth/patients.csv`` after the patient's, next to the log hazard."""

COVARIATES = ("treatment", "age", "sex", "stage")
"""Columns of the cohort table after time and event."""

SURVIVAL_STREAM = 5
"""Source of chance of the follow-up, apart from those of the patients."""


@dataclass(frozen=True)
class PhantomSettings:
    """What decides the pixels of a synthetic cohort besides its seed.

    Attributes:
        spacing: voxel size to the left, to the back and to the head, mm.
    """

    spacing: tuple[float, float, float] = (1.5, 1.5, 4.0)


def write_lesion_cohort(
    folder: Path | str,
    *,
    patients: int,
    seed: int,
    survival_seed: int = 0,
    processes: int | None = None,
    settings: PhantomSettings | None = None,
) -> Path:
    """Write a cohort of synthetic metastatic lung cancer whose lesion risks and log hazards are known.

    A patient depends on ``seed`` and on its own number alone, so neither the number of processes nor that of the
    patients changes a voxel. Patients that are complete are kept: calling again after an interruption, or with more
    patients, writes only what is missing.

    Args:
        folder: created when missing.
        patients: number of patients, from 1.
        seed: of the patients, from 0 to 9999.
        survival_seed: of their follow-up; another one leaves every scan as it is.
        processes: that work at the same time; all available cores by default.
        settings: voxel size.

    Returns:
        The cohort table, ``<folder>/cohort.csv``. Beside it lie ``annotations.csv``, the volumes, and ``truth/``.

    Raises:
        ValueError: when a number is out of range, or when ``folder`` holds a cohort of another seed or other settings.
    """
    folder, settings = Path(folder), settings or PhantomSettings()
    if not 1 <= patients <= 9999 or not 0 <= seed <= 9999 or survival_seed < 0:
        raise ValueError(
            f"write_lesion_cohort: got {patients=}, {seed=}, {survival_seed=}; expected 1 to 9999 patients, a seed "
            f"from 0 to 9999 and a survival seed of at least 0. Choose numbers in these ranges."
        )
    _claim(folder, seed, settings)
    _write_patients(folder, patients, seed, processes or _available_cores(), settings)
    records = [
        json.loads(record_path(folder, seed, number).read_text(encoding="utf-8")) for number in range(1, patients + 1)
    ]
    _write_truth(folder, records)
    _write_table(folder / "annotations.csv", [row for record in records for row in record["annotations"]])
    return redraw_survival(folder, survival_seed, name="cohort.csv")


def redraw_survival(folder: Path | str, survival_seed: int, *, name: str | None = None) -> Path:
    """Draw another follow-up of the same patients and write it as one more cohort table.

    Args:
        folder: a cohort that :func:`write_lesion_cohort` made.
        survival_seed: of the follow-up, at least 0.
        name: of the table; ``cohort_seed<survival_seed>.csv`` by default.

    Returns:
        The new table, with the columns ``patient_id, time, event, treatment, age, sex, stage``; time in days.

    Raises:
        FileNotFoundError: when ``folder`` holds no truth.
    """
    truth = Path(folder) / "truth/patients.csv"
    if not truth.exists():
        raise FileNotFoundError(
            f"{truth}: not found; expected the truth of a synthetic cohort. Run 'prognos synthesize lesions'."
        )
    table = pd.read_csv(truth)
    seed = json.loads((Path(folder) / "dataset.json").read_text(encoding="utf-8"))["seed"]
    generator = np.random.default_rng([seed, survival_seed, SURVIVAL_STREAM])
    outcome = draw_outcome(generator, table["log_hazard"].to_numpy(), table["treatment"].to_numpy())
    cohort = table[["patient_id"]].assign(time=outcome.time, event=outcome.event).join(table[list(COVARIATES)])
    path = Path(folder) / (name or f"cohort_seed{survival_seed}.csv")
    write_drawn_table(path, cohort)
    return path


def _available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _claim(folder: Path, seed: int, settings: PhantomSettings) -> None:
    """Make the folders, or make sure that they hold the same cohort."""
    wanted: dict[str, Any] = {"description": DESCRIPTION, "seed": seed, **asdict(settings)}
    wanted["spacing"] = [float(step) for step in settings.spacing]
    path = folder / "dataset.json"
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != wanted:
            raise ValueError(f"{path}: found {found}, expected {wanted}. Choose another folder, or remove this one.")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_text(path, json.dumps(wanted, indent=4) + "\n")


def _write_patients(folder: Path, patients: int, seed: int, processes: int, settings: PhantomSettings) -> None:
    """Write the patients that are missing, in several processes when that pays."""
    numbers = [number for number in range(1, patients + 1) if not record_path(folder, seed, number).exists()]
    with tqdm(total=patients, initial=patients - len(numbers), desc="synthetic patients", unit="patient") as bar:
        if min(processes, len(numbers)) <= 1:
            for number in numbers:
                write_patient(folder, seed, number, settings.spacing)
                bar.update()
            return
        with ProcessPoolExecutor(min(processes, len(numbers)), mp_context=_context()) as pool:
            tasks = [pool.submit(write_patient, folder, seed, number, settings.spacing) for number in numbers]
            try:
                for task in as_completed(tasks):
                    task.result()
                    bar.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _context() -> multiprocessing.context.BaseContext:
    """Start workers from a clean process, which imports the generator once; forking a threaded parent may hang."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["prognos.data.phantom.patient"])
    return context


def _write_truth(folder: Path, records: list[dict[str, Any]]) -> None:
    """Write what no user of a real cohort would know: ``truth/lesions.csv`` and ``truth/patients.csv``."""
    burden = np.array([record["burden"] for record in records])
    log_hazards = true_log_hazard(burden)
    _write_table(
        folder / "truth/patients.csv",
        [
            {"patient_id": record["patient_id"], "log_hazard": float(log_hazard)}
            | {name: record[name] for name in PATIENT_COLUMNS}
            for record, log_hazard in zip(records, log_hazards, strict=True)
        ],
    )
    _write_table(
        folder / "truth/lesions.csv",
        [
            {"patient_id": record["patient_id"]} | {name: lesion[name] for name in LESION_COLUMNS}
            for record in records
            for lesion in record["lesions"]
        ],
    )


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as CSV."""
    _write_frame(path, pd.DataFrame(rows))


def _write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV, complete or not at all."""
    _write_text(path, frame.to_csv(index=False, lineterminator="\n"))


def _write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
