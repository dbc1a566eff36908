"""Permuted outcomes: the pairs of time and event move between patients, everything else stays."""

from __future__ import annotations

from pathlib import Path

import torch

from prognos.data import permute_outcomes, read_cohort

TABLE = "patient_id,time,event,entry,fold,age\n" + "".join(
    f"p{row},{10 * row + 5},{row % 2},{row},{row % 4},{40 + row}\n" for row in range(12)
)


def outcomes(samples: list[dict[str, object]]) -> list[tuple[float, ...]]:
    return [(*sample["label"].tolist(), sample["entry"]) for sample in samples]  # type: ignore[attr-defined, misc]


def write(folder: Path) -> Path:
    path = folder / "cohort.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_outcomes_move_as_wholes_and_nothing_else_moves(tmp_path: Path) -> None:
    samples = read_cohort(write(tmp_path), late_entry=True)
    permuted = permute_outcomes(samples, 3)
    assert outcomes(permuted) != outcomes(samples)
    assert sorted(outcomes(permuted)) == sorted(outcomes(samples))
    for sample, other in zip(samples, permuted, strict=True):
        kept = ("patient_id", "patient_index", "fold", "age")
        assert [sample[name] for name in kept] == [other[name] for name in kept]


def test_the_permutation_is_a_function_of_its_seed(tmp_path: Path) -> None:
    samples = read_cohort(write(tmp_path), late_entry=True)
    first, again, other = (outcomes(permute_outcomes(samples, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_part_of_a_permuted_cohort_has_the_outcomes_of_the_permuted_whole(tmp_path: Path) -> None:
    path = write(tmp_path)
    whole = {sample["patient_id"]: sample["label"] for sample in read_cohort(path, permute_labels=5, late_entry=True)}
    parts = [
        read_cohort(path, fold=1, subset=subset, permute_labels=5, late_entry=True)  # type: ignore[arg-type]
        for subset in ("train", "validation", "test")
    ]
    assert [len(part) for part in parts] == [6, 3, 3]
    for part in parts:
        assert all(torch.equal(sample["label"], whole[sample["patient_id"]]) for sample in part)
