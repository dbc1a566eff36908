"""RTSTRUCT on the grid of its scan: holes, several polygons a slice, missing and wrong references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import TOKEN, rectangle, write_rtstruct, write_series
from prognos.transforms import GeometryError, ImageError, Volume, mask_volumes, read_masks, read_volume
from scans import AFFINE, SHAPE


@pytest.fixture
def series(tmp_path: Path) -> list[Any]:
    """A CT series in ``ct``."""
    return write_series(tmp_path / "ct")


@pytest.fixture
def scan(series: list[Any], tmp_path: Path) -> Volume:
    """The same as a volume."""
    return read_volume(tmp_path / "ct")


def draw(
    series: list[Any], scan: Volume, regions: Mapping[int, Sequence[NDArray[np.float64]]], folder: Path, part: str = ""
) -> dict[int, NDArray[np.bool_]]:
    """Voxels of each region by number; 0 stands for one without voxels."""
    path = write_rtstruct(folder / "rt.dcm", series, regions)
    return {int(mask.array.max()): mask.array > 0 for mask in read_masks(f"{path}{part}", scan, name="the mask")}


def box(first: tuple[int, int], last: tuple[int, int], index: int) -> NDArray[np.bool_]:
    """Pixels from ``first`` to ``last`` of a slice."""
    mask = np.zeros(SHAPE, bool)
    mask[first[0] : last[0] + 1, first[1] : last[1] + 1, index] = True
    return mask


def test_a_contour_marks_the_pixels_whose_centres_it_encloses(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    found = draw(series, scan, {4: [rectangle((3, 5), (9, 6), 2)]}, tmp_path)
    np.testing.assert_array_equal(found[4], box((3, 5), (9, 6), 2))


def test_a_polygon_within_another_is_a_hole(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    contours = [rectangle((3, 5), (12, 14), 2), rectangle((5, 7), (8, 9), 2), rectangle((6, 8), (6, 8), 2)]
    expected = box((3, 5), (12, 14), 2) ^ box((5, 7), (8, 9), 2) ^ box((6, 8), (6, 8), 2)
    np.testing.assert_array_equal(draw(series, scan, {1: contours}, tmp_path)[1], expected)
    np.testing.assert_array_equal(draw(series, scan, {1: contours[::-1]}, tmp_path)[1], expected)


def test_a_hole_reached_by_a_channel_is_one(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    outer, inner = rectangle((3, 5), (12, 14), 2), rectangle((5, 7), (8, 9), 2)
    keyhole = np.concatenate([outer, outer[:1], inner[::-1], inner[-1:]])
    expected = box((3, 5), (12, 14), 2) ^ box((5, 7), (8, 9), 2)
    np.testing.assert_array_equal(draw(series, scan, {1: [keyhole]}, tmp_path)[1], expected)


def test_several_polygons_a_slice_are_one_region(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    found = draw(series, scan, {1: [rectangle((3, 5), (5, 6), 2), rectangle((9, 9), (10, 12), 2)]}, tmp_path)
    np.testing.assert_array_equal(found[1], box((3, 5), (5, 6), 2) | box((9, 9), (10, 12), 2))


def test_a_copy_of_a_contour_erases_nothing(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    found = draw(series, scan, {1: [rectangle((3, 5), (9, 6), 2)] * 2}, tmp_path)
    np.testing.assert_array_equal(found[1], box((3, 5), (9, 6), 2))


def test_regions_may_overlap_and_may_be_empty(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    regions = {2: [rectangle((3, 5), (9, 9), 2)], 5: [rectangle((8, 8), (12, 12), 2)], 9: []}
    found = draw(series, scan, regions, tmp_path)
    assert list(found) == [2, 5, 0]
    assert (found[2] & found[5]).sum() == 4
    assert not found[0].any()
    assert list(draw(series, scan, regions, tmp_path, "::lesion 5*")) == [5]


def test_points_and_open_lines_enclose_nothing(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    path = write_rtstruct(tmp_path / "rt.dcm", series, {1: [rectangle((3, 5), (9, 6), 2)]})
    header = pydicom.dcmread(path)
    header.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "OPEN_PLANAR"
    header.save_as(path)
    assert not next(read_masks(path, scan)).array.any()


@pytest.mark.parametrize("reference", ["wrong series", "none"])
def test_references_are_not_needed_where_the_coordinate_system_is_the_same(
    series: list[Any], scan: Volume, tmp_path: Path, reference: str
) -> None:
    path = write_rtstruct(tmp_path / "rt.dcm", series, {1: [rectangle((3, 5), (9, 6), 2)]})
    header = pydicom.dcmread(path)
    if reference == "none":
        del header.ReferencedFrameOfReferenceSequence
    else:
        study = header.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
        study.RTReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"
    header.save_as(path)
    np.testing.assert_array_equal(next(read_masks(path, scan)).array > 0, box((3, 5), (9, 6), 2))


def test_another_coordinate_system_is_refused_unless_the_series_is_named(
    series: list[Any], scan: Volume, tmp_path: Path
) -> None:
    path = write_rtstruct(tmp_path / "rt.dcm", series, {1: [rectangle((3, 5), (9, 6), 2)]})
    header = pydicom.dcmread(path)
    header.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    header.save_as(path)
    assert next(read_masks(path, scan)).array.any()
    del header.ReferencedFrameOfReferenceSequence
    header.save_as(path)
    with pytest.raises(ImageError, match="another coordinate system"):
        next(read_masks(path, scan))


def test_contours_on_absent_slices_are_told_and_left_out(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    contours = [rectangle((3, 5), (9, 6), index) for index in (8, 9, 10, 11)]
    with pytest.warns(UserWarning, match=r"2 plane\(s\) of segment 1 reach beyond the image") as caught:
        found = draw(series, scan, {1: contours}, tmp_path)
    assert TOKEN not in str(caught[0].message)
    np.testing.assert_array_equal(found[1], box((3, 5), (9, 6), 8) | box((3, 5), (9, 6), 9))
    with pytest.raises(GeometryError, match="all that segment 1 marks lies beyond the image"):
        draw(series, scan, {1: contours[2:]}, tmp_path)


def test_a_contour_between_two_slices_is_refused(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=r"2\.50 mm from the nearest slice"):
        draw(series, scan, {1: [rectangle((3, 5), (9, 6), 2.5)]}, tmp_path)


def test_a_contour_across_the_slices_is_refused(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    contour = rectangle((3, 5), (9, 6), 2)
    contour[0, 2] += 1
    contour[2, 2] -= 1
    with pytest.raises(GeometryError, match=r"rises 1\.00 mm above the slice"):
        draw(series, scan, {1: [contour]}, tmp_path)


def test_contours_on_every_second_slice_are_told(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="marks only one of 2 slices"):
        draw(series, scan, {1: [rectangle((3, 5), (9, 6), index) for index in (1, 3, 5, 7)]}, tmp_path)


def test_contours_follow_a_straightened_scan(tmp_path: Path) -> None:
    tilted = AFFINE.copy()
    tilted[1, 2] = 2.0
    series = write_series(tmp_path / "ct", affine=tilted)
    scan = read_volume(tmp_path / "ct", resample=True)
    found = draw(series, scan, {1: [rectangle((3, 5), (9, 6), 4, tilted)]}, tmp_path)[1]
    places = np.argwhere(found)
    assert (places.min(axis=0).tolist(), places.max(axis=0).tolist()) == ([3, 5 + 8, 4], [9, 6 + 8, 4])


def test_organs_among_the_regions_ask_for_a_choice(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    regions = {1: [rectangle((3, 5), (9, 6), 2)], 2: [rectangle((3, 5), (9, 6), 3)]}
    path = write_rtstruct(tmp_path / "rt.dcm", series, regions, kinds={2: "EXTERNAL"})
    with pytest.raises(ImageError, match=r"of which 1 are declared to be no lesions"):
        list(read_masks(path, scan, name="the mask"))


def test_a_file_without_regions_is_refused(series: list[Any], scan: Volume, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="holds no segment"):
        draw(series, scan, {}, tmp_path)


def test_it_has_no_volume_of_its_own(series: list[Any], tmp_path: Path) -> None:
    path = write_rtstruct(tmp_path / "rt.dcm", series, {1: [rectangle((3, 5), (9, 6), 2)]})
    with pytest.raises(ImageError, match="is an RTSTRUCT, whose volumes depend on the slices"):
        mask_volumes(path, name="the follow-up")
