"""From predictions, lesions and a baseline hazard to what a report shows of single patients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prognos.config import keys
from prognos.estimators import TrainingRisks
from prognos.visualize import PatientView, ShownAnnotation, ShownPatient

__all__ = ["view_patients"]

POINTS = 73
"""Points of a survival curve."""


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
    patients = [
        ShownPatient(
            patient_id=str(row[keys.PATIENT]),
            log_hazard=float(row[keys.LOG_HAZARD]),
            time_days=math.nan if row["time_days"] is None else float(row["time_days"]),
            event=row["event"],
            survival=curve.tolist(),
            annotations=(annotations or {}).get(str(row[keys.PATIENT]), ()),
            flags=str(row.get("flags") or ""),
        )
        for row, curve in zip(rows, curves, strict=True)
    ]
    return PatientView(patients, days.tolist(), median.tolist(), _said(training))


def _said(training: TrainingRisks) -> str:
    """What the curves rest on, or why there are none."""
    if training.baseline is None:
        return f"No survival curves: {training.reason}"
    whose = "the training patients" if training.label is None else f"the {len(training.label)} training patients"
    return f"Curves rest on the baseline hazard of {whose}; none is drawn beyond their follow-up."
