"""Predictions of all cells in one table, and those that need no training: the true risks of a drawn cohort."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import pandas as pd

from prognos.apps.experiment.cells import SUBSETS, Cell, Study
from prognos.apps.experiment.planning import Cohort
from prognos.apps.experiment.tables import Row, Run
from prognos.config import keys
from prognos.data import read_cohort, true_portrait_scores, true_scores
from prognos.data.cohort import TimeUnit
from prognos.estimators import load_model, stored_generator
from prognos.estimators.comparison import survival_column

__all__ = ["ORACLES", "expand", "gather_cells", "gather_oracles", "outcomes", "part_of_fold", "with_strata"]

ORACLES = {"visible": "What the face shows of the true risks", "oracle": "True risks (oracle)"}
"""Rows of the truth, where a drawn cohort has it."""

TRUE_OUTCOMES = 0
"""Number of the permutation that changes nothing."""


def gather_cells(
    study: Study,
    cells: Iterable[Cell],
    *,
    rows: Sequence[Row],
    folds: Collection[int],
    horizons: Sequence[float] = (),
) -> pd.DataFrame:
    """Read the predictions of finished cells.

    Args:
        study: what the cells share.
        cells: rows, and runs that compare models.
        rows: those that are wanted.
        folds: folds that are wanted.
        horizons: days at which survival is wanted, where the baseline hazard is known.

    Returns:
        The columns of the predictions table, and ``row``, ``subset``, ``cohort``, ``permutation``, ``seed``, ``fold``.

    Raises:
        ValueError: when a table is of another fold or seed than its folder says.
    """
    parts = []
    for cell in cells:
        if not isinstance(cell.model, Run):
            parts += [_read_part(study, cell, subset, horizons) for subset in SUBSETS]
        elif cell.model.stage == "compare":
            table = _read(study.folder(cell) / "predictions.csv", seed=cell.seed)
            names = {row.model or row.name: row.name for row in rows if row.made_by == cell.name}
            table = table[table["model"].isin(names) & table[keys.FOLD].isin(folds)]
            parts.append(_labelled(table.assign(row=table["model"].map(names), subset="test"), cell))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def gather_oracles(cells: Iterable[Cell], cohort: Cohort, folds: Sequence[int]) -> pd.DataFrame:
    """Score the patients of drawn cohorts by their true risks, in the folds, seeds and cohort tables of the cells.

    Returns:
        As :func:`gather_cells`; empty where the truth is not known.
    """
    if not (cohort.folder / "truth/patients.csv").is_file():
        return pd.DataFrame()
    is_face = (cohort.folder / "photos.csv").is_file()
    scores = (true_portrait_scores if is_face else true_scores)(cohort.folder).set_index(keys.PATIENT)
    parts = []
    for cell in {(cell.cohort, cell.permutation, cell.seed): cell for cell in cells}.values():
        table = outcomes(cell, cohort.time_unit)
        for name in ORACLES:
            if name in scores:
                table[keys.LOG_HAZARD] = scores[name].reindex(table[keys.PATIENT]).to_numpy()
                parts += [expand(table, cell, fold, name) for fold in folds]
    return pd.concat(parts, ignore_index=True)


def expand(table: pd.DataFrame, cell: Cell, fold: int, row: str) -> pd.DataFrame:
    """Predictions of a model that scores the whole cohort at once, as the three parts of a fold.

    Args:
        table: one row a patient, with ``patient_id``, ``time_days``, ``event``, ``log_hazard`` and ``fold``.
        cell: whose seed, cohort and permutation they get.
        fold: part that is tested.
        row: name of the model.
    """
    columns = [keys.PATIENT, "time_days", "event", keys.LOG_HAZARD]
    subset = part_of_fold(table[keys.FOLD], fold)
    return _labelled(table[columns].assign(model=row, flags="", row=row, subset=subset, fold=fold), cell)


def part_of_fold(folds: pd.Series, fold: int) -> pd.Series:
    """Whether each patient trains, validates or is tested in a fold, by the rule of ``read_cohort``."""
    special = {fold: "test", (fold + 1) % (int(folds.max()) + 1): "validation"}
    return folds.map(lambda part: special.get(int(part), "train"))


def outcomes(cell: Cell, time_unit: TimeUnit) -> pd.DataFrame:
    """Outcome and fold of each patient, in days."""
    samples = read_cohort(cell.cohort, time_unit=time_unit, permute_labels=cell.permutation)
    return pd.DataFrame(
        {
            keys.PATIENT: [sample[keys.PATIENT] for sample in samples],
            "time_days": [float(sample[keys.LABEL][keys.TIME]) for sample in samples],
            "event": [int(sample[keys.LABEL][keys.EVENT]) for sample in samples],
            keys.FOLD: [int(sample[keys.FOLD]) for sample in samples],
        }
    )


def with_strata(predictions: pd.DataFrame, column: str, cohort: Cohort) -> pd.DataFrame:
    """The predictions with a column of the cohort table, where the table has it."""
    samples = read_cohort(cohort.tables[0], time_unit=cohort.time_unit)
    if not column or column not in samples[0]:
        return predictions
    levels = {sample[keys.PATIENT]: str(sample[column]) for sample in samples}
    return predictions.assign(**{column: predictions[keys.PATIENT].map(levels)})


def _read_part(study: Study, cell: Cell, subset: str, horizons: Sequence[float]) -> pd.DataFrame:
    """Predictions of one training on one part of the cohort."""
    folder = study.folder(cell)
    table = _read(folder / f"predictions_{subset}.csv", seed=cell.seed, fold=cell.fold)
    if horizons and (baseline := folder / "baseline.safetensors").is_file():
        hazard = load_model(baseline, generator=stored_generator(baseline))
        survival = hazard.survival(table[keys.LOG_HAZARD].to_numpy(), horizons)
        table = table.assign(**{survival_column(day): survival[:, place] for place, day in enumerate(horizons)})
    return _labelled(table.assign(row=cell.name, subset=subset), cell)


def _read(path: Path, **expected: int | None) -> pd.DataFrame:
    """A table of predictions.

    Raises:
        ValueError: when it is of another fold or seed than expected.
    """
    table = pd.read_csv(path, comment="#", dtype={keys.PATIENT: str})
    for name, value in expected.items():
        if name in table and not (table[name] == value).all():
            raise ValueError(f"{path}: the column {name} is not {value} throughout; the file belongs elsewhere.")
    return table


def _labelled(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The table with the columns that tell the trainings apart."""
    permutation = TRUE_OUTCOMES if cell.permutation is None else cell.permutation
    return table.assign(cohort=cell.cohort.stem, permutation=permutation, seed=cell.seed)
