"""Pairing of images and masks by name: what fits is paired, everything else is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.data import index_folder


def make(folder: Path, *names: str) -> Path:
    """Make empty files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_images_and_masks_are_paired_by_name(tmp_path: Path) -> None:
    make(
        tmp_path, "images/P1.nii.gz", "images/P2.nii.gz", "masks/P1_A.nii.gz", "masks/P1_B.nii.gz", "masks/P2_A.nii.gz"
    )
    rows = index_folder(tmp_path).rows
    assert [(row["patient_id"], row["reader"], row["image"], row["mask"]) for row in rows] == [
        ("P1", "A", "images/P1.nii.gz", "masks/P1_A.nii.gz"),
        ("P1", "B", "images/P1.nii.gz", "masks/P1_B.nii.gz"),
        ("P2", "A", "images/P2.nii.gz", "masks/P2_A.nii.gz"),
    ]


def test_identifiers_may_hold_the_separator(tmp_path: Path) -> None:
    make(tmp_path, "images/site_1.nii.gz", "masks/site_1_reader_2.nii.gz")
    (row,) = index_folder(tmp_path).rows
    assert (row["patient_id"], row["reader"]) == ("site_1", "reader_2")


def test_a_mask_that_fits_two_patients_is_shown_and_not_paired(tmp_path: Path) -> None:
    make(tmp_path, "images/P1.nii.gz", "images/P1_A.nii.gz", "masks/P1_A_B.nii.gz")
    index = index_folder(tmp_path)
    assert index.ambiguous == ["masks/P1_A_B.nii.gz"]
    assert index.rows == []


def test_what_cannot_be_paired_is_shown(tmp_path: Path) -> None:
    make(
        tmp_path,
        "images/P1.nii.gz",
        "images/P3.nii.gz",
        "masks/P1_A.nii.gz",
        "masks/P9_A.nii.gz",
        "notes.txt",
        ".hidden",
    )
    index = index_folder(tmp_path)
    assert index.images_without_mask == ["images/P3.nii.gz"]
    assert index.masks_without_image == ["masks/P9_A.nii.gz"]
    assert index.ignored == ["notes.txt"]
    assert index.counts["patients"] == index.counts["rows"] == index.counts["ignored"] == 1


def test_other_layouts_have_other_patterns(tmp_path: Path) -> None:
    make(
        tmp_path,
        "P1/ct.nii.gz",
        "P1/lesion_1.nii.gz",
        "P1/lesion_2.nii.gz",
        "P1/total.nii.gz",
        "P1/week12/lesion_1.nii.gz",
    )
    (first, later) = index_folder(
        tmp_path,
        image_pattern="{patient}/ct.nii.gz",
        mask_pattern="{patient}/lesion_*.nii.gz",
        organ_pattern="{patient}/total.nii.gz",
        followup_pattern="{patient}/week12/lesion_*.nii.gz",
    ).rows
    assert first["mask"] == "P1/lesion_1.nii.gz;P1/lesion_2.nii.gz"
    assert first["organ_mask"] == "P1/total.nii.gz"
    assert (later["timepoint"], later["image"], later["mask"]) == ("1", "", "P1/week12/lesion_1.nii.gz")


def test_a_follow_up_without_baseline_is_shown(tmp_path: Path) -> None:
    make(tmp_path, "images/P1.nii.gz", "masks/P1_A.nii.gz", "later/P1_B.nii.gz")
    index = index_folder(tmp_path, followup_pattern="later/{patient}_{reader}.nii.gz")
    assert index.followups_without_baseline == ["later/P1_B.nii.gz"]
    assert len(index.rows) == 1


def test_an_image_may_be_a_folder_whose_slices_are_not_listed(tmp_path: Path) -> None:
    make(tmp_path, "images/P1/1.dcm", "images/P1/2.dcm", "masks/P1_A.nii.gz")
    index = index_folder(tmp_path, image_pattern="images/{patient}")
    assert index.rows[0]["image"] == "images/P1"
    assert index.ignored == []


def test_two_images_of_a_patient_are_shown_and_not_used(tmp_path: Path) -> None:
    make(tmp_path, "P1/a.nii.gz", "P1/b.nii.gz", "masks/P1_A.nii.gz")
    index = index_folder(tmp_path, image_pattern="{patient}/*.nii.gz")
    assert {"P1/a.nii.gz", "P1/b.nii.gz"} <= set(index.ambiguous)
    assert index.rows == []


@pytest.mark.parametrize(
    "pattern", ["images/*.nii.gz", "images/{patient}_{reader}.nii.gz", "images/{patient}_{site}.nii"]
)
def test_a_pattern_that_cannot_pair_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match="image_pattern"):
        index_folder(tmp_path, image_pattern=pattern)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        index_folder(tmp_path / "nowhere")
