"""Distance of a lesion to the border of its organ, on boxes and balls whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.config.organs import ORGANS
from prognos.transforms import OrganMap, measure_containment

LUNG = ORGANS.index("lung")
SPACING = np.array([2.0, 1.0, 5.0])
SHAPE = (40, 60, 16)


def organ_map(*, hole: np.ndarray | None = None) -> OrganMap:
    """A lung of 30 x 50 x 12 voxels in the middle of the volume; liver fills what is below it."""
    array = np.zeros(SHAPE, np.uint8)
    array[5:35, 5:55, 2:14] = 10
    array[:, :, :2] = 5
    if hole is not None:
        array[hole] = 0
    return OrganMap(array, {10: "lung", 5: "liver"})


def lesion(*box: slice) -> np.ndarray:
    """A label map with lesion 3."""
    labels = np.zeros(SHAPE, np.int32)
    labels[box] = 3
    return labels


@pytest.mark.parametrize(
    ("box", "margin"),
    [
        pytest.param((slice(8, 12), slice(25, 30), slice(7, 9)), 6.0, id="3 voxels of 2 mm from the side"),
        pytest.param((slice(15, 20), slice(9, 12), slice(7, 9)), 4.0, id="4 voxels of 1 mm from the front"),
        pytest.param((slice(18, 22), slice(25, 30), slice(3, 5)), 5.0, id="one slice of 5 mm from the liver"),
        pytest.param((slice(5, 9), slice(25, 30), slice(7, 9)), 0.0, id="touching"),
        pytest.param((slice(3, 9), slice(25, 30), slice(7, 9)), 0.0, id="across the border"),
    ],
)
def test_the_margin_is_the_gap_between_lesion_and_border(box: tuple[slice, ...], margin: float) -> None:
    found = measure_containment(lesion(*box), organ_map(), SPACING)[3]
    assert found.organ == LUNG
    assert found.margin == pytest.approx(margin)


def test_the_depth_is_measured_from_the_centre() -> None:
    found = measure_containment(lesion(slice(8, 13), slice(25, 30), slice(7, 9)), organ_map(), SPACING)[3]
    assert found.depth == pytest.approx(np.hypot(10.0, 2.5))  # 5 voxels; the centre lies between two slices
    assert found.margin < found.depth


def test_a_deep_lesion_is_found_beyond_the_first_window() -> None:
    array = np.zeros((120, 120, 40), np.uint8)
    array[2:118, 2:118, 2:38] = 10
    labels = np.zeros(array.shape, np.int32)
    labels[60, 60, 20] = 1
    found = measure_containment(labels, OrganMap(array, {10: "lung"}), np.array([1.0, 1.0, 5.0]))[1]
    assert found.margin == found.depth == 57.0


def test_a_hole_in_the_organ_map_where_the_lesion_lies_is_no_border() -> None:
    whole = lesion(slice(10, 16), slice(25, 33), slice(7, 9))
    hole = lesion(slice(11, 15), slice(27, 31), slice(7, 9)) > 0  # less than half of it, so it still counts as lung
    with_hole = measure_containment(whole, organ_map(hole=hole), SPACING)
    assert with_hole == measure_containment(whole, organ_map(), SPACING)


def test_the_end_of_the_scan_is_no_border() -> None:
    array = np.full((20, 20, 20), 10, np.uint8)
    array[:2] = 0
    labels = np.zeros(array.shape, np.int32)
    labels[10, 19, 19] = 1
    found = measure_containment(labels, OrganMap(array, {10: "lung"}), np.ones(3))[1]
    assert found.margin == 8.0


def test_without_organ_or_border_the_margin_is_unknown() -> None:
    labels = lesion(slice(8, 12), slice(25, 30), slice(7, 9))
    nowhere = measure_containment(labels, OrganMap(np.zeros(SHAPE, np.uint8), {10: "lung"}), SPACING)[3]
    assert np.isnan([nowhere.margin, nowhere.depth]).all()
    everywhere = measure_containment(labels, OrganMap(np.full(SHAPE, 10, np.uint8), {10: "lung"}), SPACING)[3]
    assert np.isnan([everywhere.margin, everywhere.depth]).all()


def test_huge_ids_are_measured_as_well() -> None:
    labels = lesion(slice(8, 12), slice(25, 30), slice(7, 9)).astype(np.int64)
    huge = np.where(labels == 3, 3_000_000_000, 0)
    assert measure_containment(huge, organ_map(), SPACING) == {
        3_000_000_000: measure_containment(labels, organ_map(), SPACING)[3]
    }


def test_it_agrees_with_a_distance_over_the_whole_volume() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    random = np.random.default_rng(2)
    organs = organ_map()
    for _ in range(5):
        x, y, z = random.integers([6, 6, 3], [28, 48, 12])
        labels = lesion(slice(x, x + 5), slice(y, y + 5), slice(z, z + 2))
        inside = (organs.array == 10) | (labels > 0)
        border = inside & ~ndimage.binary_erosion(inside, border_value=1)
        distance = ndimage.distance_transform_edt(~border, sampling=SPACING)
        expected = float(distance[labels > 0].min())
        assert measure_containment(labels, organs, SPACING)[3].margin == pytest.approx(expected)


def test_a_border_in_the_corner_of_the_window_does_not_hide_a_nearer_one() -> None:
    array = np.full((60, 60, 60), 10, np.uint8)
    array[30 + 12, 30 + 12, 30] = array[30 + 14, 30, 30] = 0
    labels = np.zeros(array.shape, np.int32)
    labels[30, 30, 30] = 1
    found = measure_containment(labels, OrganMap(array, {10: "lung"}), np.ones(3))[1]
    assert found.margin == 13.0
