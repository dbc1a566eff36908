"""The square around a lesion: where its pixels lie, what they hold, and what is outside the volume."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.transforms import Grid, Lesion, Volume, cut_patches

AFFINE = np.diag([2.0, 0.5, 5.0, 1.0])
SHAPE = (80, 320, 3)  # 160 x 160 mm in plane


def lesion(diameter: float, centre: tuple[float, float] = (39.5, 159.5)) -> Lesion:
    """A lesion in the middle slice; only what the patch depends on matters."""
    return Lesion(1, 1, 1.0, diameter, (0.0, 0.0, 0.0), centre, 1, 0)


def cut(array: np.ndarray, *lesions: Lesion) -> np.ndarray:
    """Patches of an array on the anisotropic grid of this file, window from 0 to 1000."""
    grid = Grid(SHAPE, AFFINE)
    return cut_patches(Volume(array, grid, grid), lesions, window=(0.0, 1000.0)).astype(np.float64)


def mm(axis: int) -> np.ndarray:
    """Position of each voxel along one in-plane axis, mm, relative to the middle of the volume. Broadcasts to SHAPE."""
    position = (np.arange(SHAPE[axis]) - (SHAPE[axis] - 1) / 2) * AFFINE[axis, axis]
    return np.broadcast_to(np.expand_dims(position, tuple({0, 1, 2} - {axis})), SHAPE)


@pytest.mark.parametrize("diameter", [9.0, 36.0], ids=["enlarged", "shrunk along the fine axis"])
def test_columns_run_to_the_left_and_rows_to_the_back_in_mm(diameter: float) -> None:
    pitch = 2 * diameter / 72
    expected = 0.5 + 0.005 * (np.arange(128) - 63.5) * pitch
    to_left, to_back = cut(500 + 5 * mm(0), lesion(diameter))[0], cut(500 + 5 * mm(1), lesion(diameter))[0]
    # A slope is kept by interpolation; float16 resolves 0.0005 below 1.
    np.testing.assert_allclose(to_left, np.broadcast_to(expected, (128, 128)), atol=6e-4)
    np.testing.assert_allclose(to_back, np.broadcast_to(expected[:, None], (128, 128)), atol=6e-4)


def test_the_middle_72_pixels_are_two_diameters_wide() -> None:
    block = 1000.0 * ((np.abs(mm(0)) <= 16) & (np.abs(mm(1)) <= 16))  # 32 mm, faces on voxel borders
    patch = cut(block, lesion(32.0))[0]
    np.testing.assert_allclose(patch[28:100, 63].sum(), 36, atol=0.6)
    np.testing.assert_allclose(patch[63, 28:100].sum(), 36, atol=0.6)


def test_only_the_slice_of_the_lesion_is_seen() -> None:
    array = np.zeros(SHAPE)
    array[:, :, [0, 2]] = 1000
    assert cut(array, lesion(20.0)).max() == 0


def test_outside_the_volume_is_air() -> None:
    patch = cut(np.full(SHAPE, 1000.0), lesion(36.0, centre=(-0.5, 159.5)))[0]  # the left half lies outside
    assert (patch[:, :62] == 0).all()
    # Pixels are half a voxel wide; the two at the face interpolate a quarter voxel to either side of it.
    np.testing.assert_allclose(patch[64, 61:67], [0, 0, 0.25, 0.75, 1, 1], atol=1e-3)
    np.testing.assert_allclose(patch[64, 66:], 1, atol=1e-3)


def test_a_lesion_far_outside_gives_air() -> None:
    assert cut(np.full(SHAPE, 1000.0), lesion(10.0, centre=(500.0, 159.5))).max() == 0


def test_shrinking_averages_instead_of_skipping() -> None:
    stripes = np.broadcast_to(1000.0 * (np.arange(SHAPE[1])[None, :, None] // 2 % 2), SHAPE)
    patch = cut(stripes, lesion(72.0, centre=(39.5, 158.0)))[0]  # a pixel covers 2 mm, a dark and a bright stripe
    np.testing.assert_allclose(patch[40:88, 40:88], 0.5, atol=0.02)


def test_values_beyond_the_window_do_not_bleed() -> None:
    array = np.full(SHAPE, 500.0)
    array[:, 160:, :] = -3024
    assert cut(array, lesion(20.0))[0].min() == 0
    np.testing.assert_allclose(cut(array, lesion(20.0))[0][62:66, 64].mean(), 0.25, atol=0.02)


def test_a_tiny_lesion_gets_the_square_of_5_mm() -> None:
    ramp = 500 + 5 * mm(0)
    np.testing.assert_array_equal(cut(ramp, lesion(0.7)), cut(ramp, lesion(5.0)))


def test_no_lesion_gives_no_patch() -> None:
    assert cut(np.zeros(SHAPE)).shape == (0, 128, 128)


def test_lesions_are_cut_independently() -> None:
    array = np.random.default_rng(0).uniform(0, 1000, SHAPE)
    first, second = lesion(12.0), lesion(30.0, centre=(20.0, 100.0))
    both = cut(array, first, second)
    np.testing.assert_array_equal(both[0], cut(array, first)[0])
    np.testing.assert_array_equal(both[1], cut(array, second)[0])
