"""The paper's order is told pair by pair, and claimed from the full protocol alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prognos.apps.experiment.cells import Cell, Study
from prognos.apps.experiment.order import claim_limits, order_lines
from prognos.apps.experiment.tables import LESION_TABLE

TITLES = {row.name: row.title for row in LESION_TABLE.rows}
PATIENTS = 40


def predicted(row: str, right: int) -> pd.DataFrame:
    """A row that orders the first patients as they die, and the others the wrong way round."""
    ranks = [-rank for rank in range(right)] + [-PATIENTS + rank for rank in range(PATIENTS - right)]
    return pd.DataFrame(
        {
            **{"row": row, "subset": "test", "cohort": "cohort", "permutation": 0, "seed": 0, "fold": 0},
            "patient_id": [f"p{rank}" for rank in range(PATIENTS)],
            "time_days": [float(rank + 1) for rank in range(PATIENTS)],
            "event": 1,
            "log_hazard": [float(rank) for rank in ranks],
        }
    )


PREDICTIONS = pd.concat(
    [predicted("proposed", 40), predicted("no_fc_network", 40), predicted("no_size_scaler", 10), predicted("other", 5)]
)


def shown(limits: list[str]) -> list[list[str]]:
    """Cells of the table."""
    lines = order_lines(PREDICTIONS, LESION_TABLE, TITLES, limits)
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if line.startswith("|")][2:]


def test_each_pair_of_the_paper_is_told_with_its_interval() -> None:
    level, ordered, *absent = shown([])
    assert level == ["Proposed ≈ No FC network", "+0.000 [+0.000, +0.000]", "no difference shown"]
    assert ordered[0] == "No FC network > No size scaler"
    assert ordered[-1] == "holds"
    assert [line[0] for line in absent] == ["No size scaler ≈ Mean of largest 5", "Mean of largest 5 > Whole volume"]
    assert all(line[-1] == "not made here" for line in absent)


def test_an_interval_that_holds_0_tells_nothing_apart() -> None:
    near = pd.concat([predicted("no_fc_network", 39), predicted("no_size_scaler", 37)])
    (line,) = [line for line in order_lines(near, LESION_TABLE, TITLES, []) if "not told apart" in line]
    assert "No FC network > No size scaler" in line
    assert "+0." in line.split("[")[0]
    assert "[-" in line


def test_the_opposite_is_called_so() -> None:
    swapped = PREDICTIONS.replace({"row": {"no_fc_network": "no_size_scaler", "no_size_scaler": "no_fc_network"}})
    text = "\n".join(order_lines(swapped, LESION_TABLE, TITLES, []))
    assert "| the opposite |" in text
    assert "| differ |" in text


def test_a_reduced_protocol_shows_differences_and_claims_nothing() -> None:
    text = "\n".join(order_lines(PREDICTIONS, LESION_TABLE, TITLES, ["reduced protocol"]))
    assert "**No order is claimed here**: reduced protocol." in text
    assert "holds |" not in text
    assert [line[-1] for line in shown(["reduced protocol"])][:2] == ["not claimed"] * 2
    assert shown(["reduced protocol"])[1][1] == shown([])[1][1], "the difference is shown all the same"


def test_without_any_pair_there_is_no_table() -> None:
    assert order_lines(predicted("proposed", 3), LESION_TABLE, TITLES, []) == []


STUDY = Study(LESION_TABLE, Path("bundle"), Path("out"))
ROW = LESION_TABLE.rows[2]


def full(cohorts: int = 3, folds: int = 4) -> list[Cell]:
    return [Cell(ROW, Path(f"cohort{cohort}.csv"), fold) for cohort in range(cohorts) for fold in range(folds)]


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, ""),
        ({"is_reduced": True}, "reduced protocol"),
        ({"cells": full(folds=3)}, "fold 3 not made"),
        ({"cells": full(cohorts=1)}, "1 of at least 3 survival seeds"),
        ({"cells": full(cohorts=1), "is_synthetic": False}, ""),
        ({"study": replace(STUDY, overrides={"proposed": {"epochs": 5}})}, "other settings than the bundle's: epochs"),
        ({"study": replace(STUDY, overrides={"proposed": {"cache_dir": "c", "device": "cpu"}})}, ""),
        ({"study": replace(STUDY, overlay="bfloat16")}, ""),
        ({"study": replace(STUDY, overlay="mine")}, "other settings than the bundle's: mine"),
    ],
)
def test_only_the_full_protocol_may_claim(changes: dict[str, Any], limit: str) -> None:
    given: dict[str, Any] = {"study": STUDY, "cells": full(), "is_reduced": False, "is_synthetic": True} | changes
    limits = claim_limits(given.pop("study"), given.pop("cells"), folds=range(4), **given)
    assert limits == ([limit] if limit else [])
