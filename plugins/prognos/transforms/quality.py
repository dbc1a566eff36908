"""Two numbers that say whether an aligned face is sharp and whether it has colours.

Both are taken inside the oval of the face, so that neither background nor clothes count. S is its side in pixels.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

__all__ = ["colourfulness", "sharpness"]


MEASURED_SIDE = 64
"""Pixels to which a larger face is shrunk before its sharpness is measured, so that one threshold serves every size."""


def sharpness(face: NDArray[np.uint8]) -> float:
    """Share of the contrast of a face that is finer than about 2 % of its side, in [0, 1]; lower is more blurred.

    Args:
        face: aligned, RGB, uint8 [S, S, 3].

    Returns:
        Standard deviation of the luma minus its Gaussian blur (one pixel), over that of the luma; 0 for an even face.
    """
    side = min(face.shape[0], MEASURED_SIDE)
    luma = Image.fromarray(face).convert("L").resize((side, side), Image.Resampling.LANCZOS)
    fine = np.asarray(luma, dtype=np.float32) - np.asarray(luma.filter(ImageFilter.GaussianBlur(1.0)), np.float32)
    oval = _oval(side)
    contrast = float(np.asarray(luma, dtype=np.float32)[oval].std())
    return min(1.0, float(fine[oval].std()) / contrast) if contrast > 0 else 0.0


def colourfulness(face: NDArray[np.uint8]) -> float:
    """Distance between the largest and the smallest channel that nine tenths of the face stay below; grey is 0.

    Args:
        face: aligned, RGB, uint8 [S, S, 3].

    Returns:
        Levels of 8 bits, in [0, 255].
    """
    oval = face[_oval(face.shape[0])].astype(np.int16)  # [P, 3]
    return float(np.quantile(oval.max(axis=1) - oval.min(axis=1), 0.9))


@cache
def _oval(size: int) -> NDArray[np.bool_]:
    """Where the face lies in an aligned picture: from the brows to the chin."""
    y, x = np.mgrid[:size, :size] / (size - 1) - 0.5
    inside: NDArray[np.bool_] = (x / 0.25) ** 2 + ((y - 0.07) / 0.33) ** 2 <= 1
    return inside
