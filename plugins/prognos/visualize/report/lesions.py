"""The lesions of a report: those at both ends of the ranking, all of them in a table, and what their risk goes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from prognos.visualize.interpretation import Interpretation
from prognos.visualize.report.cells import interval, p_value
from prognos.visualize.report.parts import Cell, Gallery, Illustration, Numbers, Section, Table

__all__ = ["interpretation_section", "lesion_section"]

SHOWN_LESIONS = 3000
"""Rows of the table on the page; the file beside it holds all."""

TABLE_MEANING = (
    "Every scored lesion, the one that adds most to a log hazard first; risks have no unit, higher is worse."
)

SHOWN_COLUMNS = (
    "patient_id",
    "reader",
    "lesion_id",
    "organ",
    "risk",
    "scaled_risk",
    "volume_mm3",
    "diameter_mm",
    "growth_ratio",
    "margin_mm",
)
"""Columns of the table on the page, where they hold anything, the risks in view on a small screen; the file has all."""

DIGITS = {
    "volume_mm3": 0,
    "diameter_mm": 1,
    "growth_ratio": 2,
    "margin_mm": 1,
    "depth_mm": 1,
    "risk": 4,
    "scaled_risk": 4,
}
"""Decimals kept in the table of lesions."""


def lesion_section(
    table: pd.DataFrame, *, galleries: Sequence[Gallery] = (), illustrations: Sequence[Illustration] = ()
) -> Section:
    """Galleries, pictures and the sortable table of all lesions.

    Args:
        table: one row a lesion of an annotation, with ``scaled_risk``.
        galleries: lesions at both ends of the ranking.
        illustrations: for instance the slices they lie on.
    """
    ordered = table.sort_values("scaled_risk", ascending=False, kind="stable")
    shown = [name for name in SHOWN_COLUMNS if name in ordered and not ordered[name].isna().all()]
    rows = list(zip(*(_values(ordered[name], name) for name in shown), strict=True))
    numbers = Numbers("lesions", {str(name): _values(ordered[name], str(name)) for name in ordered}, TABLE_MEANING)
    lesions = Table(shown, rows, TABLE_MEANING, "lesions", sortable=True, shown=SHOWN_LESIONS, numbers=numbers)
    return Section("Lesions", galleries=galleries, illustrations=illustrations, tables=[lesions] if rows else ())


def interpretation_section(found: Sequence[Interpretation]) -> Section:
    """What the risks of lesions go with."""
    illustrations = [Illustration(each.figure, each.text, [_columns(each.name, each.plotted)]) for each in found]
    tables = [_statistics(each) for each in found if len(each.effects)]
    text = "Associations of the predicted risks in these patients; none of them is a cause."
    return Section("What lesion risk goes with", text, illustrations, tables)


def _columns(name: str, table: pd.DataFrame) -> Numbers:
    """A table of pandas as the columns of a file."""
    return Numbers(name, {str(column): np.asarray(table[column]) for column in table})


def _statistics(found: Interpretation) -> Table:
    """Statistics as a reader wants them; the file holds them as they were computed."""
    numbers = _columns(f"{found.name}_effects", found.effects)
    head, rows = list(numbers.columns), [list(row) for row in found.effects.astype(object).to_numpy().tolist()]
    if {"estimate", "p_value"} <= set(head):
        head = ["what", "estimate [95 %]", "p", "lesions", "patients"]
        rows = [
            [
                row["what"],
                interval(row["estimate"], row["low"], row["high"], 3),
                p_value(row["p_value"]),
                row["lesions"],
                row["patients"],
            ]
            for row in found.effects.to_dict("records")
        ]
    return Table(head, rows, found.title, numbers.name, numbers=numbers)


def _values(column: pd.Series[Any], name: str) -> list[Cell]:
    """Plain values of a column; what is unknown becomes None."""
    rounded = column.round(DIGITS[name]) if name in DIGITS else column
    whole = DIGITS.get(name) == 0
    return [None if pd.isna(value) else int(value) if whole else value for value in rounded.tolist()]
