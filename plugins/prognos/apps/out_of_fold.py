"""The patients of all folds of one model, each judged by a fit that has not seen the patient, as parts of a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.estimators import BaselineHazard, TrainingRisks
from prognos.handlers.judgement import JudgedFold, judge_folds
from prognos.handlers.patient_view import view_folds
from prognos.handlers.report import SUBGROUPS
from prognos.metrics import Evaluation
from prognos.visualize import (
    Concordance,
    PatientView,
    Section,
    ShownPatient,
    cohort_section,
    follow_up_text,
    performance_sections,
    subgroup_section,
)

__all__ = ["HORIZON", "JudgedModel", "judge_model"]

HORIZON = re.compile(r"survival_([\d.]+)_days")
"""Column of the predicted survival at a horizon."""

CURVES = (
    "Curves join the out-of-fold survival at the horizons of the comparison; none goes beyond the training follow-up. "
    "Log hazards of different folds share no scale."
)
"""What the curves of a model are that predicts survival at few horizons."""


class JudgedModel(NamedTuple):
    """What a report shows of one model's patients."""

    view: PatientView
    """One at a time."""

    sections: list[Section]
    """All of them."""

    facts: dict[str, str]
    """For the first screen."""

    found: Evaluation
    """The numbers."""

    def concordance(self, oracle: float | None = None) -> Concordance:
        """Pairs within folds, for the first screen.

        Args:
            oracle: index of the true risks, where they are known.
        """
        index = self.found.concordance[0]
        return Concordance(index.value, index.low, index.high, self.found.patients, self.found.events, oracle)


def judge_model(
    tested: pd.DataFrame, training: pd.DataFrame | None, samples: Sequence[Mapping[str, Any]]
) -> JudgedModel:
    """Evaluate one model of one cross-validation.

    Args:
        tested: out of fold, one row a patient: ``patient_id, time_days, event, log_hazard, fold``, and, where the model
            predicts survival itself, ``survival_<day>_days``.
        training: the same of the patients that the fit of each fold has seen; cut-offs of the risk groups come from
            them, and, where survival is not predicted, their baseline hazards. None when unknown.
        samples: the cohort's samples, whose further columns describe the patients.
    """
    known = tested.dropna(subset=["time_days", "event"]).astype({"event": int})
    tested = known.sort_values(keys.FOLD, kind="stable", ignore_index=True)
    columns = [str(name) for name in tested if HORIZON.fullmatch(str(name)) and tested[name].notna().any()]
    folds = {
        str(fold): JudgedFold(_rows(part), _training(training, fold, needs_baseline=not columns))
        for fold, part in tested.groupby(keys.FOLD)
    }
    days = [float(HORIZON.sub(r"\1", name)) for name in columns]
    survival = tested[columns].to_numpy(np.float64)
    found = judge_folds(folds, samples, SUBGROUPS, predicted=(days, survival) if columns else None)
    view = _view(tested, days, survival) if columns else view_folds(folds)
    sections = [*performance_sections(found), subgroup_section(found), cohort_section(found)]
    return JudgedModel(view, sections, {"median follow-up": follow_up_text(found)}, found)


def _rows(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Predictions as handlers keep them."""
    kept = [keys.PATIENT, "time_days", "event", keys.LOG_HAZARD, *(["flags"] if "flags" in part else [])]
    return [{str(name): value for name, value in row.items()} for row in part[kept].fillna("").to_dict("records")]


def _training(training: pd.DataFrame | None, fold: Any, *, needs_baseline: bool) -> TrainingRisks:
    """Risks of the patients that the fit of a fold has seen."""
    part = None if training is None else training[training[keys.FOLD] == fold]
    if part is None or part.empty or not part["event"].any():
        return TrainingRisks(reason="Nobody knows the risks of the training patients.")
    log_hazard = part[keys.LOG_HAZARD].to_numpy(np.float64)
    label = part[["time_days", "event"]].to_numpy(np.float64)
    baseline = BaselineHazard().fit(log_hazard, label) if needs_baseline else None
    return TrainingRisks(log_hazard, label, frozenset(part[keys.PATIENT]), baseline)


def _view(tested: pd.DataFrame, days: Sequence[float], survival: Any) -> PatientView:
    """Patients with what the model predicts at its horizons."""
    known = [tested[name].tolist() for name in (keys.PATIENT, keys.LOG_HAZARD, "time_days", "event")]
    patients = [
        ShownPatient(str(patient), log_hazard, time, event, [1.0, *curve])
        for patient, log_hazard, time, event, curve in zip(*known, survival.tolist(), strict=True)
    ]
    return PatientView(patients, [0.0, *days], curves=CURVES, joined=True, ranked=False)
