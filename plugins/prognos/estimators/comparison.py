"""Cross-validated comparison of survival models on one cohort: every patient scored by models that have not seen it.

N patients, T horizons.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.data import CohortError, Latents, permute_outcomes, read_latents
from prognos.data.latents import COORDINATE
from prognos.data.table import MISSING
from prognos.estimators.baseline_hazard import BaselineHazard
from prognos.estimators.comparison_files import write_comparison
from prognos.estimators.comparison_summary import summarise_comparison
from prognos.estimators.fusion import LateFusion
from prognos.estimators.latent import LatentModel
from prognos.estimators.protocol import Floats, SurvivalModel

__all__ = ["ModelComparison", "Patients", "Transductive", "cross_validate", "join_latents"]

_logger = logging.getLogger(__name__)

Transductive = Literal["yes", "no", "unknown"]

DECLARATIONS: dict[Transductive, str] = {
    "yes": "transductive: yes. The generator of the latents was trained on photos of the patients tested here, so the "
    "scores of the models on latents may be better than on patients it has never seen.",
    "no": "transductive: no. The generator of the latents was trained on no photo of a patient tested here.",
    "unknown": "transductive: unknown. Nobody has stated whether the generator of the latents was trained on photos of "
    "the patients tested here; if it was, the scores of the models on latents may be too good.",
}
"""What each result says of the generator."""

PHOTOS = "photos"
"""Column with the number of photos whose latents were averaged."""


class Patients(NamedTuple):
    """Patients that every model is compared on."""

    table: pd.DataFrame
    """Clinical and latent columns, and ``photos``, one row a patient."""

    identifiers: list[str]
    """One a row."""

    label: Floats
    """Days and event, [N, 2]."""

    fold: Any
    """Part of the cross-validation, [N]."""

    without_latents: int
    """Patients of the cohort who were left out because they have none."""


class CrossValidated(NamedTuple):
    """Log hazards of every model, fold and seed."""

    tested: pd.DataFrame
    """Out of fold: ``patient_id, time_days, event, log_hazard, survival_<day>_days ..., photos, <subgroups>, fold,
    seed, model, flags``. A survival beyond the follow-up of the training patients is NaN."""

    training: pd.DataFrame
    """Of the patients each model was fitted to, for cut-offs of risk groups: ``patient_id, time_days, event,
    log_hazard, fold, seed, model``; of a late fusion its inner out-of-fold scores."""


class ModelComparison:
    """Fit and score models fold by fold, and write what came out.

    Args:
        cohort: samples of :func:`prognos.data.read_cohort`, with the column ``fold``.
        models: by name; each is fitted to a table of patients, so wrap them in ``LatentModel``, ``ClinicalModel`` or
            ``LateFusion``. Its settings are used, its fit is not.
        output_dir: receives ``predictions.csv``, ``training.csv``, ``summary.json`` and ``summary.md``.
        latents: table of latents, as a path or read; None when no model needs one.
        horizons: days at which survival is predicted, ascending.
        strata: column whose levels have baseline hazards of their own in every model; empty for none.
        subgroups: column by whose levels results are stratified and listed; empty for none.
        seeds: of the inner parts and the networks; everything is repeated for each.
        folds: parts to test on, where each fold has latents of its own; None for all.
        transductive: whether the generator of the latents was trained on photos of the patients tested here.
        permute_labels: None, or a seed: outcomes are then dealt to other patients, after which no model should do
            better than 0.5.
        trained_on: ``"synthetic"`` where the cohort was drawn; said in every result.

    Raises:
        ValueError: when an argument is out of range.
        CohortError: when the cohort has no folds, or not those, or a late entry, or no patient has latents.
    """

    def __init__(
        self,
        cohort: Sequence[Mapping[str, Any]],
        models: Mapping[str, SurvivalModel],
        output_dir: str | Path,
        *,
        latents: Latents | str | Path | None = None,
        horizons: Sequence[float] = (365.0, 730.0, 1095.0),
        strata: str = "",
        subgroups: str = keys.CANCER_TYPE,
        seeds: Sequence[int] = (0,),
        folds: Sequence[int] | None = None,
        transductive: Transductive = "unknown",
        permute_labels: int | None = None,
        trained_on: str = "patients",
    ) -> None:
        if not models or not seeds:
            raise ValueError("ModelComparison: name at least one model and one seed.")
        if transductive not in get_args(Transductive):
            raise ValueError(f"ModelComparison: transductive is {transductive!r}, expected yes, no or unknown.")
        if list(horizons) != sorted(set(horizons)) or not all(day > 0 for day in horizons):
            raise ValueError(f"ModelComparison: horizons are {list(horizons)}, expected days above 0 that ascend.")
        self.models, self.output_dir = dict(models), Path(output_dir)
        self.latents = read_latents(latents) if isinstance(latents, str | Path) else latents
        if permute_labels is not None:
            cohort = permute_outcomes(cohort, permute_labels)
        self.patients = join_latents(cohort, self.latents)
        for name in filter(None, (strata, subgroups)):
            if name not in self.patients.table.columns:
                raise CohortError(f"the cohort has no column {name!r}; add it, or set the option to an empty text.")
        self.horizons, self.strata, self.subgroups = [float(day) for day in horizons], strata, subgroups
        known = sorted(set(self.patients.fold.tolist()))
        if strange := sorted(set(folds or ()) - set(known)):
            raise CohortError(f"ModelComparison: the cohort has the folds {known}; folds asks for {strange}.")
        self.folds = known if folds is None else sorted(set(folds))
        self.seeds, self.transductive, self.permute_labels = list(seeds), transductive, permute_labels
        self.trained_on = trained_on

    def run(self) -> dict[str, Any]:
        """Compare, write the files, and return the summary."""
        found = cross_validate(
            self.patients,
            self.models,
            horizons=self.horizons,
            strata=self.strata,
            subgroups=self.subgroups,
            seeds=self.seeds,
            folds=self.folds,
        )
        summary = self.declaration() | summarise_comparison(
            found.tested, horizons=self.horizons, subgroups=self.subgroups
        )
        write_comparison(self.output_dir, found.tested, found.training, summary)
        return summary

    def declaration(self) -> dict[str, Any]:
        """What every result of this comparison says about itself."""
        latents = self.latents
        return {
            "transductive": self.transductive if latents is not None else "no latents",
            "declaration": DECLARATIONS[self.transductive] if latents is not None else "no model reads latents.",
            "latents": None
            if latents is None
            else {"generator": latents.generator, "space": latents.space, "method": latents.method},
            "reads_latents": {name: _reads_latents(model) for name, model in self.models.items()},
            "cohort": self.trained_on,
            "strata": self.strata,
            "seeds": self.seeds,
            "folds": self.folds,
            "permuted_labels": self.permute_labels,
            "patients_without_latents": self.patients.without_latents,
        }


def join_latents(cohort: Sequence[Mapping[str, Any]], latents: Latents | None) -> Patients:
    """One row a patient: the columns of the cohort, and the mean latent of its photos.

    Args:
        cohort: samples with ``patient_id``, ``label``, ``fold`` and any other column.
        latents: one row a photo; None when no model needs them.

    Returns:
        The patients who have latents; how many have none is counted and logged.

    Raises:
        CohortError: when the cohort has no folds, or a late entry, or no patient has latents.
    """
    if not cohort or keys.FOLD not in cohort[0]:
        raise CohortError("the cohort has no column fold; write it with 'prognos split'.")
    if any(sample.get(keys.ENTRY, 0.0) > 0 for sample in cohort):
        raise CohortError(
            "the cohort has entries above 0 (late entry), which these models do not take. Count the time from the "
            "photo, and leave the column out."
        )
    used = {keys.LABEL, keys.FOLD, keys.PATIENT, keys.PATIENT_INDEX, keys.ENTRY, keys.IMAGE}
    table = pd.DataFrame([{name: cell for name, cell in sample.items() if name not in used} for sample in cohort])
    table = table.map(lambda cell: None if isinstance(cell, str) and cell.strip().lower() in MISSING else cell)
    identifiers = [str(sample[keys.PATIENT]) for sample in cohort]
    label = np.stack([np.asarray(sample[keys.LABEL], dtype=np.float64) for sample in cohort])
    fold = np.array([int(sample[keys.FOLD]) for sample in cohort])
    if latents is None:
        return Patients(table.assign(**{PHOTOS: 0}), identifiers, label, fold, 0)
    found, means = latents.by_patient()
    place = {patient: row for row, patient in enumerate(found)}
    kept = np.array([row for row, patient in enumerate(identifiers) if patient in place], dtype=np.int64)
    if not len(kept):
        raise CohortError(f"{latents.path}: no patient of the cohort has a row there. Are the identifiers the same?")
    if len(kept) < len(identifiers):
        _logger.warning("%d of %d patients have no latents and are left out.", len(cohort) - len(kept), len(cohort))
    photos = Counter(latents.patient_ids)
    chosen = [identifiers[row] for row in kept]
    codes = means[[place[patient] for patient in chosen]]
    columns = [COORDINATE.format(index) for index in range(codes.shape[1])]
    table = pd.concat(
        [
            table.iloc[kept].reset_index(drop=True).assign(**{PHOTOS: [photos[patient] for patient in chosen]}),
            pd.DataFrame(codes, columns=columns),
        ],
        axis=1,
    )
    return Patients(table, chosen, label[kept], fold[kept], len(cohort) - len(kept))


def cross_validate(
    patients: Patients,
    models: Mapping[str, SurvivalModel],
    *,
    horizons: Sequence[float],
    strata: str = "",
    subgroups: str = "",
    seeds: Sequence[int] = (0,),
    folds: Sequence[int] | None = None,
) -> CrossValidated:
    """Score every patient by models fitted to the other folds.

    The baseline hazard of a model comes from its log hazards of the training patients; that of a
    :class:`prognos.estimators.LateFusion` from its inner out-of-fold scores.

    Args:
        patients: who, with their folds.
        models: by name; only their settings are used.
        horizons: days.
        strata: column with baseline hazards of their own, or empty.
        subgroups: column to carry into the result, or empty.
        seeds: everything is repeated for each.
        folds: parts to test on; None for all.

    Returns:
        One row a patient, model, fold and seed, of those tested and of those fitted to.
    """
    parts, fitted = [], []
    for seed in seeds:
        for fold in sorted(set(patients.fold.tolist())) if folds is None else folds:
            for name, model in models.items():
                _logger.info("fold %d, seed %d: %s", fold, seed, name)
                part, training = _score_fold(patients, model.fresh(seed), patients.fold == fold, horizons, strata)
                fitted.append(training.assign(fold=fold, seed=seed, model=name))
                if subgroups:
                    part[subgroups] = patients.table.loc[patients.fold == fold, subgroups].to_numpy()
                parts.append(part.assign(fold=fold, seed=seed, model=name, flags=""))
    return CrossValidated(pd.concat(parts, ignore_index=True), pd.concat(fitted, ignore_index=True))


def _score_fold(
    patients: Patients, model: SurvivalModel, test: Any, horizons: Sequence[float], strata: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit a model to all patients but the tested ones; scores of these, and of those it was fitted to."""
    training, tested = patients.table[~test], patients.table[test]
    groups = training[strata].astype(str).to_numpy() if strata else None
    model.fit(training, patients.label[~test], groups)
    if isinstance(model, LateFusion):
        fitted, baseline = model.fusion.log_hazard(model.scores), model.baseline
    else:
        fitted = model.log_hazard(training)
        baseline = BaselineHazard().fit(fitted, patients.label[~test], groups)
    log_hazard = model.log_hazard(tested)
    survival = _survival(baseline, log_hazard, horizons, tested[strata].astype(str).to_numpy() if strata else None)
    columns = {survival_column(day): survival[:, index] for index, day in enumerate(horizons)}
    scores = _scores(patients, test, log_hazard).assign(**columns, **{PHOTOS: tested[PHOTOS].to_numpy()})
    return scores, _scores(patients, ~test, fitted)


def _scores(patients: Patients, chosen: Any, log_hazard: Floats) -> pd.DataFrame:
    """Outcome and log hazard of some patients."""
    return pd.DataFrame(
        {
            keys.PATIENT: np.array(patients.identifiers, dtype=object)[chosen],
            "time_days": patients.label[chosen, keys.TIME],
            "event": patients.label[chosen, keys.EVENT].astype(int),
            keys.LOG_HAZARD: log_hazard,
        }
    )


def _survival(baseline: BaselineHazard, log_hazard: Floats, horizons: Sequence[float], groups: Any | None) -> Floats:
    """Survival [N, T]; NaN also for patients of a stratum without training patients."""
    if groups is None:
        return baseline.survival(log_hazard, horizons)
    survival = np.full((len(log_hazard), len(horizons)), np.nan)
    known = np.isin(groups, baseline.strata)
    if known.any():
        survival[known] = baseline.survival(log_hazard[known], horizons, groups[known])
    return survival


def survival_column(day: float) -> str:
    """Name of the column with the survival up to a horizon: ``survival_365_days``."""
    return f"survival_{day:g}_days"


def _reads_latents(model: Any) -> bool:
    """Whether a model, or one that it fuses, reads latents."""
    if isinstance(model, LateFusion):
        return any(_reads_latents(part) for part in model.models.values())
    return isinstance(model, LatentModel)
