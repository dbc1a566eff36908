"""The order of the rows that a paper found: which pairs hold here, and whether anything may be claimed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from prognos.apps.experiment.cells import Cell, Study
from prognos.apps.experiment.markdown import grid, interval
from prognos.apps.experiment.statistics import compare_rows
from prognos.apps.experiment.tables import Table

__all__ = ["claim_limits", "order_lines"]

FEWEST_SEEDS = 3
"""Survival seeds of a drawn cohort below which no order is claimed: one draw of the outcomes moves it."""

NEUTRAL = {"bfloat16", "deterministic", "num_workers", "val_interval"}
"""Overlays and ids that change how long a training takes, not what it learns from."""

MEANING = (
    "Each pair by its paired difference, with a 95 % interval over patients: a pair that the paper orders holds when "
    "the interval lies above 0; of a pair that it finds level, an interval with 0 inside shows no difference, which "
    "proves none."
)
"""How a pair is judged."""


def claim_limits(
    study: Study, cells: Iterable[Cell], *, folds: Sequence[int], is_reduced: bool, is_synthetic: bool
) -> list[str]:
    """Why the order of the rows may not be claimed, in words; none where it may.

    Args:
        study: what the cells share.
        cells: all of them.
        folds: that the cohort has.
        is_reduced: whether the reduced protocol was followed.
        is_synthetic: whether the patients are drawn.
    """
    made = list(cells)
    limits = ["reduced protocol"] if is_reduced else []
    missing = sorted(set(folds) - {cell.fold for cell in made if cell.fold is not None})
    if missing:
        limits.append(f"fold {', '.join(map(str, missing))} not made")
    if changed := _changed(study):
        limits.append(f"other settings than the bundle's: {', '.join(changed)}")
    cohorts = len({cell.cohort for cell in made})
    if is_synthetic and cohorts < FEWEST_SEEDS:
        limits.append(f"{cohorts} of at least {FEWEST_SEEDS} survival seeds")
    return limits


def order_lines(predictions: pd.DataFrame, table: Table, titles: Mapping[str, str], limits: Sequence[str]) -> list[str]:
    """The paper's order, pair by pair, as Markdown.

    Args:
        predictions: of all rows.
        table: with the order.
        titles: name of each row on paper.
        limits: of :func:`claim_limits`; with any, differences are shown and nothing is called.
    """
    tested = predictions[predictions["subset"] == "test"]
    present = set(tested["row"])
    known = {row.name: titles.get(row.name, row.title) for row in table.rows}
    cells = []
    for row, relation, other in table.order:
        pair = f"{known[row]} {relation} {known[other]}"
        if not {row, other} <= present:
            cells.append([pair, "", "not made here"])
            continue
        found = compare_rows(tested, row, other)
        shown = interval(found["difference"], found["difference_low"], found["difference_high"], sign="+")
        cells.append([pair, shown, "not claimed" if limits else _verdict(relation, found)])
    if not any(shown for _, shown, _ in cells):
        return []
    said = f"**No order is claimed here**: {'; '.join(limits)}." if limits else "The full protocol was followed."
    heads = ["the paper", "difference here [95 %]", "here"]
    return ["", "## The paper's order", "", f"{said} {MEANING}", "", *grid(heads, cells)]


def _changed(study: Study) -> list[str]:
    """Overlays and values that are not the bundle's own, places aside."""
    names = [name for name in study.overlay.split(",") if name]
    for overrides in study.overrides.values():
        names += [name for name in overrides if not name.endswith(("_dir", "_file")) and name != "device"]
    return [name for name in dict.fromkeys(names) if name not in NEUTRAL and name != study.table.reduced]


def _verdict(relation: str, found: Mapping[str, float]) -> str:
    """What the interval of a difference says about a relation of the paper."""
    low, high = found["difference_low"], found["difference_high"]
    if math.isnan(low + high):
        return "cannot be compared"
    if relation == ">":
        return "holds" if low > 0 else "the opposite" if high < 0 else "not told apart"
    return "no difference shown" if low <= 0 <= high else "differ"
