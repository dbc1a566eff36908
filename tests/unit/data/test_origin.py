"""A drawn cohort is told from a real one; one case needs no cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.data import read_case, read_origin


def test_a_cohort_without_a_description_is_of_patients(tmp_path: Path) -> None:
    assert read_origin(tmp_path) == "patients"


def test_a_drawn_cohort_is_synthetic(lesion_cohort: Path) -> None:
    assert read_origin(lesion_cohort) == "synthetic"


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(ValueError, match="not JSON"):
        read_origin(tmp_path)


def test_a_case_is_one_scan_with_one_annotation(tmp_path: Path) -> None:
    for name in ("ct.nii.gz", "a.nii.gz", "b.nii.gz"):
        (tmp_path / name).touch()
    (scan,) = read_case(tmp_path / "ct.nii.gz", [tmp_path / "a.nii.gz", tmp_path / "b.nii.gz"])
    assert scan["annotations"][0]["mask"] == [str(tmp_path / "a.nii.gz"), str(tmp_path / "b.nii.gz")]
    assert scan["organ_mask"] is None


def test_an_absent_file_is_named_with_its_option(tmp_path: Path) -> None:
    (tmp_path / "ct.nii.gz").touch()
    with pytest.raises(FileNotFoundError, match="--mask"):
        read_case(tmp_path / "ct.nii.gz", tmp_path / "none.nii.gz")
