"""The cut-out itself: what lies outside the photo, what is refused, what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from faces import POINTS, draw_face, place
from prognos.config.outcomes import PhotoOutcome
from prognos.transforms import AlignFace, PhotoError
from prognos.transforms.alignment import covered_fraction


def test_a_face_in_the_middle_is_not_changed_by_what_lies_around_it() -> None:
    small = np.pad(draw_face(), ((60, 60), (60, 60), (0, 0)), mode="edge")
    large = np.pad(draw_face(), ((200, 200), (200, 200), (0, 0)), mode="edge")
    np.testing.assert_array_equal(AlignFace(64)(small, POINTS + 60), AlignFace(64)(large, POINTS + 200))


def test_outside_the_photo_it_is_mirrored_and_fades_without_a_seam() -> None:
    photo = draw_face()[:, 30:]
    face = AlignFace(128)(photo, POINTS - [30, 0])
    assert (face.reshape(-1, 3).std(axis=0) > 5).all()
    assert face.min() > 5, "no black border"
    left, right = face[40:100, :8].astype(float), AlignFace(128)(draw_face(), POINTS)[40:100, :8].astype(float)
    assert np.abs(np.diff(left, axis=0)).mean() < np.abs(np.diff(right, axis=0)).mean() + 3


def test_a_face_at_the_very_edge_of_a_tiny_photo_is_still_cut_out() -> None:
    points = place(POINTS - POINTS[0], angle=0, scale=0.2, shift=(0, 0))
    assert AlignFace(64)(draw_face()[:12, :12], points).shape == (64, 64, 3)


def test_the_covered_share_is_that_of_the_square_inside_the_photo() -> None:
    points = np.array([[40.0, 50], [60, 50], [50, 60], [42, 70], [58, 70]]) - 0.5  # a square of 80 around (50, 52)
    assert covered_fraction(points, 200, 200) == 1.0
    assert covered_fraction(points, 50, 200) == 0.5
    assert covered_fraction(points, 50, 52) == 0.25


def test_the_input_is_left_alone_and_the_same_twice() -> None:
    photo = draw_face()
    first = AlignFace(64)(photo, POINTS)
    np.testing.assert_array_equal(photo, draw_face())
    np.testing.assert_array_equal(first, AlignFace(64)(photo, POINTS))


def test_a_wrong_photo_size_or_points_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \[H, W, 3\]"):
        AlignFace(64)(draw_face()[..., 0], POINTS)
    with pytest.raises(ValueError, match="at least 8"):
        AlignFace(4)
    with pytest.raises(PhotoError) as caught:
        AlignFace(64)(draw_face(), POINTS + 100)
    assert caught.value.outcome is PhotoOutcome.LANDMARKS_OUTSIDE
