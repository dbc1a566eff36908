"""From predictions, lesions and a baseline hazard to what a report shows of single patients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prognos.config import keys
from prognos.estimators import TrainingRisks
from prognos.handlers.judgement import JudgedFold
from prognos.visualize import PatientView, ShownAnnotation, ShownPatient

__all__ = ["view_folds", "view_patients"]

POINTS = 73
"""Points of a survival curve."""

OF_FOLDS = (
    "Each curve rests on the baseline hazard of the training patients of the patient's fold; none goes beyond their "
    "follow-up. Log hazards of different folds share no scale, so only patients of one fold can be ranked."
)
"""What the curves of several folds are."""


def view_patients(
    rows: Sequence[Mapping[str, Any]],
    training: TrainingRisks,
    annotations: Mapping[str, Sequence[ShownAnnotation]] | None = None,
) -> PatientView:
    """Give each patient its curve and its lesions.

    Args:
        rows: predictions, one row a patient, as :class:`prognos.handlers.PredictionsWriter` keeps them.
        training: of whose baseline hazard the curves are made; none is drawn beyond the follow-up of those patients.
        annotations: lesions by patient, where the risk is made of lesions.
    """
    log_hazard = np.array([row[keys.LOG_HAZARD] for row in rows], float)
    days, curves, median = np.empty(0), np.empty((len(rows), 0)), np.empty(0)
    if training.baseline is not None and len(rows):
        days = np.linspace(0, float(training.baseline.last[0]), POINTS)
        curves = training.baseline.survival(log_hazard, days)
        median = training.baseline.survival(np.median(log_hazard, keepdims=True), days)[0]
    patients = _shown(rows, curves, annotations or {})
    return PatientView(patients, days.tolist(), median.tolist(), _said(training))


def view_folds(folds: Mapping[str, JudgedFold]) -> PatientView:
    """The patients of all folds, each with the curve of the network that has not seen it.

    Args:
        folds: by name.
    """
    baselines = [fold.training.baseline for fold in folds.values() if fold.training.baseline is not None]
    last = max((float(baseline.last[0]) for baseline in baselines), default=0.0)
    days = np.linspace(0, last, POINTS) if len(baselines) == len(folds) else np.empty(0)
    patients = []
    for fold in folds.values():
        log_hazard = np.array([row[keys.LOG_HAZARD] for row in fold.rows], float)
        curves = np.empty((len(log_hazard), 0))
        if len(days) and fold.training.baseline is not None:
            curves = fold.training.baseline.survival(log_hazard, days)
        patients += _shown(fold.rows, curves, {})
    return PatientView(patients, days.tolist(), curves=OF_FOLDS if len(days) else "", ranked=False)


def _shown(
    rows: Sequence[Mapping[str, Any]], curves: Any, annotations: Mapping[str, Sequence[ShownAnnotation]]
) -> list[ShownPatient]:
    """Patients with their curves, [N, T]."""
    return [
        ShownPatient(
            patient_id=str(row[keys.PATIENT]),
            log_hazard=float(row[keys.LOG_HAZARD]),
            time_days=math.nan if row["time_days"] is None else float(row["time_days"]),
            event=row["event"],
            survival=curve.tolist(),
            annotations=annotations.get(str(row[keys.PATIENT]), ()),
            flags=str(row.get("flags") or ""),
        )
        for row, curve in zip(rows, curves, strict=True)
    ]


def _said(training: TrainingRisks) -> str:
    """What the curves rest on, or why there are none."""
    if training.baseline is None:
        return f"No survival curves: {training.reason}"
    whose = "the training patients" if training.label is None else f"the {len(training.label)} training patients"
    return f"Curves rest on the baseline hazard of {whose}; none is drawn beyond their follow-up."
