"""DICOM SEG on the grid of its scan: every kind, whatever the order, number and sense of its frames."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import TOKEN, write_seg, write_series
from prognos.config.organs import ORGANS
from prognos.transforms import GeometryError, ImageError, Volume, mask_volumes, read_masks, read_volume
from prognos.transforms.dicom.masks import segmentation_grid
from prognos.transforms.geometry import same_grid
from scans import AFFINE, SHAPE, make_image, make_labels, write_volume

LABELS = make_labels()


@pytest.fixture
def series(tmp_path: Path) -> list[Any]:
    """A CT series in ``ct``."""
    return write_series(tmp_path / "ct")


@pytest.fixture
def scan(series: list[Any], tmp_path: Path) -> Volume:
    """The same as a volume."""
    return read_volume(tmp_path / "ct")


def halves() -> dict[int, NDArray[Any]]:
    """Two lesions, the first with voxels that the second has as well."""
    first, second = (label == LABELS for label in (1, 7))
    second = second | (LABELS == 1) & (np.arange(SHAPE[0]) < 12)[:, None, None]
    return {1: first, 2: second}


def read(path: Path, scan: Volume, part: str = "") -> dict[int, NDArray[np.bool_]]:
    """Voxels of each segment by number."""
    return {int(mask.array.max()): mask.array > 0 for mask in read_masks(f"{path}{part}", scan, name="the mask")}


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_every_kind_gives_its_voxels(series: list[Any], scan: Volume, tmp_path: Path, kind: str) -> None:
    masks = {1: LABELS == 1, 2: LABELS == 7}
    found = read(write_seg(tmp_path / "seg.dcm", series, masks, kind), scan)
    assert list(found) == [1, 2]
    for number, mask in masks.items():
        np.testing.assert_array_equal(found[number], mask)


def test_overlapping_segments_are_masks_of_their_own(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    found = read(write_seg(tmp_path / "seg.dcm", series, halves()), scan)
    for number, mask in halves().items():
        np.testing.assert_array_equal(found[number], mask)


def test_a_fractional_voxel_counts_from_one_half(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    share = np.zeros(SHAPE)
    share[5, 5, 5], share[6, 5, 5], share[7, 5, 5] = 0.49, 0.51, 1
    path = write_seg(tmp_path / "seg.dcm", series, {1: share}, "FRACTIONAL", fractional_type="OCCUPANCY")
    np.testing.assert_array_equal(np.argwhere(read(path, scan)[1]), [[6, 5, 5], [7, 5, 5]])


def test_segments_are_chosen_by_number_or_label(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, halves())
    assert list(read(path, scan, "::2")) == [2]
    assert list(read(path, scan, "::1+2")) == [1, 2]
    assert list(read(path, scan, "::LESION 2*")) == [2]
    with pytest.raises(ImageError, match=r"1 of the 2 numbers or labels .* holds the segments 1, 2"):
        read(path, scan, "::1+4")


def test_the_anatomy_and_codes_are_kept(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, {1: LABELS == 1})
    assert ORGANS[next(read_masks(path, scan)).organ] == "liver"


def test_organs_among_the_segments_ask_for_a_choice(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, halves())
    header = pydicom.dcmread(path)
    header.SegmentSequence[1].SegmentedPropertyCategoryCodeSequence[0].CodeValue = "123037004"
    header.save_as(path)
    with pytest.raises(ImageError, match=r"2 segments \(numbers 1, 2\), of which 1 are declared to be no lesions"):
        read(path, scan)
    assert list(read(path, scan, "::1")) == [1]


@pytest.mark.parametrize("frames", ["fewer", "reversed"])
def test_number_and_order_of_the_frames_mean_nothing(
    series: list[Any], scan: Volume, tmp_path: Path, frames: str
) -> None:
    chosen = [3, 4, 5, 6] if frames == "fewer" else range(9, -1, -1)
    path = write_seg(tmp_path / "seg.dcm", [series[k] for k in chosen], {1: LABELS[:, :, list(chosen)] == 1})
    np.testing.assert_array_equal(read(path, scan)[1], LABELS == 1)


@pytest.mark.parametrize(("swap", "flips"), list(itertools.product([False, True], itertools.product([1, -1], [1, -1]))))
def test_rows_and_columns_may_run_another_way(scan: Volume, tmp_path: Path, swap: bool, flips: tuple[int, int]) -> None:
    turned = AFFINE[:, [1, 0, 2, 3]] if swap else AFFINE
    array, mask = (each.transpose(1, 0, 2) if swap else each for each in (make_image(), LABELS == 1))
    for axis, flip in enumerate(flips):
        if flip < 0:
            shift = np.eye(4)
            shift[axis, axis], shift[axis, 3] = -1, array.shape[axis] - 1
            turned, array, mask = turned @ shift, np.flip(array, axis), np.flip(mask, axis)
    frame = scan.acquisition.frame_of_reference if scan.acquisition else ""
    other = write_series(tmp_path / "other", array, affine=turned, frame_of_reference=frame)
    is_opposite = flips[1 if swap else 0] < 0
    with pytest.warns(UserWarning, match="segment 1: left and right are stored") if is_opposite else nullcontext():
        found = read(write_seg(tmp_path / "seg.dcm", other, {1: mask}), scan)
    np.testing.assert_array_equal(found[1], LABELS == 1)


def test_a_scan_and_its_segmentation_stored_alike_are_read_without_a_word(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    mirrored = AFFINE @ np.diag([-1.0, 1, 1, 1])
    series = write_series(tmp_path / "ct", affine=mirrored)
    read(write_seg(tmp_path / "seg.dcm", series, {1: LABELS == 1}), read_volume(tmp_path / "ct"))
    assert [str(warning.message) for warning in recwarn if "left and right" in str(warning.message)] == []


def test_a_cropped_segmentation_lies_in_its_place(scan: Volume, tmp_path: Path) -> None:
    moved = AFFINE.copy()
    moved[:3, 3] = AFFINE[:3, :3] @ [8, 6, 2] + AFFINE[:3, 3]
    frame = scan.acquisition.frame_of_reference if scan.acquisition else ""
    part = (slice(8, 20), slice(6, 20), slice(2, 8))
    other = write_series(tmp_path / "other", make_image()[part], affine=moved, frame_of_reference=frame)
    path = write_seg(tmp_path / "seg.dcm", other, {1: (LABELS == 1)[part]})
    np.testing.assert_array_equal(read(path, scan)[1], LABELS == 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (np.diag([1.1, 1.1, 1, 1]), "corners are up to"),
        (np.array([[1, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "corners are up to 1.00 mm"),
        (np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]]), "2.50 mm from the nearest slice"),
        (np.diag([1, 1, 0.5, 1]), "2.50 mm from the nearest slice"),
    ],
    ids=["spacing", "half a pixel", "half a slice", "thinner slices"],
)
def test_another_grid_is_refused(scan: Volume, tmp_path: Path, change: NDArray[np.float64], words: str) -> None:
    frame = scan.acquisition.frame_of_reference if scan.acquisition else ""
    other = write_series(tmp_path / "other", affine=AFFINE @ change, frame_of_reference=frame)
    path = write_seg(tmp_path / "seg.dcm", other, {1: np.ones(SHAPE)})
    with pytest.raises(GeometryError, match=words) as caught:
        read(path, scan)
    assert TOKEN not in str(caught.value)


def test_a_mask_of_every_second_slice_is_told(scan: Volume, tmp_path: Path) -> None:
    frame = scan.acquisition.frame_of_reference if scan.acquisition else ""
    other = write_series(
        tmp_path / "other", make_image()[:, :, :5], affine=AFFINE @ np.diag([1, 1, 2, 1]), frame_of_reference=frame
    )
    path = write_seg(tmp_path / "seg.dcm", other, {1: np.ones((*SHAPE[:2], 5))})
    with pytest.warns(UserWarning, match="segment 1 marks only one of 2 slices"):
        read(path, scan)


def test_what_lies_beyond_the_scan_is_told_and_all_of_it_refused(series: list[Any], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, {1: LABELS == 1})  # slices 4 and 5
    for number in range(5):
        (tmp_path / "ct" / f"{number}.dcm").unlink()
    with pytest.warns(UserWarning, match=r"1 plane\(s\) of segment 1 reach beyond the image") as caught:
        found = read(path, read_volume(tmp_path / "ct"))
    assert TOKEN not in str(caught[0].message)
    np.testing.assert_array_equal(found[1], (LABELS == 1)[:, :, 5:])
    (tmp_path / "ct" / "5.dcm").unlink()
    with pytest.raises(GeometryError, match="all that segment 1 marks lies beyond the image"):
        read(path, read_volume(tmp_path / "ct"))


def test_another_coordinate_system_is_refused(scan: Volume, tmp_path: Path) -> None:
    other = write_series(tmp_path / "other")
    path = write_seg(tmp_path / "seg.dcm", other, {1: LABELS == 1})
    with pytest.raises(ImageError, match="another coordinate system"):
        read(path, scan)


def test_a_scan_in_nifti_takes_the_same_masks(series: list[Any], tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, {1: LABELS == 1})
    for axes in ("LPS", "RAS", "PIR"):
        scan = read_volume(write_volume(tmp_path / f"{axes}.nii.gz", make_image(), axes=axes))
        np.testing.assert_array_equal(read(path, scan)[1], LABELS == 1)


@pytest.mark.parametrize("affine", ["tilted", "gapped"])
def test_masks_follow_a_straightened_scan(tmp_path: Path, affine: str) -> None:
    tilted = AFFINE.copy()
    tilted[1, 2] = 2.0 if affine == "tilted" else 0.0
    series = write_series(tmp_path / "ct", affine=tilted)
    if affine == "gapped":
        (tmp_path / "ct" / "7.dcm").unlink()
        series.pop(7)
    masks = np.delete(LABELS == 1, 7, axis=2) if affine == "gapped" else LABELS == 1
    scan = read_volume(tmp_path / "ct", resample=True)
    found = read(write_seg(tmp_path / "seg.dcm", series, {1: masks}), scan)[1]
    assert found.shape == scan.array.shape
    expected = {tuple(place) for place in np.argwhere(LABELS == 1)}
    drift = 2 if affine == "tilted" else 0
    assert {(x, y - drift * z, z) for x, y, z in np.argwhere(found)} == expected


@pytest.mark.parametrize("damage", ["truncated", "no segments", "no frames", "another kind"])
def test_a_damaged_file_is_refused(series: list[Any], scan: Volume, tmp_path: Path, damage: str) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, {1: LABELS == 1})
    header = pydicom.dcmread(path)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "another kind":
        path = tmp_path / "ct" / "0.dcm"
    else:
        delattr(header, {"no segments": "SegmentSequence", "no frames": "PerFrameFunctionalGroupsSequence"}[damage])
        header.save_as(path)
    with pytest.raises(ImageError) as caught:
        read(path, scan)
    assert TOKEN not in str(caught.value)
    assert str(path) not in str(caught.value)


def test_its_own_grid_and_volumes_need_no_scan(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", series, halves())
    grid = segmentation_grid(path)
    part = AFFINE.copy()
    part[:3, 3] = AFFINE[:3, :3] @ [0, 0, 1] + AFFINE[:3, 3]  # frames without a voxel are left out
    assert same_grid(grid, type(grid)((*SHAPE[:2], 5), part))
    assert mask_volumes(path) == pytest.approx({1: 280, 2: 10 * halves()[2].sum()})
