"""``prognos synthesize``: a cohort of drawn patients whose true risks are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from fire.decorators import SetParseFn
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data import (
    PortraitSettings,
    redraw_portrait_survival,
    redraw_survival,
    true_portrait_scores,
    true_scores,
    write_aligned_portraits,
    write_lesion_cohort,
    write_portrait_cohort,
)
from prognos.files import written_whole
from prognos.metrics import concordance_index

__all__ = ["score_portrait_truth", "score_truth", "synthesize"]


@SetParseFn(str, "kind", "folder")  # fire reads the folder 2024 as a number
def synthesize(
    kind: Literal["lesions", "portraits"],
    folder: str,
    *,
    patients: int = 258,
    seed: int = 1,
    survival_seed: int = 0,
    redraws: int = 0,
    processes: int | None = None,
    domain: Literal["clinic", "population"] = "clinic",
    size: int = 64,
    photos_per_patient: int = 1,
    nuisances_only: bool = False,
    aligned: bool = False,
) -> None:
    """Write a synthetic cohort: scans or photos, tables, and the truth behind them.

    Everything in it is drawn; no real patient is behind it. What is complete in the folder is kept, so an interrupted
    call goes on where it stopped.

    Args:
        kind: ``lesions``: chest CTs with metastases, for the bundle lesion_prioritization; ``portraits``: faces, for
            the bundle face_prognosis.
        folder: where to write.
        patients: number of patients.
        seed: of the patients.
        survival_seed: of the follow-up in cohort.csv; another one leaves the pictures as they are.
        redraws: further follow-ups of the same patients, in cohort_seed<n>.csv with n from survival_seed + 1.
        processes: lesions: that work at the same time; by default one for each core.
        domain: portraits: ``clinic``, the patients, or ``population``, to train a generator on beforehand.
        size: portraits: side of the aligned picture, pixels; photos have twice that.
        photos_per_patient: portraits: number of photos of each patient.
        nuisances_only: portraits: same health and age for all, and a survival that depends on nothing.
        aligned: portraits: write all aligned faces into the one file aligned.npy, without photos and survival.
    """
    if redraws < 0:
        raise ValueError(f"redraws is {redraws}, expected 0 or more.")
    settings = PortraitSettings(domain, size, photos_per_patient, nuisances_only)
    if kind == "lesions":
        _refuse(kind, aligned or settings != PortraitSettings(), "domain, size, photos_per_patient and the like")
        table = write_lesion_cohort(
            folder, patients=patients, seed=seed, survival_seed=survival_seed, processes=processes
        )
        tables = [table, *(redraw_survival(folder, survival_seed + n) for n in range(1, redraws + 1))]
        _write_oracle(Path(folder), {path: score_truth(path) for path in tables})
        return
    if kind != "portraits":
        raise ValueError(f"there is no synthetic cohort of {kind!r}; expected 'lesions' or 'portraits'.")
    _refuse(kind, processes is not None, "processes")
    if aligned:
        _refuse("portraits in one file", bool(redraws or survival_seed), "redraws and survival_seed")
        path = write_aligned_portraits(folder, patients=patients, seed=seed, settings=settings)
        print(f"{path}: {patients * photos_per_patient} aligned portraits of {patients} synthetic patients")
        return
    table = write_portrait_cohort(folder, patients=patients, seed=seed, survival_seed=survival_seed, settings=settings)
    tables = [table, *(redraw_portrait_survival(folder, survival_seed + n) for n in range(1, redraws + 1))]
    _write_oracle(Path(folder), {path: score_portrait_truth(path) for path in tables})


def score_truth(table: Path | str) -> dict[str, dict[str, float | None]]:
    """C-index of everything that :func:`prognos.data.true_scores` knows about the patients of a cohort table.

    Args:
        table: a cohort table of a synthetic cohort, in the cohort's folder.

    Returns:
        For each score its ``concordance_index`` and ``standard_error``, no unit; ``None`` where no pair of patients
        can be compared. No network can be expected to beat ``oracle``.
    """
    cohort, scores = _scored(table, true_scores)
    return {name: _concordance(cohort, values) for name, values in scores.items()}


def score_portrait_truth(table: Path | str) -> dict[str, dict[str, float | None]]:
    """C-index of everything that :func:`prognos.data.true_portrait_scores` knows about the patients of a cohort table.

    Args:
        table: a cohort table of drawn portraits, in the cohort's folder.

    Returns:
        For each score ``concordance_index`` and ``standard_error`` over all pairs of patients, and
        ``stratified_concordance_index`` and ``stratified_standard_error`` over pairs with the same type of cancer, no
        unit; ``None`` where no pair can be compared. No model of the photo can be expected to beat ``visible``, and
        none at all ``oracle``.
    """
    cohort, scores = _scored(table, true_portrait_scores)
    strata = pd.factorize(cohort[keys.CANCER_TYPE])[0]
    return {
        name: _concordance(cohort, values)
        | {f"stratified_{key}": value for key, value in _concordance(cohort, values, strata).items()}
        for name, values in scores.items()
    }


def _scored(
    table: Path | str, score: Callable[[Path], pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]:
    """A cohort table, and the scores of its patients in the table's order."""
    cohort = pd.read_csv(table)
    scores = score(Path(table).parent).set_index(keys.PATIENT).loc[cohort[keys.PATIENT]]
    return cohort, {str(name): scores[name].to_numpy(np.float64) for name in scores.columns}


def _concordance(
    cohort: pd.DataFrame, values: NDArray[np.float64], strata: NDArray[np.int64] | None = None
) -> dict[str, float | None]:
    """C-index of a score with its standard error."""
    time, event = cohort["time"].to_numpy(float), cohort["event"].to_numpy(float)
    index, error = concordance_index(values, time, event, strata=strata)
    return {"concordance_index": _finite(index), "standard_error": _finite(error)}


def _write_oracle(folder: Path, summary: dict[Path, dict[str, dict[str, float | None]]]) -> None:
    """Write the scores of the truth beside it, and the best of them on the screen."""
    with written_whole(folder / "truth/oracle.json") as temporary:
        found = {path.name: scores for path, scores in summary.items()}
        temporary.write_text(json.dumps(found, indent=4) + "\n", encoding="utf-8")
    for path, scores in summary.items():
        cohort, index = pd.read_csv(path), scores["oracle"]
        print(
            f"{path}: {len(cohort)} synthetic patients, {int(cohort['event'].sum())} events, "
            f"C-index of the oracle {_shown(index['concordance_index'])} "
            f"(standard error {_shown(index['standard_error'])})"
        )
        if "visible" in scores:
            for name in ("oracle", "visible", "clinical"):
                print(f"  {name} within cancer types: {_shown(scores[name]['stratified_concordance_index'])}")


def _refuse(kind: str, given: bool, options: str) -> None:
    """Refuse options of another kind of cohort rather than ignore them."""
    if given:
        raise ValueError(
            f"{options} mean nothing for {kind}; expected to be left out. Leave out what is not for {kind}."
        )


def _finite(value: float) -> float | None:
    """Value for a JSON file, which knows no NaN."""
    return float(value) if np.isfinite(value) else None


def _shown(value: float | None) -> str:
    """Value for the screen."""
    return "unknown" if value is None else f"{value:.3f}"
