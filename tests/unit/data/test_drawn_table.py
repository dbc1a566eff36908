"""A call that draws the same again leaves what was added to its tables, and one that draws other patients does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prognos.apps.split import split
from prognos.apps.synthesize import synthesize
from prognos.data.drawn_table import write_drawn_table


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"patient_id": ["007", "b"], "time": [3, 4], "hb": [13.25, None]})


def test_columns_that_were_added_stay_with_the_same_rows(tmp_path: Path, table: pd.DataFrame) -> None:
    write_drawn_table(tmp_path / "cohort.csv", table)
    table.assign(fold=[1, 0])[["fold", *table]].to_csv(tmp_path / "cohort.csv", index=False)
    before = (tmp_path / "cohort.csv").read_bytes()
    write_drawn_table(tmp_path / "cohort.csv", table)
    assert (tmp_path / "cohort.csv").read_bytes() == before


@pytest.mark.parametrize("change", [{"time": [3, 5]}, {"hb": [13.25, 1.0]}, {"patient_id": ["7", "b"]}, {"sex": "F"}])
def test_another_table_is_written(tmp_path: Path, table: pd.DataFrame, change: dict[str, Any]) -> None:
    write_drawn_table(tmp_path / "cohort.csv", table.assign(fold=[1, 0]))
    write_drawn_table(tmp_path / "cohort.csv", table.assign(**change))
    assert "fold" not in (tmp_path / "cohort.csv").read_text()
    write_drawn_table(tmp_path / "cohort.csv", table.iloc[:1])
    assert (tmp_path / "cohort.csv").read_text() == "patient_id,time,hb\n007,3,13.25\n"


@pytest.mark.parametrize(("kind", "given"), [("lesions", {"patients": 8}), ("portraits", {"patients": 60, "size": 16})])
def test_more_follow_ups_leave_the_folds_of_the_first(kind: Any, given: dict[str, int], tmp_path: Path) -> None:
    synthesize(kind, str(tmp_path), seed=7, **given)
    split(str(tmp_path / "cohort.csv"))
    folds = (tmp_path / "cohort.csv").read_bytes()
    synthesize(kind, str(tmp_path), seed=7, redraws=1, **given)
    assert b"fold" in folds
    assert (tmp_path / "cohort.csv").read_bytes() == folds
    assert (tmp_path / "cohort_seed1.csv").is_file()
