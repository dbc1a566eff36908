"""Where face, surroundings, clothes and background lie in a photo that was aligned by eyes and mouth.

R is the side of the photo in pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["face_region_template"]

FACE = (0.5, 0.55, 0.25, 0.34)
"""Ellipse from chin to forehead: centre x, centre y, half width, half height, as shares of the side."""

AROUND = (0.5, 0.50, 0.36, 0.47)
"""Ellipse that also holds hair and ears."""

NECK = 0.17
"""Half width of the column below the face where the neck is seen between the clothes, as a share of the side."""

SHOULDERS = 0.88
"""Share of the side below which what is not face counts as clothes."""


def face_region_template(resolution: int) -> dict[str, NDArray[np.bool_]]:
    """Regions of an aligned photo, the same for every photo: an approximation that needs no segmentation.

    Alignment puts the eyes at 0.47 and the mouth at 0.72 of the height, a quarter of the width apart, so a face is
    always in the same place. Hair and background cannot be told apart without a segmentation; ``around`` holds both.
    The neck is no clothes: it pales with the face.

    Args:
        resolution: R.

    Returns:
        ``face``, ``around`` (hair, ears, neck and what is seen beside them), ``clothes`` and ``background``, boolean
        [R, R] each; every pixel is in exactly one.

    Raises:
        ValueError: when the resolution is not positive.
    """
    if resolution < 1:
        raise ValueError(f"resolution is {resolution}, expected a positive number of pixels.")
    y, x = (np.mgrid[0:resolution, 0:resolution] + 0.5) / resolution
    face = _ellipse(x, y, *FACE)
    neck = np.abs(x - 0.5) < NECK
    clothes = ~face & (y >= SHOULDERS) & ~neck
    around = ~face & ~clothes & (_ellipse(x, y, *AROUND) | ((y >= SHOULDERS) & neck))
    return {"face": face, "around": around, "clothes": clothes, "background": ~(face | around | clothes)}


def _ellipse(
    x: NDArray[np.float64], y: NDArray[np.float64], centre_x: float, centre_y: float, width: float, height: float
) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = ((x - centre_x) / width) ** 2 + ((y - centre_y) / height) ** 2 <= 1
    return inside
