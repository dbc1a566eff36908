"""``prognos split``: the fold column, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.apps.split import split
from prognos.data import CohortError, read_cohort, split_cohort

TABLE = "patient_id,time,event,note\n" + "".join(f'p{i},{i + 1},{i % 2},"a, b"\n' for i in range(12))


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """A table without parts."""
    path = tmp_path / "cohort.csv"
    path.write_text(TABLE)
    return path


def test_the_parts_are_those_of_split_cohort(cohort: Path) -> None:
    expected = split_cohort(cohort, parts=3, seed=4)
    split(str(cohort), parts=3, seed=4)
    assert [sample["fold"] for sample in read_cohort(cohort)] == expected


def test_the_other_columns_stay_as_they_are(cohort: Path) -> None:
    before = [sample["note"] for sample in read_cohort(cohort)]
    split(str(cohort))
    assert [sample["note"] for sample in read_cohort(cohort)] == before == ["a, b"] * 12


def test_a_table_that_is_split_is_left_as_it_is_unless_told(cohort: Path) -> None:
    split(str(cohort))
    before = cohort.read_bytes()
    with pytest.raises(CohortError, match="split already"):
        split(str(cohort), seed=1)
    assert cohort.read_bytes() == before
    split(str(cohort), seed=1, overwrite=True)
    assert cohort.read_bytes() != before


def test_an_alias_of_the_fold_column_is_replaced_and_not_doubled(cohort: Path) -> None:
    split(str(cohort))
    cohort.write_text(cohort.read_text().replace("note,fold", "note,Folds"))
    split(str(cohort), overwrite=True)
    assert cohort.read_text().splitlines()[0] == "patient_id,time,event,note,Folds"


def test_the_table_can_be_left_alone_and_another_written(cohort: Path, tmp_path: Path) -> None:
    split(str(cohort), output=str(tmp_path / "new.csv"))
    assert cohort.read_text() == TABLE
    assert "fold" in read_cohort(tmp_path / "new.csv")[0]
    with pytest.raises(ValueError, match="exists already"):
        split(str(cohort), output=str(tmp_path / "new.csv"))


def test_a_byte_order_mark_is_kept(cohort: Path) -> None:
    cohort.write_text(TABLE, encoding="utf-8-sig")
    split(str(cohort))
    assert cohort.read_bytes()[:3] == b"\xef\xbb\xbf"
    assert "fold" in read_cohort(cohort)[0]


def test_a_table_with_faults_is_not_touched(cohort: Path) -> None:
    cohort.write_text(TABLE.replace("p3,4", "p3,-4"))
    before = cohort.read_bytes()
    with pytest.raises(CohortError, match="line 5, column time"):
        split(str(cohort))
    assert cohort.read_bytes() == before
    assert [path.name for path in cohort.parent.iterdir()] == ["cohort.csv"]
