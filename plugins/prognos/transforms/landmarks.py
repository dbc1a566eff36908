"""Points of a face, from 5 or 68 of them, and whether they can be those of a face.

A point is (x, y) in pixels of the upright photo, x to the right, y down; (0, 0) is the centre of the first pixel. Left
and right are the viewer's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prognos.config.outcomes import PhotoOutcome

__all__ = ["five_points", "judge_points"]

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)
"""Rows of five points."""

USED = (LEFT_EYE, RIGHT_EYE, LEFT_MOUTH, RIGHT_MOUTH)
"""Rows that the alignment uses; the nose may be unknown (NaN)."""

_LEFT_EYE_68, _RIGHT_EYE_68 = slice(36, 42), slice(42, 48)
_NOSE_68, _LEFT_MOUTH_68, _RIGHT_MOUTH_68 = 30, 48, 54


def five_points(landmarks: ArrayLike) -> NDArray[np.float64]:
    """Eye centres, tip of the nose and mouth corners.

    Args:
        landmarks: left eye, right eye, nose, left and right corner of the mouth [5, 2], or the 68 points of the iBUG
            scheme [68, 2], whose eye contours are averaged.

    Returns:
        The five points, float64 [5, 2].

    Raises:
        ValueError: when the shape is neither [5, 2] nor [68, 2].

    Source:
        Sagonas et al. 2013, "300 Faces in-the-Wild Challenge", figure 1: the numbering of the 68 points.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape == (5, 2):
        return points
    if points.shape != (68, 2):
        raise ValueError(f"landmarks have shape {list(points.shape)}, expected [5, 2] or [68, 2]: one row (x, y) each.")
    eyes = points[_LEFT_EYE_68].mean(axis=0), points[_RIGHT_EYE_68].mean(axis=0)
    return np.stack([*eyes, points[_NOSE_68], points[_LEFT_MOUTH_68], points[_RIGHT_MOUTH_68]])


def judge_points(points: NDArray[np.float64], width: int, height: int) -> PhotoOutcome | None:
    """Say what is wrong with five points of a photo.

    Args:
        points: [5, 2].
        width: of the upright photo, pixels.
        height: of the upright photo, pixels.

    Returns:
        ``LANDMARKS_OUTSIDE`` when an eye or a corner of the mouth is unknown or not in the photo,
        ``LANDMARKS_IMPLAUSIBLE`` when they cannot be those of a face, which may be turned by any angle in the plane of
        the photo but not mirrored; None when nothing is wrong.
    """
    used = points[list(USED)]
    inside = (used >= -0.5) & (used <= np.array([width, height]) - 0.5)  # NaN is not inside
    if not inside.all():
        return PhotoOutcome.LANDMARKS_OUTSIDE
    across = points[RIGHT_EYE] - points[LEFT_EYE]
    mouth = points[RIGHT_MOUTH] - points[LEFT_MOUTH]
    down = (points[LEFT_MOUTH] + points[RIGHT_MOUTH] - points[LEFT_EYE] - points[RIGHT_EYE]) / 2
    is_face = _cross(across, down) > 0.1 * (across @ across) and _cross(mouth, down) > 0 and across @ across > 1.0
    return None if is_face else PhotoOutcome.LANDMARKS_IMPLAUSIBLE


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Area spanned by two vectors; positive where b is clockwise of a on the screen."""
    return float(a[0] * b[1] - a[1] * b[0])
