"""``prognos figures``: the pictures of a paper from tables of predictions or of scored lesions."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from fire.decorators import SetParseFn

from prognos.apps.lesion_figures import draw_lesion_tables
from prognos.apps.out_of_fold import HORIZON
from prognos.apps.saving import save_figure
from prognos.config import keys
from prognos.data import read_groups
from prognos.files import written_whole
from prognos.metrics import brier_score, compare_models, concordance_by_group, integrated_brier_score
from prognos.visualize import ForestRow, draw_brier_over_time, draw_forest, draw_model_comparison

__all__ = ["figures"]


@SetParseFn(str)  # fire reads the folder 2024 as a number
def figures(
    *tables: str,
    output_dir: str = "",
    cohort_file: str = "",
    by: str = keys.CANCER_TYPE,
    edges: str = "",
    reference: str = "",
    model: str = "",
    annotations_file: str = "",
    cache_dir: str = "",
    instances: str = "labels",
    notice: str = "",
) -> None:
    """Draw what tables of predictions or of scored lesions allow, each with its numbers.

    From predictions: ``subgroups_<by>.svg`` and ``.csv`` (one row a subgroup: index, 95 % interval, events, patients,
    pairs), ``models.svg`` and, where survival was predicted at two horizons or more, ``brier.svg``.

    From lesions: ``lesion_organs.svg``, ``lesion_growth.svg``, ``lesion_margin.svg`` and ``lesion_readers.svg``, each
    with the plotted numbers (``.csv``) and the effects (``_effects.csv``), and ``lesion_slices.png``.

    Args:
        tables: one table of predictions (``predictions.csv`` of the comparison of models), or one or more tables of
            lesions (``lesions_test.csv``), of several folds for instance.
        output_dir: folder of the pictures; by default that of the first table.
        cohort_file: cohort table with the column of the subgroups; by default the column is in the predictions.
        by: column of the subgroups: ``cancer_type``, ``sex``, ``age``, a skin tone. Empty: no subgroups.
        edges: ends of bands for a column of numbers, such as ``50,65``.
        reference: model that the others are compared with; by default ``clinical``, or the first.
        model: model of the subgroup figure; by default the first.
        annotations_file: annotation table, for the slices of lesions, and where a table has no margins.
        cache_dir: folder in which margins are kept for the next time.
        instances: what one lesion is in the masks, as in the bundle: labels, components or files.
        notice: strip on every picture; on those of lesions by default what their table says of its weights.
    """
    if not tables:
        raise ValueError("no table; name one: prognos figures predictions.csv, or prognos figures lesions_test.csv.")
    paths = [Path(table) for table in tables]
    folder = Path(output_dir) if output_dir else paths[0].parent
    kinds = {"lesion_id" in pd.read_csv(path, comment="#", nrows=0) for path in paths}
    if kinds == {True}:
        draw_lesion_tables(
            paths, folder, annotations_file=annotations_file, cache_dir=cache_dir, instances=instances, notice=notice
        )
    elif len(paths) == 1:
        _draw_predictions(paths[0], folder, cohort_file, by, edges, reference, model, notice)
    else:
        raise ValueError(
            f"{len(paths)} tables, not all of lesions; expected one table of predictions, or lesions only."
        )


def _draw_predictions(
    path: Path, folder: Path, cohort_file: str, by: str, edges: str, reference: str, model: str, notice: str
) -> None:
    """Draw subgroups, the comparison of models and the Brier score over time."""
    table = pd.read_csv(path, comment="#", dtype={keys.PATIENT: str})
    missing = [name for name in (keys.PATIENT, "time_days", "event", keys.LOG_HAZARD, "model") if name not in table]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; expected a table of predictions.")
    names = list(dict.fromkeys(table["model"].astype(str)))
    if by:
        groups = read_groups(cohort_file, by, edges=_edges(edges)) if cohort_file else None
        _draw_subgroups(table, model or names[0], by, groups, folder, notice)
    if len(names) > 1:
        _draw_models(table, names, reference or ("clinical" if "clinical" in names else names[0]), folder, notice)
    _draw_brier(table, names, folder, notice)


def _draw_subgroups(
    table: pd.DataFrame, model: str, by: str, groups: dict[str, str] | None, folder: Path, notice: str
) -> None:
    """Forest of the subgroups of one model, the pooled average dashed."""
    part = table[table["model"].astype(str) == model]
    if part.empty:
        raise ValueError(f"no model {model!r} in the predictions; there are {', '.join(sorted(set(table['model'])))}.")
    if groups is None and by not in part:
        raise ValueError(f"the predictions have no column {by!r}; give the cohort table with --cohort_file.")
    if groups is not None:
        strangers = int((~part[keys.PATIENT].isin(groups)).sum())
        if strangers:
            raise ValueError(
                f"{strangers} rows of the predictions are of patients that the cohort table does not have."
            )
    group = part[by] if groups is None else part[keys.PATIENT].map(groups)
    if group.isna().any():
        raise ValueError(
            f"{int(group.isna().sum())} rows of the predictions have an empty {by!r}; give the cohort table with "
            f"--cohort_file, so that its lines can be named, and mend it there."
        )
    log_hazard, time, event = (
        part[name].to_numpy(dtype=np.float64) for name in (keys.LOG_HAZARD, "time_days", "event")
    )
    cluster = part[keys.PATIENT].to_numpy(dtype=str)
    rows, pooled = concordance_by_group(
        log_hazard, time, event, group.to_numpy(dtype=str), strata=_runs(part), cluster=cluster
    )
    figure = draw_forest(
        [ForestRow(row.name, row.concordance, row.low, row.high, row.patients, row.events) for row in rows],
        heading=f"C-index of {model} by {by.replace('_', ' ')}",
        dashed=ForestRow("all, pairs within groups", pooled.concordance, pooled.low, pooled.high, pooled.patients,
                         pooled.events),
        notice=notice,
    )  # fmt: skip
    save_figure(figure, folder / f"subgroups_{by}.svg")
    with written_whole(folder / f"subgroups_{by}.csv") as temporary:
        pd.DataFrame([*rows, pooled]).to_csv(temporary, index=False)


def _draw_models(table: pd.DataFrame, names: Sequence[str], reference: str, folder: Path, notice: str) -> None:
    """Index of every model and its paired difference to the reference, on the patients that all scored."""
    keyed = [name for name in (keys.PATIENT, keys.FOLD, "seed") if name in table and table[name].notna().all()]
    wide = table.pivot(index=keyed, columns="model", values=keys.LOG_HAZARD).dropna()
    about = table.drop_duplicates(keyed).set_index(keyed).loc[wide.index].reset_index()
    rows = compare_models(
        {name: wide[name].to_numpy() for name in names},
        about["time_days"].to_numpy(),
        about["event"].to_numpy(),
        reference=reference,
        strata=_runs(about),
        cluster=about[keys.PATIENT].to_numpy(dtype=str),
    )
    patients = about.drop_duplicates(keys.PATIENT)
    counts = {"patients": len(patients), "events": int(patients["event"].sum())}
    figure = draw_model_comparison(
        [ForestRow(row.model, row.concordance, row.low, row.high, **counts) for row in rows],
        [ForestRow(row.model, row.difference, row.difference_low, row.difference_high) for row in rows],
        difference_label=f"difference to {reference}",
        notice=notice,
    )
    save_figure(figure, folder / "models.svg")


def _draw_brier(table: pd.DataFrame, names: Sequence[str], folder: Path, notice: str) -> None:
    """Brier score of every model that predicts survival, at the horizons where all of them do for all patients."""
    found = {float(match[1]): name for name in table.columns if (match := HORIZON.fullmatch(name))}
    predicted = table[list(found.values())].notna().any(axis=1)
    names = [name for name in names if predicted[table["model"].astype(str) == name].any()]
    table = table[table["model"].astype(str).isin(names)]
    horizons = [day for day in sorted(found) if table[found[day]].notna().all()]
    if len(horizons) < 2:
        return
    scores, integrated = {}, {}
    for name in names:
        part = table[table["model"].astype(str) == name]
        survival = part[[found[day] for day in horizons]].to_numpy()
        time, event = part["time_days"].to_numpy(), part["event"].to_numpy()
        scores[name] = brier_score(survival, time, event, horizons=horizons)
        if not np.isnan(scores[name]).any():
            integrated[name] = integrated_brier_score(survival, time, event, horizons=horizons)
    save_figure(draw_brier_over_time(horizons, scores, integrated=integrated, notice=notice), folder / "brier.svg")


def _runs(part: pd.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    """One text for each fold and seed: models of different folds share no scale."""
    used = [name for name in (keys.FOLD, "seed") if name in part]
    if not used:
        return np.full(len(part), "")
    text: np.ndarray[tuple[int, ...], np.dtype[np.str_]] = (
        part[used].astype(str).agg("|".join, axis=1).to_numpy(dtype=str)
    )
    return text


def _edges(text: str) -> list[float]:
    """Numbers between commas."""
    try:
        edges = [float(part) for part in re.split(r"[,\s]+", text.strip("()[] ")) if part]
    except ValueError:
        edges = [math.nan]
    if any(math.isnan(edge) for edge in edges):
        raise ValueError(f"--edges is {text!r}, expected numbers between commas, such as 50,65.")
    return edges
