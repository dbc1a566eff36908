"""Five points come from 5 or 68, and points that cannot be a face's are named."""

from __future__ import annotations

import numpy as np
import pytest

from faces import POINTS, place
from prognos.config.outcomes import PhotoOutcome
from prognos.transforms.landmarks import five_points, judge_points

SWAPPED_EYES = [1, 0, 2, 3, 4]
SWAPPED_MOUTH = [0, 1, 2, 4, 3]


def test_68_points_give_the_means_of_the_eyes_and_the_outer_corners_of_the_mouth() -> None:
    many = np.full((68, 2), 1000.0)
    corners = np.array([[-2, 0], [-1, -1], [1, -1], [2, 0], [1, 1], [-1, 1]])
    many[36:42], many[42:48] = POINTS[0] + corners, POINTS[1] + corners
    many[30], many[48], many[54] = POINTS[2:]
    np.testing.assert_allclose(five_points(many), POINTS)


@pytest.mark.parametrize("shape", [(4, 2), (68, 3), (10,)])
def test_another_number_of_points_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \[5, 2\] or \[68, 2\]"):
        five_points(np.zeros(shape))


@pytest.mark.parametrize("angle", np.deg2rad([0, 60, 180, -100]))
def test_a_face_may_be_turned_by_any_angle(angle: float) -> None:
    assert judge_points(place(POINTS - 64, angle=angle, scale=1, shift=(64, 64)), 128, 128) is None


@pytest.mark.parametrize(
    "points",
    [POINTS[SWAPPED_EYES], POINTS[SWAPPED_MOUTH], POINTS * [1, -1] + [0, 127], np.full((5, 2), 60.0)],
    ids=["eyes swapped", "mouth swapped", "mirrored", "one place"],
)
def test_points_of_no_face_are_named(points: np.ndarray) -> None:
    assert judge_points(points, 128, 128) is PhotoOutcome.LANDMARKS_IMPLAUSIBLE


@pytest.mark.parametrize("row", [0, 1, 3, 4])
@pytest.mark.parametrize("value", [(-1.0, 60.0), (60.0, 128.0), (np.nan, 60.0)])
def test_an_eye_or_corner_outside_or_unknown_is_named(row: int, value: tuple[float, float]) -> None:
    points = POINTS.copy()
    points[row] = value
    assert judge_points(points, 128, 128) is PhotoOutcome.LANDMARKS_OUTSIDE


def test_the_nose_may_be_unknown() -> None:
    points = POINTS.copy()
    points[2] = np.nan
    assert judge_points(points, 128, 128) is None
