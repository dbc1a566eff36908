"""What a table of cross-validated predictions says: indices, Brier scores, paired differences, subgroups.

Every number comes from :mod:`prognos.metrics`. Pairs of patients are compared within a fold (and seed): two fits share
no scale.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.metrics import (
    brier_score,
    concordance_difference,
    concordance_index,
    concordance_interval,
    integrated_brier_score,
)

__all__ = ["summarise_comparison"]


def summarise_comparison(
    predictions: pd.DataFrame, *, horizons: Sequence[float], subgroups: str = ""
) -> dict[str, Any]:
    """Summarise predictions.

    Args:
        predictions: of :func:`prognos.estimators.cross_validate`.
        horizons: days whose survival columns the table has.
        subgroups: column of the table, or empty.

    Returns:
        ``patients``, ``events``, ``models`` (for each: ``c_index`` and, with subgroups, ``c_index_stratified``, with
        standard error and 95 % interval; ``brier`` by horizon and ``integrated_brier`` with its range in days;
        ``subgroups``) and ``differences`` (for each pair of models: difference, standard error and p value, two-sided
        and not adjusted for the number of pairs). What does not exist is NaN.
    """
    by_model = {str(name): part.reset_index(drop=True) for name, part in predictions.groupby("model", sort=False)}
    first = next(iter(by_model.values())).drop_duplicates(keys.PATIENT)
    models = {name: _model(part, horizons, subgroups) for name, part in by_model.items()}
    pairs = [_difference(a, b, by_model, subgroups) for a, b in combinations(by_model, 2)]
    return {
        "patients": len(first),
        "events": int(first["event"].sum()),
        "pairs": "within folds",
        "horizons_days": list(horizons),
        "models": models,
        "differences": pairs,
    }


def _model(part: pd.DataFrame, horizons: Sequence[float], subgroups: str) -> dict[str, Any]:
    """Figures of one model."""
    runs = _strata(part, "fold", "seed")
    figures: dict[str, Any] = {"c_index": _index(part, runs)}
    figures |= _brier(part, horizons, part)
    if subgroups:
        figures["c_index_stratified"] = _index(part, _strata(part, "fold", "seed", subgroups))
        figures["subgroups"] = [
            _subgroup(str(level), group.reset_index(drop=True), horizons, part)
            for level, group in part.groupby(subgroups, sort=True)
        ]
    return figures


def _subgroup(level: str, group: pd.DataFrame, horizons: Sequence[float], everyone: pd.DataFrame) -> dict[str, Any]:
    """Figures of one subgroup; the censoring is that of everyone."""
    patients = group.drop_duplicates(keys.PATIENT)
    counts = {"name": level, "patients": len(patients), "events": int(patients["event"].sum())}
    return counts | {"c_index": _index(group, _strata(group, "fold", "seed"))} | _brier(group, horizons, everyone)


def _index(part: pd.DataFrame, strata: Any) -> dict[str, Any]:
    """Concordance index with its interval; a patient of several seeds is one cluster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # small subgroups have no pair; the summary says NaN
        index, error = concordance_index(
            part[keys.LOG_HAZARD], part["time_days"], part["event"], strata=strata, cluster=part[keys.PATIENT]
        )
    low, high = concordance_interval(index, error)
    return {"value": index, "standard_error": error, "interval_95": [low, high]}


def _brier(part: pd.DataFrame, horizons: Sequence[float], everyone: pd.DataFrame) -> dict[str, Any]:
    """Brier score at each horizon, and its mean over those from the first to the last that have one.

    A horizon counts only when every patient has a prediction there.
    """
    survival = part[[f"survival_{day:g}_days" for day in horizons]].to_numpy(dtype=np.float64)
    predicted = np.isfinite(survival).all(axis=0)
    days = np.asarray(horizons, dtype=np.float64)
    scores = np.full(len(days), math.nan)
    reference = everyone.drop_duplicates(keys.PATIENT)
    columns: dict[str, Any] = {
        "time": part["time_days"],
        "event": part["event"],
        "reference": (reference["time_days"], reference["event"]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # horizons after follow-up have no score; the summary says NaN
        if predicted.any():
            scores[predicted] = brier_score(survival[:, predicted], horizons=days[predicted], **columns)
        whole = np.isfinite(scores)
        integrated = (
            integrated_brier_score(survival[:, whole], horizons=days[whole], **columns) if whole.sum() > 1 else math.nan
        )
    span = [float(days[whole][0]), float(days[whole][-1])] if whole.sum() > 1 else [math.nan, math.nan]
    return {"brier": scores.tolist(), "integrated_brier": integrated, "integrated_over_days": span}


def _difference(a: str, b: str, by_model: dict[str, pd.DataFrame], subgroups: str) -> dict[str, Any]:
    """Concordance index of ``a`` minus that of ``b``, on the same patients."""
    keyed = [keys.PATIENT, "fold", "seed"]
    both = by_model[a].merge(by_model[b][[*keyed, keys.LOG_HAZARD]], on=keyed, suffixes=("", "_b"), validate="1:1")
    result: dict[str, Any] = {"a": a, "b": b}
    for name, columns in (("", ("fold", "seed")), ("stratified_", ("fold", "seed", subgroups))):
        if "" in columns:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # as above
            value, error = concordance_difference(
                both[keys.LOG_HAZARD],
                both[f"{keys.LOG_HAZARD}_b"],
                both["time_days"],
                both["event"],
                strata=_strata(both, *columns),
                cluster=both[keys.PATIENT],
            )
        figures = {"difference": value, "standard_error": error, "p_value": _p_value(value, error)}
        result |= {name + key: figure for key, figure in figures.items()}
    return result


def _strata(part: pd.DataFrame, *columns: str) -> Any:
    """One text for each combination of the columns."""
    return part[list(columns)].astype(str).agg("|".join, axis=1).to_numpy(dtype=str)


def _p_value(difference: float, error: float) -> float:
    """Two-sided, normal approximation; 1 where both models are the same."""
    if math.isnan(difference + error):
        return math.nan
    return math.erfc(abs(difference) / error / math.sqrt(2.0)) if error > 0 else 1.0
