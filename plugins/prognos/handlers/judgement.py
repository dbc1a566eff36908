"""From predictions to statistics, of one evaluation or of all folds, with the training part's risks for borders."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from prognos.config import keys
from prognos.estimators import TrainingRisks
from prognos.metrics import Evaluation, TrainingPart, age_bands, evaluate_predictions
from prognos.metrics.follow_up import USUAL_DAYS

__all__ = ["JudgedFold", "judge_folds", "judge_predictions"]

NO_COVARIATE = {keys.PATIENT, keys.PATIENT_INDEX, keys.LABEL, keys.IMAGE, keys.FOLD, keys.ENTRY}
"""Columns of a cohort that describe no patient."""

MOST_LEVELS = 20
"""Levels of a column of names; one with more tells patients apart instead of describing them."""

HORIZONS = 20
"""Evenly spread days at which survival is judged, beside the usual years."""


COLUMNS = (keys.LOG_HAZARD, "time_days", "event")
"""Columns of the predictions."""


class JudgedFold(NamedTuple):
    """Patients that one network was tested on, and what it learned from."""

    rows: Sequence[Mapping[str, Any]]
    """Predictions, one row a patient, all with an outcome."""

    training: TrainingRisks
    """Risks of the patients the network learned from."""


def judge_predictions(
    rows: Sequence[Mapping[str, Any]],
    training: TrainingRisks,
    samples: Sequence[Mapping[str, Any]] = (),
    subgroups: Sequence[str] = (),
    *,
    seed: int = 0,
) -> Evaluation:
    """Evaluate the patients whose outcome is known.

    Args:
        rows: predictions, one row a patient, all with an outcome.
        training: risks of the patients the network learned from.
        samples: the cohort's samples, whose further columns describe the patients.
        subgroups: columns to give the concordance in, where the cohort has them; ages are cut into bands.
        seed: of resamples and permutations.
    """
    return judge_folds({"training": JudgedFold(rows, training)}, samples, subgroups, seed=seed)


def judge_folds(
    folds: Mapping[str, JudgedFold],
    samples: Sequence[Mapping[str, Any]] = (),
    subgroups: Sequence[str] = (),
    *,
    predicted: tuple[Any, Any] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Evaluate the patients of all folds together: pairs within folds, probabilities pooled.

    Args:
        folds: by name; with one alone, nothing is stratified.
        samples: as for :func:`judge_predictions`, like the others.
        subgroups: as above.
        predicted: days [T] and probabilities of no event [n, T] in the order of the rows, where the model predicted
            them itself; else they follow from the baseline hazard of each fold's training patients.
        seed: as above.
    """
    rows = [row for fold in folds.values() for row in fold.rows]
    log_hazard, time, event = (np.array([row[name] for row in rows], float) for name in COLUMNS)
    names = np.repeat([*folds], [len(fold.rows) for fold in folds.values()])
    days, survival = _survival(folds, float(time.max())) if predicted is None else predicted
    covariates = _covariates([str(row[keys.PATIENT]) for row in rows], samples)
    groups = {name: _levels(name, covariates[name]) for name in subgroups if name in covariates}
    return evaluate_predictions(
        log_hazard,
        time,
        event,
        fold=names if len(folds) > 1 else None,
        survival=survival,
        horizons=days,
        training=_training_parts(folds),
        covariates=covariates,
        subgroups=groups,
        seed=seed,
    )


def _training_parts(folds: Mapping[str, JudgedFold]) -> dict[str, TrainingPart] | None:
    """Training patients of each fold; None where those of one are unknown."""
    parts = {}
    for name, (_, training) in folds.items():
        if training.log_hazard is None or training.label is None:
            return None
        parts[name] = TrainingPart(training.log_hazard, training.label[:, 0], training.label[:, 1])
    return parts


def _survival(folds: Mapping[str, JudgedFold], longest: float) -> tuple[Any, Any]:
    """Days [T] that every fold's training patients were followed for, and probabilities [n, T]; None where unknown."""
    baselines = [training.baseline for _, training in folds.values() if training.baseline is not None]
    if len(baselines) < len(folds):
        return None, None
    days = _horizons(min(longest, *(float(baseline.last[0]) for baseline in baselines)))
    parts = [
        baseline.survival(np.array([row[keys.LOG_HAZARD] for row in fold.rows], float), days)
        for baseline, fold in zip(baselines, folds.values(), strict=True)
    ]
    return days, np.concatenate(parts)


def _horizons(last: float) -> Any:
    """Ascending days up to the last that is known, [T]."""
    spread = np.linspace(0, last, HORIZONS + 1)[1:].round()
    return np.unique([*spread, *(day for day in USUAL_DAYS if day <= last)])


def _covariates(patients: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Columns that describe the patients, in their order."""
    known = {str(sample[keys.PATIENT]): sample for sample in samples}
    names = [name for name in (samples[0] if samples else ()) if name not in NO_COVARIATE]
    columns = {name: [known.get(patient, {}).get(name) for patient in patients] for name in names}
    return {name: values for name, values in columns.items() if _describes(values)}


def _describes(values: Sequence[Any]) -> bool:
    """Whether a column holds numbers, or a few names."""
    names = {value for value in values if isinstance(value, str)}
    plain = all(value is None or isinstance(value, str | int | float) for value in values)
    return plain and len(names) <= MOST_LEVELS


def _levels(name: str, values: Sequence[Any]) -> list[str]:
    """Level of each patient as text; ages in bands."""
    if name == "age":
        return [str(band) for band in age_bands([math.nan if value is None else float(value) for value in values])]
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
