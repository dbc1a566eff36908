"""From files to lesions: one scan, several annotations."""

from __future__ import annotations

import gc
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.config import keys
from prognos.config.organs import ORGAN_LABELS, ORGANS
from prognos.transforms import ExtractLesionsd, GeometryError, ImageError, Volume
from scans import AFFINE, SHAPE, make_image, make_labels, write_volume


@pytest.fixture
def scan(tmp_path: Path) -> dict[str, Any]:
    """One CT with the mask of one reader."""
    image = write_volume(tmp_path / "ct.nii.gz", make_image())
    mask = write_volume(tmp_path / "mask.nii.gz", make_labels())
    return {"image": image, "annotations": [{"mask": [mask]}]}


def test_lesions_of_each_annotation_are_listed_largest_first(scan: dict[str, Any], tmp_path: Path) -> None:
    scan["annotations"].append({"mask": [write_volume(tmp_path / "b.nii.gz", np.zeros(SHAPE, dtype=np.uint8))]})
    first, second = ExtractLesionsd()(scan)
    assert first["instance"].tolist() == [1, 7]
    assert first["volume"].tolist() == pytest.approx([280, 120])
    assert first["diameter"].tolist() == pytest.approx([8, 6])
    assert first["slice"].tolist() == [5, 1]
    assert first["organ"].tolist() == [0, 0]
    assert first["growth"].isnan().all()
    assert first["image"].shape == (2, 128, 128)
    assert first["image"].dtype == torch.float16
    assert second["image"].shape == (0, 128, 128)
    assert second["centroid"].shape == (0, 3)
    assert {key: value.dtype for key, value in first.items()} == {key: value.dtype for key, value in second.items()}


@pytest.mark.parametrize("suffix", ["nii.gz", "nrrd", "mha"])
@pytest.mark.parametrize(("image_axes", "mask_axes"), [("LPS", "RAS"), ("LAS", "LPS"), ("PIR", "SAL"), ("RSA", "RSA")])
def test_format_and_stored_orientation_change_nothing(
    scan: dict[str, Any], tmp_path: Path, suffix: str, image_axes: str, mask_axes: str
) -> None:
    image = write_volume(tmp_path / f"other.{suffix}", make_image(), axes=image_axes)
    mask = write_volume(tmp_path / f"other_mask.{suffix}", make_labels(), axes=mask_axes)
    expected = ExtractLesionsd()(scan)[0]
    is_opposite = ("R" in image_axes) != ("R" in mask_axes)
    with pytest.warns(UserWarning, match="stored in the opposite sense") if is_opposite else nullcontext():
        found = ExtractLesionsd()({"image": image, "annotations": [{"mask": [mask]}]})[0]
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=0, atol=1e-4, equal_nan=True)


def test_the_patch_shows_the_ct_where_the_lesion_is(scan: dict[str, Any]) -> None:
    patch = ExtractLesionsd()(scan)[0]["image"][0].float()
    # The middle of lesion 1 is at indices (11.5, 10.5) of slice 5: HU 20 x 11.5 + 7 x 10.5 + 3 x 5 - 400 = -81.5.
    assert patch[63:65, 63:65].mean() == pytest.approx((-81.5 + 1000) / 1400, abs=1e-3)
    # 9 pixels are 2 mm, one voxel to the left, and two to the back.
    assert patch[64, 73] - patch[64, 64] == pytest.approx(20 / 1400, abs=1e-3)
    assert patch[73, 64] - patch[64, 64] == pytest.approx(14 / 1400, abs=1e-3)


def test_growth_is_the_quotient_of_the_volumes_of_one_id(scan: dict[str, Any], tmp_path: Path) -> None:
    later = np.zeros((20, 20, 8), dtype=np.uint8)  # another grid: 1 mm3 voxels
    later[:5, :5, 0], later[10:14, 10:15, 2:5] = 9, 7  # 25 mm3 of a new lesion, 60 mm3 of lesion 7
    path = write_volume(tmp_path / "later.nii.gz", later, affine=np.eye(4))
    scan["annotations"][0]["followup_mask"] = [path]
    growth = ExtractLesionsd()(scan)[0]["growth"]
    assert growth[0].isnan()
    assert growth[1].item() == pytest.approx(60 / 120)


def test_growth_of_files_goes_by_their_names(scan: dict[str, Any], tmp_path: Path) -> None:
    labels = make_labels()
    for folder, factor in (("before", 1), ("after", 2)):
        (tmp_path / folder).mkdir()
        affine = AFFINE @ np.diag([1.0, 1.0, float(factor), 1.0])
        for label in (1, 7):
            write_volume(tmp_path / folder / f"{label}.nii.gz", (labels == label).astype(np.uint8), affine=affine)
    before, after = (
        [str(tmp_path / folder / name) for name in ("1.nii.gz", "7.nii.gz")] for folder in ("before", "after")
    )
    scan["annotations"] = [{"mask": before, "followup_mask": after[1:]}]
    growth = ExtractLesionsd(instances="files")(scan)[0]["growth"]
    assert growth[0].isnan()
    assert growth[1].item() == pytest.approx(2)


def test_a_follow_up_of_several_files_is_refused_where_one_holds_all_lesions(scan: dict[str, Any]) -> None:
    (mask,) = scan["annotations"][0]["mask"]
    scan["annotations"][0] |= {"followup_mask": [mask, mask], "followup_where": "annotations.csv, line 4"}
    with pytest.raises(ValueError, match=r"annotations\.csv, line 4, column mask: names 2 files, expected one"):
        ExtractLesionsd()(scan)


def test_components_have_no_growth(scan: dict[str, Any], tmp_path: Path) -> None:
    mask = write_volume(tmp_path / "binary.nii.gz", (make_labels() > 0).astype(np.uint8))
    scan["annotations"] = [{"mask": [mask], "followup_mask": [mask]}]
    assert ExtractLesionsd(instances="components")(scan)[0]["growth"].isnan().all()


def test_organs_come_from_the_table_that_is_named(scan: dict[str, Any], tmp_path: Path) -> None:
    scan["organ_mask"] = write_volume(tmp_path / "organs.nii.gz", np.full(SHAPE, 5, dtype=np.uint8), axes="RAS")
    for table, organ in (("totalsegmentator", "liver"), ("prognos", ORGANS[5]), ({"5": "brain"}, "brain")):
        assert ORGANS[ExtractLesionsd(organ_labels=table)(scan)[0]["organ"][0]] == organ


def test_the_table_of_totalsegmentator_has_its_117_classes() -> None:
    table = ORGAN_LABELS["totalsegmentator"]
    assert sorted(table) == list(range(1, 118))
    assert set(table.values()) <= set(ORGANS)
    # Classes 1 spleen, 5 liver, 9 left adrenal gland, 14 right lower lobe, 27 L5, 51 heart, 92 first left rib.
    organs = [table[label] for label in (1, 5, 9, 14, 27, 51, 92)]
    assert organs == ["spleen", "liver", "adrenal", "lung", "bone", "mediastinum", "bone"]


@pytest.mark.parametrize("kind", ["mask", "organ_mask"])
def test_a_mask_on_another_grid_is_refused(scan: dict[str, Any], tmp_path: Path, kind: str) -> None:
    shifted = AFFINE.copy()
    shifted[0, 3] += 2
    path = write_volume(tmp_path / "shifted.nii.gz", make_labels(), affine=shifted)
    scan |= {"annotations": [{"mask": [path]}]} if kind == "mask" else {"organ_mask": path}
    with pytest.raises(GeometryError, match=r"2\.00 mm away"):
        ExtractLesionsd()(scan)


def test_a_mask_flipped_left_for_right_is_refused(scan: dict[str, Any], tmp_path: Path) -> None:
    flipped = AFFINE @ np.diag([-1.0, 1.0, 1.0, 1.0])
    scan["annotations"] = [{"mask": [write_volume(tmp_path / "flipped.nii.gz", make_labels(), affine=flipped)]}]
    with pytest.raises(GeometryError):
        ExtractLesionsd()(scan)


def test_a_message_names_the_line_of_the_table(scan: dict[str, Any], tmp_path: Path) -> None:
    bad = tmp_path / "jane_doe.nii.gz"
    bad.write_bytes(b"")
    scan["annotations"] = [{"mask": [str(bad)], "where": "annotations.csv, line 4"}]
    with pytest.raises(ImageError) as caught:
        ExtractLesionsd()(scan)
    assert str(caught.value).startswith("annotations.csv, line 4, column mask:")
    assert "jane_doe" not in str(caught.value)


def test_several_files_that_are_no_lesions_are_refused(scan: dict[str, Any]) -> None:
    scan["annotations"][0]["mask"] *= 2
    with pytest.raises(ValueError, match="set instances to 'files'"):
        ExtractLesionsd()(scan)


def test_no_volume_outlives_the_extraction(scan: dict[str, Any]) -> None:
    record = ExtractLesionsd()(scan)
    gc.collect()
    assert not any(isinstance(item, Volume) for item in gc.get_objects())
    assert all(value.untyped_storage().nbytes() == value.nbytes for value in record[0].values())


@pytest.mark.parametrize(
    "arguments",
    [
        {"instances": "guess"},
        {"window": (400, -1000)},
        {"stored_size": 64},
        {"organ_labels": "unknown"},
        {"organ_labels": {1: "elbow"}},
    ],
)
def test_impossible_settings_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        ExtractLesionsd(**arguments)


def test_every_argument_is_among_the_settings() -> None:
    default = ExtractLesionsd().settings
    others = [
        ExtractLesionsd(instances="files"),
        ExtractLesionsd(organ_labels="prognos"),
        ExtractLesionsd(window=(-1000, 1000)),
        ExtractLesionsd(patch_size=64),
        ExtractLesionsd(stored_size=130),
        ExtractLesionsd(tolerance_mm=0.2),
    ]
    assert all(other.settings != default for other in others)
    assert default["version"] == 1
    assert keys.LABEL not in default
