"""The geometry gate and the turning of volumes, on numbers computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.transforms import GeometryError, Grid, require_same_grid, restore_orientation, same_grid
from prognos.transforms.geometry import orient_axial
from scans import AFFINE, SHAPE

GRID = Grid(SHAPE, AFFINE)


def moved(**changes: float) -> Grid:
    """The grid with single entries of its affine replaced, by ``row_column``."""
    affine = AFFINE.copy()
    for place, value in changes.items():
        row, column = place.removeprefix("a").split("_")
        affine[int(row), int(column)] = value
    return Grid(SHAPE, affine)


def test_outer_corners_lie_half_a_voxel_beyond_the_centres() -> None:
    np.testing.assert_allclose(GRID.corners[0], [-10 - 1, 20 - 0.5, -100 - 2.5])
    np.testing.assert_allclose(GRID.corners[-1], [-10 + 29 * 2 + 1, 20 + 23 + 0.5, -100 + 9 * 5 + 2.5])


def test_spacing_and_voxel_volume_are_in_mm() -> None:
    np.testing.assert_allclose(GRID.spacing, [2, 1, 5])
    assert GRID.voxel_volume == pytest.approx(10)


def test_a_grid_equals_itself() -> None:
    assert same_grid(GRID, GRID)


@pytest.mark.parametrize(
    "other",
    [moved(a0_3=-9.8), moved(a2_3=-100.2), moved(a0_0=2.02), moved(a2_2=-5.0), moved(a0_0=-2.0), moved(a1_1=-1.0)],
    ids=["left", "down", "spacing", "upside down", "left for right", "front for back"],
)
def test_another_position_spacing_or_direction_is_another_grid(other: Grid) -> None:
    assert not same_grid(GRID, other)


def test_the_tolerance_never_exceeds_a_tenth_of_a_voxel() -> None:
    fine = np.diag([0.05, 0.05, 0.05, 1.0])
    shifted = fine.copy()
    shifted[0, 3] = 0.01
    assert not same_grid(Grid(SHAPE, fine), Grid(SHAPE, shifted), tolerance_mm=1.0)


def test_a_flip_of_a_single_voxel_thick_axis_does_not_pass() -> None:
    thin = Grid((30, 24, 1), AFFINE)
    assert not same_grid(thin, Grid((30, 24, 1), AFFINE @ np.diag([1.0, 1.0, -1.0, 1.0])))


def test_the_refusal_shows_both_geometries_and_a_remedy() -> None:
    with pytest.raises(GeometryError) as caught:
        require_same_grid(GRID, moved(a0_0=-2.0), name="annotations.csv, line 3")
    message = str(caught.value)
    assert message.startswith("annotations.csv, line 3")
    assert "direction [1 0 0; 0 1 0; 0 0 1]" in message
    assert "direction [-1 0 0; 0 1 0; 0 0 1]" in message
    assert "30 x 24 x 10 voxels of 2 x 1 x 5 mm, origin (-10.00, 20.00, -100.00) mm LPS" in message
    assert "resample" in message


def test_the_refusal_names_another_number_of_voxels() -> None:
    with pytest.raises(GeometryError, match="another number of voxels"):
        require_same_grid(GRID, Grid((30, 24, 11), AFFINE))


def test_turning_a_volume_makes_no_copy() -> None:
    array = np.zeros(SHAPE)
    oriented, _ = orient_axial(array, moved(a0_0=-2.0), name="scan")
    assert np.shares_memory(array, oriented)


def test_turning_back_gives_the_stored_volume() -> None:
    stored = Grid(SHAPE, AFFINE[:, [1, 2, 0, 3]])
    array = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    oriented, _ = orient_axial(array, stored, name="scan")
    np.testing.assert_array_equal(restore_orientation(oriented, stored), array)


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.diag([1.0, 1.0, 0.0, 1.0]), "no size"),
        (AFFINE + np.eye(4)[:, [1, 0, 2, 3]] * [[0.5], [0], [0], [0]], "right angles"),
    ],
    ids=["singular", "sheared"],
)
def test_an_impossible_grid_is_refused(affine: np.ndarray, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        orient_axial(np.zeros(SHAPE), Grid(SHAPE, affine), name="scan")


def test_slices_far_from_axial_are_refused() -> None:
    cosine, sine = np.cos(np.radians(40)), np.sin(np.radians(40))
    affine = np.eye(4)
    affine[1:3, 1:3] = [[cosine, -sine], [sine, cosine]]
    with pytest.raises(GeometryError, match="tilted by 40 degrees"):
        orient_axial(np.zeros(SHAPE), Grid(SHAPE, affine), name="scan")
