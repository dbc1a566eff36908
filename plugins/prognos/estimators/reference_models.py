"""Models without an image network, which a network has to beat: lesion count, total volume, clinical columns.

N patients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.data import LesionDataset
from prognos.estimators.clinical import ClinicalModel, ClinicalPreprocessor
from prognos.estimators.cox_ph import CoxPH
from prognos.estimators.protocol import Floats

__all__ = ["REFERENCE_MODELS", "fit_reference", "reference_table"]

REFERENCE_MODELS = ("lesion_count", "total_volume", "clinical")
"""Names of the models."""

CLINICAL_NUMBERS, CLINICAL_CATEGORIES = ("age",), ("treatment", "sex", "stage")
"""Columns of the cohort table that the clinical model takes, those of them that are there."""

PENALTY = 1e-3
"""Ridge penalty of each Cox regression: hardly any shrinkage, but a finite fit when a feature separates the events."""

NOT_COVARIATES = {
    *(keys.PATIENT, keys.PATIENT_INDEX, keys.LABEL, keys.ENTRY, keys.FOLD),
    *(keys.IMAGE, keys.ORGAN_MASK, keys.ANNOTATIONS, "where"),
}
"""What a scan holds besides the covariates of its patient."""


def reference_table(dataset: LesionDataset) -> pd.DataFrame:
    """Describe each patient by the number and the volume of the lesions and by the covariates.

    Args:
        dataset: lesions of some patients; its cache is used, and all lesions count, whatever its ``max_lesions``.

    Returns:
        One row a patient in the order of the data set: ``patient_id``, ``patient_index``, ``time_days``, ``event``,
        ``readers``, ``flags`` (as in the predictions table), ``lesion_count`` and ``total_volume_ml`` (means over the
        readers), and each covariate of the cohort table.
    """
    whole = LesionDataset(dataset.data, dataset.extraction, dataset.cache_dir, max_lesions=10**9)
    volumes: dict[int, list[Floats]] = {}
    for number, (scan, _) in enumerate(whole.examples):
        volumes.setdefault(scan, []).append(whole[number][keys.VOLUME].double().numpy())
    return pd.DataFrame([_row(dataset.data[scan], found) for scan, found in volumes.items()])


def fit_reference(name: str, train: pd.DataFrame, test: pd.DataFrame) -> Floats:
    """Fit a model to some patients and score others.

    All are Cox regressions with Efron's ties: on log(1 + lesion count), on log(1 + total volume in mL), or on those of
    the columns ``age``, ``treatment``, ``sex`` and ``stage`` that the table has. Medians, scales and levels come from
    the patients of the fit alone.

    Args:
        name: one of :data:`REFERENCE_MODELS`.
        train: rows of :func:`reference_table` to fit to.
        test: rows to score.

    Returns:
        Log hazards of ``test``, no unit, higher = earlier event, [N].

    Raises:
        ValueError: when the name is unknown, the clinical model finds no column, or nobody in ``train`` had an event.
    """
    models: dict[str, Callable[[], Any]] = {
        "lesion_count": lambda: _SingleFeature("lesion_count"),
        "total_volume": lambda: _SingleFeature("total_volume_ml"),
        "clinical": lambda: _clinical(train),
    }
    if name not in models:
        raise ValueError(f"there is no reference model {name!r}; there are {', '.join(REFERENCE_MODELS)}.")
    model = models[name]().fit(train, train[["time_days", "event"]].to_numpy(dtype=np.float64))
    log_hazard: Floats = model.log_hazard(test)
    return log_hazard


class _SingleFeature:
    """Cox regression on log(1 + column)."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.model = CoxPH(PENALTY)

    def fit(self, table: pd.DataFrame, label: Floats) -> _SingleFeature:
        self.model.fit(self._feature(table), label)
        return self

    def log_hazard(self, table: pd.DataFrame) -> Floats:
        return self.model.log_hazard(self._feature(table))

    def _feature(self, table: pd.DataFrame) -> Floats:
        feature: Floats = np.log1p(table[[self.column]].to_numpy(dtype=np.float64))
        return feature


def _clinical(table: pd.DataFrame) -> ClinicalModel:
    """Cox regression on the clinical columns that hold at least one value."""
    known = {name for name in table.columns if table[name].notna().any()}
    numeric = [name for name in CLINICAL_NUMBERS if name in known]
    categorical = [name for name in CLINICAL_CATEGORIES if name in known]
    if not numeric and not categorical:
        raise ValueError(
            f"the cohort table has none of the columns {', '.join(CLINICAL_NUMBERS + CLINICAL_CATEGORIES)}, so there "
            f"is no clinical model. Add what was known at baseline, or leave the row out."
        )
    return ClinicalModel(ClinicalPreprocessor(numeric, categorical), CoxPH(PENALTY))


def _row(scan: dict[str, Any], volumes: list[Floats]) -> dict[str, Any]:
    """One patient; ``volumes`` holds those of the lesions of each reader, mm3."""
    without = sum(not len(found) for found in volumes)
    label = scan[keys.LABEL]
    covariates = {name: value for name, value in scan.items() if name not in NOT_COVARIATES}
    return covariates | {
        keys.PATIENT: scan[keys.PATIENT],
        keys.PATIENT_INDEX: int(scan[keys.PATIENT_INDEX]),
        "time_days": float(label[keys.TIME]),
        "event": int(label[keys.EVENT]),
        "readers": len(volumes),
        "flags": "" if not without else "no lesions" if without == len(volumes) else "a reader marked no lesions",
        "lesion_count": float(np.mean([len(found) for found in volumes])),
        "total_volume_ml": float(np.mean([found.sum() for found in volumes])) / 1000.0,
    }
