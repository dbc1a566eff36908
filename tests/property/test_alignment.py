"""However a face lies in a photo, its points come to lie on the same places of the aligned picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces import POINTS, place
from prognos.transforms import AlignFace, alignment_matrix

USED = [0, 1, 3, 4]
ANGLES = st.floats(-np.pi, np.pi)


def aligned(points: np.ndarray, size: int) -> np.ndarray:
    """Points in the aligned picture."""
    matrix = alignment_matrix(points, size)
    return points @ matrix[:, :2].T + matrix[:, 2]


@given(angle=ANGLES, scale=st.floats(0.05, 20), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_roll_scale_and_shift_change_nothing(angle: float, scale: float, x: float, y: float) -> None:
    moved = place(POINTS, angle=angle, scale=scale, shift=(x, y))
    np.testing.assert_allclose(aligned(moved, 256), aligned(POINTS, 256), atol=1e-6)


@given(eyes=st.floats(10, 200), mouth=st.floats(10, 200), size=st.sampled_from([64, 256, 1024]))
def test_an_upright_face_lies_where_the_formula_says(eyes: float, mouth: float, size: int) -> None:
    points = np.array([[-eyes / 2, 0], [eyes / 2, 0], [0, 9], [-8, mouth], [8, mouth]]) + 300
    per_pixel = size / (2 * max(2 * eyes, 1.8 * mouth))
    middle = (size - 1) / 2
    expected = [
        [middle - eyes / 2 * per_pixel, middle - 0.1 * mouth * per_pixel],
        [middle + eyes / 2 * per_pixel, middle - 0.1 * mouth * per_pixel],
        [middle - 8 * per_pixel, middle + 0.9 * mouth * per_pixel],
        [middle + 8 * per_pixel, middle + 0.9 * mouth * per_pixel],
    ]
    np.testing.assert_allclose(aligned(points, size)[USED], expected, atol=1e-8)


@settings(max_examples=12, deadline=None)
@given(angle=ANGLES, scale=st.floats(0.4, 1.2), x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_dots_of_a_photo_land_there_to_a_fraction_of_a_pixel(angle: float, scale: float, x: float, y: float) -> None:
    points = place(POINTS - POINTS[2], angle=angle, scale=scale, shift=(150 + x, 150 + y))
    steps = np.arange(300)
    bells = np.exp(-((steps - points[[0, 1, 3], :, None]) ** 2) / (2 * (3 * scale) ** 2))  # [3 dots, x and y, 300]
    photo = np.einsum("ci,cj->jic", 250 * bells[:, 0], bells[:, 1]).astype(np.uint8)  # one dot a channel
    face = AlignFace(64)(photo, points).astype(float)
    weights = np.where(face > 20, face, 0)
    found = [np.einsum(f"jic,{axis}->c", weights, np.arange(64)) / weights.sum(axis=(0, 1)) for axis in "ij"]
    np.testing.assert_allclose(np.transpose(found), aligned(POINTS, 64)[[0, 1, 3]], atol=0.1)


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_every_pixel_is_that_of_the_photo_at_its_place(scale: float) -> None:
    """Held against the closed form of a smooth picture, so that a shift by half a pixel would be seen."""

    def brightness(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 128 + 50 * np.sin(x / scale / 9) + 50 * np.cos(y / scale / 7)

    side = int(300 * scale)
    points = place(POINTS - 64, angle=0.3, scale=scale, shift=(side / 2, side / 2))
    rows, columns = np.mgrid[:side, :side].astype(float)
    photo = np.repeat(brightness(columns, rows)[..., None], 3, axis=2).round().astype(np.uint8)
    face = AlignFace(64)(photo, points)[..., 0].astype(float)
    matrix = alignment_matrix(points, 64)
    v, u = np.mgrid[:64, :64]
    places = np.linalg.inv(matrix[:, :2]) @ (np.stack([u.ravel(), v.ravel()]) - matrix[:, 2:])
    expected = brightness(*places).reshape(64, 64)
    error = face - expected + 0.5  # Pillow rounds down
    assert np.abs(error).mean() < 1.2, "half a pixel of the aligned picture would be 4 levels"
