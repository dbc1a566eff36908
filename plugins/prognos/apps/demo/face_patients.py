"""The patients of a comparison of models, for the report of the demo's portrait half."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.metrics import age_bands, evaluate_predictions
from prognos.visualize import (
    PatientView,
    Section,
    ShownPatient,
    cohort_section,
    follow_up_text,
    performance_sections,
    subgroup_section,
)

__all__ = ["JudgedPatients", "judge_faces"]

HORIZON = re.compile(r"survival_([\d.]+)_days")
"""Column of the predicted survival at a horizon."""

DESCRIBED = ("age", "sex", "cancer_type", "stage", "ecog")
"""Columns of the drawn cohort in table one."""

CURVES = (
    "Curves join the out-of-fold survival at the horizons of the comparison; none goes beyond the training follow-up."
)


class JudgedPatients(NamedTuple):
    """What a report shows of one model's patients."""

    view: PatientView
    """One at a time."""

    sections: list[Section]
    """All of them."""

    facts: dict[str, str]
    """For the first screen."""


def judge_faces(predictions: Path, cohort: Path, model: str) -> JudgedPatients:
    """Evaluate one model of a comparison.

    Args:
        predictions: table that the comparison wrote, out of fold.
        cohort: cohort table.
        model: the model that is judged.
    """
    table = pd.read_csv(predictions, comment="#", dtype={keys.PATIENT: str})
    table = table[table["model"] == model].reset_index(drop=True)
    columns = [str(name) for name in table if HORIZON.fullmatch(str(name))]
    days = [float(HORIZON.sub(r"\1", name)) for name in columns]
    survival = table[columns].to_numpy(np.float64)
    described = pd.read_csv(cohort, dtype={keys.PATIENT: str}).set_index(keys.PATIENT).loc[table[keys.PATIENT]]
    found = evaluate_predictions(
        table[keys.LOG_HAZARD].to_numpy(),
        table["time_days"].to_numpy(),
        table["event"].to_numpy(),
        fold=table[keys.FOLD].to_numpy(),
        survival=survival,
        horizons=days,
        covariates={name: described[name].tolist() for name in DESCRIBED if name in described},
        subgroups={
            "sex": described["sex"].to_numpy(str),
            "age": age_bands(described["age"].to_numpy(np.float64)),
            "cancer_type": described["cancer_type"].to_numpy(str),
        },
    )
    curves = [[1.0, *curve] for curve in survival.tolist()]
    known = [table[name].tolist() for name in (keys.PATIENT, keys.LOG_HAZARD, "time_days", "event")]
    patients = [
        ShownPatient(patient, log_hazard, time, event, curve)
        for patient, log_hazard, time, event, curve in zip(*known, curves, strict=True)
    ]
    view = PatientView(patients, [0.0, *days], curves=CURVES, joined=True)
    sections = [*performance_sections(found), subgroup_section(found), cohort_section(found)]
    return JudgedPatients(view, sections, {"median follow-up": follow_up_text(found)})
