"""What holds for every grid: planted mismatches never pass, storage never matters."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform

from prognos.transforms import Grid, restore_orientation, same_grid
from prognos.transforms.geometry import TOLERANCE_MM, TOLERANCE_VOXELS, orient_axial

AXES = [
    tuple(codes[axis] for axis in order)
    for order in itertools.permutations(range(3))
    for codes in itertools.product("LR", "PA", "SI")
]


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Axial grids of 1 to 40 voxels an axis, turned by up to 20 degrees, anywhere within a metre."""
    shape = tuple(draw(st.tuples(*[st.integers(1, 40)] * 3)))
    spacing = draw(st.tuples(*[st.floats(0.3, 6.0)] * 3))
    origin = draw(st.tuples(*[st.floats(-1000.0, 1000.0)] * 3))
    angle, axis = np.radians(draw(st.floats(-20.0, 20.0))), draw(st.integers(0, 2))
    first, second = [other for other in range(3) if other != axis]
    affine = np.eye(4)
    affine[[first, first, second, second], [first, second, first, second]] = (
        np.cos(angle),
        -np.sin(angle),
        np.sin(angle),
        np.cos(angle),
    )
    affine[:3, :3] *= spacing
    affine[:3, 3] = origin
    return Grid(shape, affine)


def stored(grid: Grid, axes: tuple[str, ...]) -> Grid:
    """The same grid with its axes stored in another order and sense."""
    turn = ornt_transform(axcodes2ornt(tuple("LPS")), axcodes2ornt(axes))
    shape = apply_orientation(np.zeros(grid.shape, dtype=bool), turn).shape
    return Grid(shape, grid.affine @ inv_ornt_aff(turn, grid.shape))


@given(grids(), st.integers(0, 2))
def test_a_flip_never_passes(grid: Grid, axis: int) -> None:
    flip = np.eye(4)
    flip[axis, axis] = -1
    assert not same_grid(grid, Grid(grid.shape, grid.affine @ flip))
    about_the_middle = flip.copy()
    about_the_middle[axis, 3] = grid.shape[axis] - 1
    assert not same_grid(grid, Grid(grid.shape, grid.affine @ about_the_middle))


@given(grids(), st.integers(0, 2), st.sampled_from([-1.0, -0.5, 0.5, 1.0]))
def test_a_shift_by_half_a_voxel_never_passes(grid: Grid, axis: int, voxels: float) -> None:
    shifted = grid.affine.copy()
    shifted[:3, 3] += voxels * grid.affine[:3, axis]
    assert not same_grid(grid, Grid(grid.shape, shifted))


@given(grids(), st.integers(0, 2), st.sampled_from([-1, 1]))
def test_a_voxel_more_or_less_never_passes(grid: Grid, axis: int, more: int) -> None:
    shape = list(grid.shape)
    shape[axis] += more
    assert not same_grid(grid, Grid(tuple(shape), grid.affine))


@given(grids(), st.integers(0, 2), st.sampled_from([0.5, 0.7, 1.5, 2.0]))
def test_another_spacing_never_passes(grid: Grid, axis: int, factor: float) -> None:
    scaled = grid.affine.copy()
    scaled[:3, axis] *= factor
    assert not same_grid(grid, Grid(grid.shape, scaled))


@given(grids(), st.integers(0, 2), st.sampled_from([-1.0, 1.0]))
def test_a_shift_passes_exactly_up_to_the_tolerance(grid: Grid, axis: int, sense: float) -> None:
    limit = min(TOLERANCE_MM, TOLERANCE_VOXELS * grid.spacing.min())
    for part in (0.98, 1.02):
        shifted = grid.affine.copy()
        shifted[:3, 3] += sense * part * limit * grid.affine[:3, axis] / grid.spacing[axis]
        assert same_grid(grid, Grid(grid.shape, shifted)) == (part < 1)


@given(grids(), st.integers(0, 2), st.floats(-30.0, 30.0))
def test_another_direction_passes_only_when_no_corner_moves_far(grid: Grid, axis: int, degrees: float) -> None:
    angle = np.radians(degrees)
    first, second = [other for other in range(3) if other != axis]
    turn = np.eye(4)
    turn[[first, first, second, second], [first, second, first, second]] = (
        np.cos(angle),
        -np.sin(angle),
        np.sin(angle),
        np.cos(angle),
    )
    about = np.eye(4)
    about[:3, 3] = grid.position(np.array([size - 1 for size in grid.shape]) / 2)
    turned = Grid(grid.shape, about @ turn @ np.linalg.inv(about) @ grid.affine)
    furthest = np.linalg.norm(turned.corners - grid.corners, axis=1).max()
    limit = min(TOLERANCE_MM, TOLERANCE_VOXELS * grid.spacing.min())
    if abs(furthest - limit) > 1e-6:
        assert same_grid(grid, turned) == (furthest < limit)


@given(grids(), st.integers(0, 2), st.sampled_from(AXES), st.sampled_from(AXES), st.booleans())
def test_a_flip_never_passes_however_both_are_stored(
    grid: Grid, axis: int, image_axes: tuple[str, ...], mask_axes: tuple[str, ...], flipped: bool
) -> None:
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1, grid.shape[axis] - 1  # about the middle: the volume covers the same place
    mask = Grid(grid.shape, grid.affine @ flip) if flipped else grid
    oriented = [
        orient_axial(np.zeros(each.shape, bool), each, name="")
        for each in (stored(grid, image_axes), stored(mask, mask_axes))
    ]
    # A flipped header is another storage of the same grid: it may pass, but then its voxels were flipped with it.
    assert same_grid(oriented[0][1], oriented[1][1])
    marked = np.zeros(grid.shape, bool)
    marked[0, 0, 0] = True
    turned, _ = orient_axial(restore_orientation(marked, stored(grid, mask_axes)), stored(mask, mask_axes), name="")
    place = [0, 0, 0]
    place[axis] = grid.shape[axis] - 1 if flipped else 0
    assert turned[tuple(place)]


@given(grids(), st.permutations(range(3)))
def test_exchanged_axes_never_pass(grid: Grid, order: list[int]) -> None:
    exchanged = grid.affine[:, [*order, 3]]
    assert same_grid(grid, Grid(grid.shape, exchanged)) == (order == [0, 1, 2])


@given(grids(), st.integers(0, 2**32 - 1))
def test_rounding_of_a_header_passes(grid: Grid, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1, 1, (4, 4)) * [[1e-5, 1e-5, 1e-5, 1e-3]]
    assert same_grid(grid, Grid(grid.shape, grid.affine + noise))


@given(grids(), st.sampled_from(AXES))
def test_turning_undoes_any_storage(grid: Grid, axes: tuple[str, ...]) -> None:
    array = np.arange(np.prod(grid.shape)).reshape(grid.shape)
    file_grid = stored(grid, axes)
    file_array = restore_orientation(array, file_grid)
    assert file_array.shape == file_grid.shape
    oriented, found = orient_axial(file_array, file_grid, name="scan")
    np.testing.assert_array_equal(oriented, array)
    assert same_grid(grid, found)
