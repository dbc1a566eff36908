"""Finding and measuring lesions, against numbers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.config.organs import ORGANS
from prognos.transforms import Grid, ImageError, OrganMap, Volume, find_lesions, label_lesions
from prognos.transforms.lesions import lesion_volumes
from scans import AFFINE, SHAPE, make_labels

GRID = Grid(SHAPE, AFFINE)


def volume(array: np.ndarray) -> Volume:
    """An array on the grid of the tests, oriented already."""
    return Volume(array, Grid(array.shape, AFFINE), Grid(array.shape, AFFINE))


def test_lesions_are_measured_in_mm() -> None:
    large, small = find_lesions([volume(make_labels())], "labels", None, name="mask")
    assert (large.instance, small.instance) == (1, 7)
    assert (large.voxels, small.voxels) == (28, 12)
    assert (large.volume, small.volume) == pytest.approx((280, 120))
    assert large.diameter == pytest.approx(8)  # 4 voxels of 2 mm to the left, 6 of 1 mm to the back
    assert small.diameter == pytest.approx(6)
    assert (large.slice, small.slice) == (5, 1)  # small: both slices alike and as near, so the lower
    # Left: (24 x 11.5 + 4 x 10.5) / 28 voxels; back: (24 x 10.5 + 4 x 8.5) / 28; up: (24 x 5 + 4 x 4) / 28.
    expected = [-10 + 2 * (276 + 42) / 28, 20 + (252 + 34) / 28, -100 + 5 * (120 + 16) / 28]
    np.testing.assert_allclose(large.centroid, expected)
    assert large.centre == pytest.approx((11.5, 10.5))


def test_the_slice_of_a_box_is_its_middle_one() -> None:
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[4:8, 4:8, 2:7] = 1
    assert find_lesions([volume(labels)], "labels", None, name="mask")[0].slice == 4


@pytest.mark.parametrize("instances", ["labels", "components", "files"])
def test_an_empty_mask_has_no_lesion(instances: str) -> None:
    mask = volume(np.zeros(SHAPE, dtype=np.uint8))
    assert find_lesions([mask], instances, None, name="mask") == []
    assert not label_lesions([mask], instances, name="mask").array.any()


def test_voxels_that_touch_by_a_corner_are_one_component() -> None:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[3, 3, 3] = mask[4, 4, 4] = mask[10, 10, 3] = 1
    assert [lesion.voxels for lesion in find_lesions([volume(mask)], "components", None, name="mask")] == [2, 1]


def test_components_equal_labels_where_lesions_do_not_touch() -> None:
    labels = make_labels()
    by_label = find_lesions([volume(labels)], "labels", None, name="mask")
    by_component = find_lesions([volume((labels > 0) * np.uint8(255))], "components", None, name="mask")
    assert [lesion.centroid for lesion in by_component] == [lesion.centroid for lesion in by_label]
    assert [lesion.instance for lesion in by_component] == [1, 2]


def test_components_of_a_mask_with_several_labels_are_refused() -> None:
    with pytest.raises(ImageError, match="set instances to 'labels'"):
        find_lesions([volume(make_labels())], "components", None, name="mask")


def test_each_file_is_a_lesion_also_where_two_overlap() -> None:
    first, second = np.zeros(SHAPE, dtype=np.uint8), np.zeros(SHAPE, dtype=np.uint8)
    first[2:4, 2:4, 2:4], second[3:7, 3:7, 3:7] = 1, 1
    empty = np.zeros(SHAPE, dtype=np.uint8)
    masks = [volume(first), volume(empty), volume(second)]
    assert [(each.instance, each.voxels) for each in find_lesions(masks, "files", None, name="mask")] == [
        (3, 64),
        (1, 8),
    ]


def test_a_single_label_in_several_places_gives_a_hint() -> None:
    with pytest.warns(UserWarning, match="2 separate places"):
        lesions = find_lesions([volume((make_labels() > 0).astype(np.uint8))], "labels", None, name="mask")
    assert len(lesions) == 1


def test_huge_ids_are_kept() -> None:
    labels = make_labels().astype(np.int64)
    labels[labels == 7] = 3_000_000_000
    assert [each.instance for each in find_lesions([volume(labels)], "labels", None, name="mask")] == [1, 3_000_000_000]


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_order_in_memory_changes_nothing(order: str) -> None:
    expected = find_lesions([volume(make_labels())], "labels", None, name="mask")
    assert find_lesions([volume(np.array(make_labels(), order=order))], "labels", None, name="mask") == expected


@pytest.mark.parametrize("instances", ["labels", "components", "files"])
def test_the_label_map_bears_the_ids_of_the_lesions(instances: str) -> None:
    mask = volume(make_labels() if instances == "labels" else (make_labels() == 1).astype(np.uint8))
    found = label_lesions([mask], instances, name="mask").array
    for lesion in find_lesions([mask], instances, None, name="mask"):
        assert (found == lesion.instance).sum() == lesion.voxels
    np.testing.assert_array_equal(found > 0, mask.array > 0)


def test_the_organ_is_that_of_most_voxels() -> None:
    organs = np.zeros(SHAPE, dtype=np.uint8)
    organs[10:14, 8:12, 5] = 5  # 16 of 28 voxels: liver
    organs[20:23, 3:5, 1] = 10  # 6 of 12 voxels: lung; the background, as many, comes first
    table = {5: "liver", 10: "lung"}
    large, small = find_lesions([volume(make_labels())], "labels", OrganMap(organs, table), name="mask")
    assert ORGANS[large.organ] == "liver"
    assert ORGANS[small.organ] == "unlabelled"


def test_several_labels_of_one_organ_count_together() -> None:
    organs = np.zeros(SHAPE, dtype=np.uint8)
    organs[10:14, 8:10, 5], organs[10:14, 10:12, 5], organs[10:14, 12:14, 5] = 10, 11, 5
    organs[10:12, 8:10, 4] = 5  # liver: 12 voxels; lung: 8 + 8
    table = {5: "liver", 10: "lung", 11: "lung"}
    assert (
        ORGANS[find_lesions([volume(make_labels())], "labels", OrganMap(organs, table), name="mask")[0].organ] == "lung"
    )


def test_a_label_outside_the_table_is_unlabelled() -> None:
    organs = OrganMap(np.full(SHAPE, 200, dtype=np.uint8), {5: "liver"})
    assert find_lesions([volume(make_labels())], "labels", organs, name="mask")[0].organ == 0


def test_volumes_of_labels_are_in_mm3() -> None:
    assert lesion_volumes(volume(make_labels())) == pytest.approx({1: 280, 7: 120})
