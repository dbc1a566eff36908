"""Filling of polygons, against a test of each pixel by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from prognos.transforms.dicom.polygons import fill_polygons

SHAPE = (12, 9)
CENTRES = np.stack(np.meshgrid(*(np.arange(size) for size in SHAPE), indexing="ij"), axis=-1).reshape(-1, 2)

coordinates = st.floats(-4.0, 15.0).map(lambda value: round(value, 2))
triangles = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=3).map(np.array)


def inside(polygon: np.ndarray) -> np.ndarray:
    """Pixels in a triangle, by an independent implementation."""
    return Path(polygon).contains_points(CENTRES).reshape(SHAPE)


def is_clear(polygons: list[np.ndarray]) -> np.ndarray:
    """Pixels whose centres lie on no edge, where two implementations must agree."""
    clear = np.ones(len(CENTRES), bool)
    for polygon in polygons:
        for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            along = end - start
            part = np.clip((CENTRES - start) @ along / max(along @ along, 1e-12), 0, 1)
            clear &= np.linalg.norm(start + part[:, None] * along - CENTRES, axis=1) > 1e-6
    return clear.reshape(SHAPE)


@settings(max_examples=60)
@given(st.lists(triangles, min_size=1, max_size=4))
def test_polygons_are_filled_with_their_exclusive_or(found: list[np.ndarray]) -> None:
    expected = np.zeros(SHAPE, bool)
    for triangle in found:
        expected ^= inside(triangle)
    clear = is_clear(found)
    np.testing.assert_array_equal(fill_polygons(found, SHAPE)[clear], expected[clear])


@given(st.integers(-3, 10), st.integers(-3, 8), st.integers(1, 6), st.integers(1, 6))
def test_of_two_polygons_with_a_common_edge_through_centres_one_has_each_pixel(
    left: int, top: int, width: int, height: int
) -> None:
    corners = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], float)
    beside = corners + np.array([width, 0])
    both = np.array([corners[0], beside[1], beside[2], corners[3]])
    first, second, whole = (fill_polygons([each], SHAPE) for each in (corners, beside, both))
    assert not (first & second).any()
    np.testing.assert_array_equal(first | second, whole)
