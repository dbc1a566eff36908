"""Who the patients of a report are, how long they were followed, and what is missing."""

from __future__ import annotations

import math

from prognos.metrics import Evaluation
from prognos.visualize.forest import ForestRow, draw_forest
from prognos.visualize.report.cells import UNKNOWN, interval, months, months_interval, percent, plotted
from prognos.visualize.report.parts import Cell, Illustration, Section, Table

__all__ = ["cohort_section", "follow_up_text", "subgroup_section"]


def cohort_section(evaluation: Evaluation) -> Section:
    """Table one, follow-up and missing values."""
    tables = [_table_one(evaluation), _missing(evaluation)]
    text = "".join(
        f"Median follow-up {follow_up_text(evaluation)} (reverse Kaplan-Meier, 95 % interval), longest "
        f"{months(row.longest)} months; {row.events} of {row.patients} patients had the event."
        for row in evaluation.follow_up
    )
    return Section("Patients and follow-up", text, tables=[table for table in tables if table is not None])


def follow_up_text(evaluation: Evaluation) -> str:
    """Median follow-up with its interval, in months; empty when unknown."""
    return "".join(
        "not reached" if math.isnan(r.median) else f"{months_interval(r.median, r.low, r.high)} months"
        for r in evaluation.follow_up
    )


def subgroup_section(evaluation: Evaluation) -> Section:
    """Concordance in subgroups."""
    rows = evaluation.subgroups
    if not rows:
        return Section("Subgroups", absent=["No column of the cohort names a subgroup."])
    known = [row for row in rows if not math.isnan(row.concordance)]
    forest = [ForestRow(f"{r.variable}: {r.level}", r.concordance, r.low, r.high, r.patients, r.events) for r in known]
    lines: list[list[Cell]] = [
        [r.variable, r.level, r.patients, r.events, r.pairs, interval(r.concordance, r.low, r.high)] for r in rows
    ]
    head = ["variable", "level", "patients", "events", "pairs", "C-index [95 % interval]"]
    caption = "Few events make wide intervals; a difference between subgroups is not tested here."
    return Section(
        "Subgroups",
        illustrations=[
            Illustration(draw_forest(forest, heading="Concordance in subgroups"), "C-index within each subgroup.")
        ]
        if forest
        else (),
        tables=[Table(head, lines, caption, "subgroups", numbers=plotted("subgroups", rows))],
    )


def _table_one(evaluation: Evaluation) -> Table | None:
    """One row a variable or level, one column a group."""
    rows = evaluation.table_one
    if not rows:
        return None
    groups = list(dict.fromkeys(row.group for row in rows))
    cells = {(row.variable, row.level, row.group): row for row in rows}
    lines: list[list[Cell]] = []
    for variable, level in dict.fromkeys((row.variable, row.level) for row in rows):
        found = [cells.get((variable, level, group)) for group in groups]
        missing = max(cell.missing for cell in found if cell is not None)
        lines.append([variable, level, *(UNKNOWN if cell is None else cell.text for cell in found), missing])
    caption = "Numbers: median [quartiles]. Names: patients and their share of those known."
    head = ["variable", "level", *groups, "missing"]
    return Table(head, lines, caption, "table_one", numbers=plotted("table_one", rows))


def _missing(evaluation: Evaluation) -> Table | None:
    """Variables with gaps."""
    gaps = [row for row in evaluation.missingness if row.missing]
    if not gaps:
        return None
    lines: list[list[Cell]] = [
        [r.variable, r.missing, percent(r.share), percent(r.share_with_event), percent(r.share_without_event)]
        for r in gaps
    ]
    head = ["variable", "missing", "of all", "of those with the event", "of those censored"]
    return Table(head, lines, "Missing values.", "missingness", numbers=plotted("missingness", gaps))
