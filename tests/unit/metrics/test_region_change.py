"""How far the pixels of regions move."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import region_change

LEFT = np.array([[True, False], [True, False]])


def test_the_change_of_a_region_is_that_of_its_own_pixels() -> None:
    unedited = np.zeros((1, 3, 2, 2))
    moved = unedited[:, None].repeat(2, axis=1)
    moved[0, 1, :, :, 0] = [[0.2, -0.2]] * 3  # the left column, up and down
    found = region_change(moved, unedited, {"left": LEFT, "right": ~LEFT})
    np.testing.assert_allclose(found["left"], [[0.0, 0.2 * 127.5]])
    np.testing.assert_array_equal(found["right"], [[0.0, 0.0]])


def test_each_portrait_may_have_a_mask_of_its_own_and_one_without_pixels_is_unknown() -> None:
    unedited = np.zeros((2, 1, 2, 2))
    moved = np.full((2, 1, 1, 2, 2), 0.1)
    found = region_change(moved, unedited, {"left": np.stack([LEFT, np.zeros((2, 2), bool)])})["left"]
    assert found[0, 0] == pytest.approx(12.75)
    assert np.isnan(found[1, 0])


def test_pixels_are_cut_off_where_a_file_would_cut_them_off() -> None:
    found = region_change(np.full((1, 1, 1, 2, 2), 5.0), np.full((1, 1, 2, 2), 1.5), {"left": LEFT})
    assert found["left"][0, 0] == 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        region_change(np.zeros((2, 1, 3, 4, 4)), np.zeros((1, 3, 4, 4)), {})
    with pytest.raises(ValueError, match="region 'left' has shape"):
        region_change(np.zeros((1, 1, 3, 4, 4)), np.zeros((1, 3, 4, 4)), {"left": LEFT})
