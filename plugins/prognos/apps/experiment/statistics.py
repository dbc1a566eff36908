"""Numbers of an experiment, all of them from the tables of predictions.

Risks of two trainings share no scale, so patients are compared only within a cohort table, seed and fold; a patient who
occurs in several of them is one cluster.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from prognos.apps.experiment.cells import SUBSETS
from prognos.config import keys
from prognos.estimators.comparison_summary import summarise_comparison
from prognos.metrics import compare_models, concordance_index, concordance_interval

__all__ = ["compare_rows", "fold_indices", "null_test", "score_survival", "summarise_cohorts", "summarise_rows"]

RUN = ("cohort", "permutation", "seed", keys.FOLD)
"""Columns that tell one training of a row from another."""


def fold_indices(predictions: pd.DataFrame) -> pd.DataFrame:
    """C-index of every row on each part of the cohort in each fold.

    Args:
        predictions: one row a patient, with ``row``, ``subset``, ``cohort``, ``permutation``, ``seed``, ``fold``,
            ``time_days``, ``event`` and ``log_hazard``.

    Returns:
        The columns that tell the runs apart, and ``c_index``; NaN where no pair can be compared.
    """
    found = []
    for names, part in predictions.groupby(["row", *RUN, "subset"], sort=False):
        found.append((*names, _index(part)[0]))
    return pd.DataFrame(found, columns=["row", *RUN, "subset", "c_index"])


def summarise_rows(predictions: pd.DataFrame, proposed: str) -> pd.DataFrame:
    """The table: one line a row.

    Args:
        predictions: as for :func:`fold_indices`.
        proposed: row that the others are compared with.

    Returns:
        ``row``; ``<part>_mean`` and ``<part>_sd`` of the C-index over the cells, for the parts train, validation and
        test; ``c_index`` out of fold with its ``standard_error`` and 95 % interval ``low`` to ``high`` over patients;
        ``difference`` to the proposed row on the same patients with ``difference_low``, ``difference_high`` and the
        two-sided ``p_value``; ``cells``, ``patients``, ``events``. NaN where there is none.
    """
    indices, tested = fold_indices(predictions), predictions[predictions["subset"] == "test"]
    lines = []
    for row in predictions["row"].drop_duplicates():
        line: dict[str, Any] = {"row": row}
        for subset in SUBSETS:
            values = indices.loc[(indices["row"] == row) & (indices["subset"] == subset), "c_index"].to_numpy()
            line |= {f"{subset}_mean": _mean(values), f"{subset}_sd": _sd(values)}
        part = tested[tested["row"] == row]
        index, error = _index(part, _strata(part))
        low, high = concordance_interval(index, error)
        patients = part.drop_duplicates(keys.PATIENT)
        line |= {"c_index": index, "standard_error": error, "low": low, "high": high}
        line |= compare_rows(tested, row, proposed)
        line |= {
            "cells": len(part.drop_duplicates(list(RUN))),
            "patients": len(patients),
            "events": int(patients["event"].sum()),
        }
        lines.append(line)
    return pd.DataFrame(lines)


def compare_rows(tested: pd.DataFrame, row: str, other: str) -> dict[str, float]:
    """Out-of-fold C-index of one row minus that of another, on the patients and runs that both have.

    Args:
        tested: predictions of the test patients.
        row: the one.
        other: the other one.

    Returns:
        ``difference``, ``difference_low``, ``difference_high`` (95 %) and ``p_value``; NaN where the rows are the same
        or share nothing.
    """
    names = ("difference", "difference_low", "difference_high", "p_value")
    keyed = [keys.PATIENT, *RUN]
    ours, theirs = (
        tested.loc[tested["row"] == name, [*keyed, "time_days", "event", keys.LOG_HAZARD]] for name in (row, other)
    )
    both = ours.merge(theirs[[*keyed, keys.LOG_HAZARD]], on=keyed, suffixes=("", "_other"), validate="1:1")
    if row == other or both.empty:
        return dict.fromkeys(names, math.nan)
    log_hazards = {"row": both[keys.LOG_HAZARD].to_numpy(), "other": both[f"{keys.LOG_HAZARD}_other"].to_numpy()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a fold without comparable pair counts nothing; NaN says the rest
        found = compare_models(
            log_hazards,
            both["time_days"].to_numpy(),
            both["event"].to_numpy(),
            reference="other",
            strata=_strata(both),
            cluster=both[keys.PATIENT].to_numpy(dtype=str),
        )[0]
    return {name: getattr(found, name) for name in names}


def summarise_cohorts(predictions: pd.DataFrame, oracle: str) -> pd.DataFrame:
    """Mean test C-index over the folds (and seeds) of each cohort table, beside that of the true risks.

    Args:
        predictions: as for :func:`fold_indices`.
        oracle: row of the true risks, where there is one.

    Returns:
        One line a row: its mean in each cohort table, and over them ``mean``, ``sd`` and, where the truth is known,
        ``below_oracle``, the mean of the oracle's index minus its own.
    """
    indices = fold_indices(predictions[predictions["subset"] == "test"])
    wide = indices.pivot_table(index="row", columns="cohort", values="c_index", aggfunc="mean", sort=False)
    means = wide.mean(axis=1)
    table = wide.assign(mean=means, sd=wide.std(axis=1, ddof=1))
    if oracle in table.index:
        table["below_oracle"] = means[oracle] - means
    return table.reset_index()


def score_survival(
    predictions: pd.DataFrame, horizons: Sequence[float], strata: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """C-index within strata, and Brier scores, out of fold: of all patients, and of those of each stratum.

    Args:
        predictions: as for :func:`fold_indices`, with the survival columns of the horizons.
        horizons: days; none for no Brier score.
        strata: column whose levels are not compared with each other; empty for none.

    Returns:
        One line a row: ``row``; ``stratified`` with ``stratified_low`` and ``stratified_high`` (95 %) where there are
        strata; ``integrated_brier`` and ``brier_<day>_days`` where there are horizons. NaN where there is none. Then
        one line a row and stratum: ``row``, the stratum, ``patients``, ``events``, ``c_index`` with ``low`` and
        ``high``, and the Brier scores, the censoring being that of all patients.
    """
    tested = predictions[predictions["subset"] == "test"]
    runs = tested[["cohort", "permutation", "seed"]].astype(str).agg("|".join, axis=1)
    found = summarise_comparison(tested.assign(model=tested["row"], seed=runs), horizons=horizons, subgroups=strata)
    lines, parts = [], []
    for row, figures in found["models"].items():
        line: dict[str, Any] = {"row": row}
        if strata:
            index = figures["c_index_stratified"]
            low, high = index["interval_95"]
            line |= {"stratified": index["value"], "stratified_low": low, "stratified_high": high}
        lines.append(line | _brier_scores(figures, horizons))
        for part in figures.get("subgroups", ()):
            low, high = part["c_index"]["interval_95"]
            counts = {"row": row, strata: part["name"], "patients": part["patients"], "events": part["events"]}
            index = {"c_index": part["c_index"]["value"], "low": low, "high": high}
            parts.append(counts | index | _brier_scores(part, horizons))
    return pd.DataFrame(lines), pd.DataFrame(parts)


def _brier_scores(figures: Mapping[str, Any], horizons: Sequence[float]) -> dict[str, float]:
    """Brier scores as columns; none without horizons."""
    if not horizons:
        return {}
    scores = {f"brier_{day:g}_days": score for day, score in zip(horizons, figures["brier"], strict=True)}
    return {"integrated_brier": figures["integrated_brier"], **scores}


def null_test(predictions: pd.DataFrame) -> pd.DataFrame:
    """Whether rows trained on permuted outcomes do better than chance.

    Args:
        predictions: as for :func:`fold_indices`, of permuted outcomes.

    Returns:
        One line a row: ``permutations``, the ``mean`` over them of the mean test C-index over the folds, its ``sd``
        and ``standard_error`` over the permutations, and ``distance`` of the mean from 0.5 in standard errors.
    """
    indices = fold_indices(predictions[predictions["subset"] == "test"])
    lines = []
    for row, part in indices.groupby("row", sort=False):
        values = part.groupby(["cohort", "permutation"])["c_index"].mean().to_numpy()
        mean, spread = _mean(values), _sd(values)
        error = spread / math.sqrt(len(values))
        distance = (mean - 0.5) / error if error > 0 else math.nan
        counts = {"row": row, "permutations": len(values)}
        lines.append(counts | {"mean": mean, "sd": spread, "standard_error": error, "distance": distance})
    return pd.DataFrame(lines)


def _index(part: pd.DataFrame, strata: Any | None = None) -> tuple[float, float]:
    """C-index of some predictions, patients as clusters."""
    columns = (part[name].to_numpy() for name in (keys.LOG_HAZARD, "time_days", "event"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no comparable pair: NaN says so
        return concordance_index(*columns, strata=strata, cluster=part[keys.PATIENT].to_numpy(dtype=str))


def _strata(part: pd.DataFrame) -> Any:
    """One text for each training."""
    return part[list(RUN)].astype(str).agg("|".join, axis=1).to_numpy(dtype=str)


def _mean(values: Any) -> float:
    """Mean of what is defined."""
    return float(np.mean(values)) if len(values) else math.nan


def _sd(values: Any) -> float:
    """Standard deviation with n - 1; NaN of fewer than two."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
