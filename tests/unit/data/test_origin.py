"""A drawn cohort is told from a real one; one case needs no cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.data import PortraitDataset, describe_photos, join_photos, read_case, read_cohort, read_origin, read_photos
from prognos.transforms import AlignFaced


def test_a_cohort_without_a_description_is_of_patients(tmp_path: Path) -> None:
    assert read_origin(tmp_path) == "patients"


def test_a_drawn_cohort_is_synthetic(lesion_cohort: Path) -> None:
    assert read_origin(lesion_cohort) == "synthetic"


def test_a_drawn_cohort_is_described_by_its_patients_photos_and_seed(portrait_cohort: Path) -> None:
    cohort = read_cohort(portrait_cohort / "cohort.csv", fold=0, subset="test")
    photos = join_photos(cohort, read_photos(portrait_cohort / "photos.csv"))
    dataset = PortraitDataset(photos, AlignFaced(16), None)
    assert describe_photos(portrait_cohort, dataset) == "synthetic cohort, 6 patients, 12 photos, cohort seed 7"


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
