"""Dealing patients to the parts of a cross-validation."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from prognos.data import CohortError, split_cohort


def write(folder: Path, rows: list[str], header: str = "patient_id,time,event,treatment") -> Path:
    """Write a table and give its path."""
    path = folder / "cohort.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def cohort(size: int, seed: int = 0) -> list[str]:
    """Patients with random times, 70 % events and one of two treatments."""
    draw = random.Random(seed)
    return [f"p{i},{draw.randint(1, 400)},{int(draw.random() < 0.7)},{draw.choice('ab')}" for i in range(size)]


@pytest.mark.parametrize("size", [12, 61, 258])
@pytest.mark.parametrize("parts", [3, 4, 7])
def test_sizes_differ_by_one_at_most(tmp_path: Path, size: int, parts: int) -> None:
    folds = split_cohort(write(tmp_path, cohort(size)), parts=parts)
    counts = [folds.count(part) for part in range(parts)]
    assert sum(counts) == size
    assert max(counts) - min(counts) <= 1


def test_events_of_each_treatment_are_balanced(tmp_path: Path) -> None:
    rows = cohort(258)
    folds = split_cohort(write(tmp_path, rows))
    for treatment in "ab":
        for event in "01":
            dealt = [fold for row, fold in zip(rows, folds, strict=True) if row.endswith(f"{event},{treatment}")]
            counts = [dealt.count(part) for part in range(4)]
            assert max(counts) - min(counts) <= 2


def test_early_and_late_events_are_balanced(tmp_path: Path) -> None:
    rows = [f"p{i},{i + 1},1,a" for i in range(80)]
    folds = split_cohort(write(tmp_path, rows))
    for start in range(0, 80, 4):
        assert sorted(folds[start : start + 4]) == [0, 1, 2, 3]


def test_the_same_seed_gives_the_same_parts_and_another_seed_others(tmp_path: Path) -> None:
    path = write(tmp_path, cohort(60))
    assert split_cohort(path, seed=5) == split_cohort(path, seed=5)
    assert split_cohort(path, seed=5) != split_cohort(path, seed=6)


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    rows = cohort(60)
    before = dict(zip(rows, split_cohort(write(tmp_path, rows)), strict=True))
    random.Random(1).shuffle(rows)
    assert dict(zip(rows, split_cohort(write(tmp_path, rows)), strict=True)) == before


def test_an_older_fold_column_is_not_looked_at(tmp_path: Path) -> None:
    header = "patient_id,time,event,fold"
    assert len(split_cohort(write(tmp_path, ["a,1,1,7", "b,2,1,x", "c,3,0,"], header), parts=3)) == 3


def test_a_named_stratum_must_exist(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="no column centre"):
        split_cohort(write(tmp_path, cohort(12)), stratify=["centre"])


def test_fewer_than_three_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 3"):
        split_cohort(write(tmp_path, cohort(12)), parts=2)


def test_more_parts_than_patients_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="12 patients cannot fill 13 parts"):
        split_cohort(write(tmp_path, cohort(12)), parts=13)
