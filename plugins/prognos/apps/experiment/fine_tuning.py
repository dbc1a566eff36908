"""How near a generator comes to the photos of a cohort without and with the fine-tuning of each fold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prognos.apps.experiment.cells import Cell, Study
from prognos.apps.experiment.gathering import outcomes
from prognos.apps.experiment.tables import Row, Run
from prognos.config import keys
from prognos.data.cohort import TimeUnit

__all__ = ["measure_fine_tuning", "read_declarations"]

RECORD = "reconstructions.csv"
"""What the stage embed says of each photo."""


CLINICAL = "clinical"
"""Row of a comparison that reads no latents."""

RUN = ("cohort", "seed", keys.FOLD)
"""Columns that tell the folds apart."""

MEASURED = ("frechet_without", "frechet_with", "error_without", "error_with")
"""Columns of the distances."""


def measure_fine_tuning(study: Study, cells: Iterable[Cell], time_unit: TimeUnit) -> pd.DataFrame:
    """Distances of the generator before and after, one row a fold.

    Args:
        study: what the cells share.
        cells: all of them, finished.
        time_unit: of the cohort tables.

    Returns:
        ``cohort``, ``seed``, ``fold``; ``frechet_without`` and ``frechet_with``, between generated images and the
        photos of the training patients; ``error_without`` and ``error_with``, the mean relative error (0 = exact) with
        which the photos of the test patients are drawn again, for photos embedded in both generators. NaN where
        something was not measured; empty where nothing was fine-tuned.
    """
    found: dict[Path, dict[str, Any]] = {}
    for cell in cells:
        if not isinstance(cell.model, Run) or not cell.model.per_fold:
            continue
        whose = found.setdefault(
            cell.place.relative_to(cell.name), {"cohort": cell.cohort.stem, "seed": cell.seed, keys.FOLD: cell.fold}
        )
        if cell.model.stage == "train_generator":
            metrics = json.loads((study.folder(cell) / cell.model.product).read_text(encoding="utf-8"))["metrics"]
            whose["frechet_without"] = _number(metrics.get("frechet_distance_at_start"))
            whose["frechet_with"] = _number(metrics.get("frechet_distance"))
        if cell.model.stage == "embed":
            whose |= _errors(study, cell, time_unit)
    rows = [whose for whose in found.values() if len(whose) > len(RUN)]
    return pd.DataFrame(rows, columns=[*RUN, *MEASURED])


def read_declarations(study: Study, cells: Iterable[Cell], rows: Sequence[Row]) -> list[str]:
    """What each comparison says of the photos that its generator has seen, with the models that it speaks of."""
    models: dict[str, list[str]] = {}
    for cell in cells:
        if isinstance(cell.model, Run) and cell.model.stage == "compare":
            said = json.loads((study.folder(cell) / "summary.json").read_text(encoding="utf-8"))["declaration"]
            made = [row.name for row in rows if row.made_by == cell.name and row.name != CLINICAL]
            models[said] = list(dict.fromkeys([*models.get(said, []), *made]))
    return [f"{', '.join(names)}: {said}" for said, names in models.items() if names]


def _errors(study: Study, cell: Cell, time_unit: TimeUnit) -> dict[str, float]:
    """Mean error of the test patients' photos in the fold's generator, and in the one that all folds share."""
    table = outcomes(cell, time_unit)
    tested = set(table.loc[table[keys.FOLD] == cell.fold, keys.PATIENT])
    ours = _record(study.folder(cell) / RECORD, tested)
    shared = study.output_dir / "cells/latents" / RECORD
    if not shared.is_file():
        return {"error_with": float(ours.mean())}
    both = pd.concat([_record(shared, tested), ours], axis=1, join="inner").to_numpy()
    without, fine_tuned = both.mean(axis=0)
    return {"error_without": float(without), "error_with": float(fine_tuned)}


def _record(path: Path, patients: set[str]) -> pd.Series[float]:
    """Relative error of each photo of some patients."""
    table = pd.read_csv(path, comment="#", dtype={keys.PATIENT: str, keys.IMAGE: str})
    return table[table[keys.PATIENT].isin(patients)].set_index([keys.PATIENT, keys.IMAGE])["rmse"]


def _number(value: float | None) -> float:
    return math.nan if value is None else value
