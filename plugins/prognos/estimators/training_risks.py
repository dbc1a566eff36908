"""What is known of the patients a network learned from: their log hazards and outcomes, and their baseline hazard.

Survival curves and the borders between risk groups must come from them alone; taken from the patients that are
evaluated, they would flatter the result.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.estimators.baseline_hazard import BaselineHazard
from prognos.estimators.protocol import Floats
from prognos.estimators.store import load_model, stored_generator
from prognos.networks import Provenance

__all__ = ["TrainingRisks", "read_training_risks"]

PREDICTIONS = "predictions_train.csv"
"""Table that an evaluation of the training part leaves."""

BASELINE = "baseline.safetensors"
"""Baseline hazard that a training leaves beside its weights, where the bundle fits one."""

COLUMNS = (keys.PATIENT, keys.LOG_HAZARD, "time_days", "event")

REMEDY = "Score the training part with the same weights first (--subset train, same --output_dir)."
"""How a person gets what is missing."""


@dataclass(frozen=True)
class TrainingRisks:
    """Risks and outcomes of the patients a network learned from; what is unknown is None, with the reason.

    Attributes:
        log_hazard: no unit, higher = earlier event, [N]; None when unknown.
        label: time in days and event, [N, 2].
        patients: who they are.
        baseline: hazard of a patient with log hazard 0; None when unknown.
        reason: one sentence that says why something is unknown; empty when nothing is.
    """

    log_hazard: Floats | None = None
    label: Floats | None = None
    patients: frozenset[str] = field(default=frozenset(), repr=False)
    baseline: BaselineHazard | None = None
    reason: str = ""

    def apart_from(self, evaluated: Collection[str]) -> Self:
        """The same, or nothing when a patient that is evaluated is among them.

        Args:
            evaluated: identifiers of the patients whose result is to be judged.
        """
        shared = len(self.patients.intersection(evaluated))
        if not shared:
            return self
        reason = f"{shared} of the evaluated patients are training patients: what was fitted to them cannot judge them."
        return type(self)(reason=reason)


def read_training_risks(
    weights: str | Path, output_dir: str | Path, provenance: Provenance | None = None
) -> TrainingRisks:
    """Look for the training part's predictions in the folder of the run, then beside the weights.

    Predictions of other weights are not used: the head of the table names those it was made with. Without predictions,
    a baseline hazard beside the weights still gives curves, though no risk groups.

    Args:
        weights: file of the weights that are evaluated.
        output_dir: folder of the run.
        provenance: origin of these weights.

    Raises:
        ValueError: when a table lacks a column, or the baseline hazard is damaged.
    """
    folders = list(dict.fromkeys([Path(output_dir), Path(weights).parent]))
    tables = [folder / PREDICTIONS for folder in folders if (folder / PREDICTIONS).is_file()]
    digest = "" if provenance is None else provenance.sha256
    for table in tables:
        if digest and digest in _digests(table):
            return _read(table)
    found = "is of other weights" if tables else "lies neither beside the result nor beside the weights"
    stored = Path(weights).parent / BASELINE
    baseline = load_model(stored, generator=stored_generator(stored)) if stored.is_file() else None
    return TrainingRisks(baseline=baseline, reason=f"{PREDICTIONS} {found}. {REMEDY}")


def _digests(table: Path) -> set[str]:
    """Weights that the head of a table names."""
    with table.open(encoding="utf-8") as file:
        head = [line for line, _ in zip(file, range(10), strict=False) if line.startswith("#")]
    return set(re.findall(r"sha256 ([0-9a-f]{64})", "".join(head)))


def _read(path: Path) -> TrainingRisks:
    """Patients of a table whose outcome is known."""
    table = pd.read_csv(path, comment="#", dtype={keys.PATIENT: str})
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"{path}: no column {', '.join(missing)}; expected a table of predictions. Delete it.")
    known = table.dropna(subset=list(COLUMNS[1:]))
    log_hazard = known[keys.LOG_HAZARD].to_numpy(np.float64)
    label = known[["time_days", "event"]].to_numpy(np.float64)
    patients = frozenset(table[keys.PATIENT])
    if not label[:, 1].any():
        return TrainingRisks(log_hazard, label, patients, reason=f"No training patient in {path.name} had the event.")
    return TrainingRisks(log_hazard, label, patients, BaselineHazard().fit(log_hazard, label))
