"""Rows without a network: fitted to the training patients of each fold when the results are pooled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from prognos.apps.experiment.cells import Cell, Stage, Study
from prognos.apps.experiment.claims import merged_config
from prognos.apps.experiment.gathering import expand, outcomes, part_of_fold
from prognos.apps.experiment.planning import Cohort
from prognos.config import keys
from prognos.estimators import fit_reference, reference_table

__all__ = ["REFERENCES", "describe_patients", "gather_references"]

REFERENCES = {
    "lesion_count": "Lesion count",
    "total_volume": "Total volume",
    "clinical": "Clinical columns",
}
"""Title of each row."""


def gather_references(
    study: Study, cells: Iterable[Cell], cohort: Cohort, folds: Sequence[int]
) -> tuple[pd.DataFrame, list[str]]:
    """Fit the reference models in the folds, seeds and cohort tables of the cells.

    Args:
        study: what the cells share.
        cells: all of them.
        cohort: where the patients come from.
        folds: parts to test on.

    Returns:
        Predictions as :func:`prognos.apps.experiment.gathering.gather_cells` gives them, and one sentence for each
        model that this cohort does not allow.
    """
    if not study.table.references:
        return pd.DataFrame(), []
    patients = describe_patients(study, cohort.tables[0]).drop(columns=["time_days", "event"])
    parts: list[pd.DataFrame] = []
    missing: dict[str, str] = {}
    for cell in {(cell.cohort, cell.permutation, cell.seed): cell for cell in cells}.values():
        table = outcomes(cell, cohort.time_unit).merge(patients, on=keys.PATIENT, validate="1:1")
        for name in study.table.references:
            for fold in folds:
                train = table[part_of_fold(table[keys.FOLD], fold) == "train"]
                try:
                    log_hazard = fit_reference(name, train, table)
                except ValueError as error:
                    missing[name] = f"{REFERENCES[name]}: not available, {error}"
                    continue
                parts.append(expand(table.assign(log_hazard=log_hazard), cell, fold, name))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(), [*missing.values()]


def describe_patients(study: Study, cohort: Path) -> pd.DataFrame:
    """Lesions and covariates of every patient, from the cache that the trainings filled.

    Args:
        study: what the cells share; the overrides of its first row say where cohort and cache lie.
        cohort: the cohort table.
    """
    row = next(row for row in study.table.rows if not row.overlay)
    given = dict(next(iter(study.overrides.values()), {})) | {
        "cohort_file": str(cohort),
        "train::cohort::subset": "all",
        "train::usable::skipped_file": None,
    }
    parser = merged_config(study, Cell(row, cohort), Stage("train", "", given, Path()))
    return reference_table(parser.get_parsed_content("train::dataset"))
