"""Cuts an axial square of a CT volume around each lesion.

L is the number of lesions, S the side of a stored patch in pixels, n and m the voxels of the slice it is cut from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.images import Volume
from prognos.transforms.interpolation import interpolation_weights, scale_window
from prognos.transforms.lesions import Lesion

__all__ = ["HU_WINDOW", "MIN_DIAMETER_MM", "PATCH_SIZE", "STORED_SIZE", "cut_patches"]

PATCH_SIZE = 72
"""Side of the patch that the network sees, pixels (Yang et al. 2023, section 4); it covers 2 lesion diameters."""

STORED_SIZE = 128
"""Side of the patch as stored, pixels: 1.78 times the network's, so that it may be turned, scaled and shifted."""

HU_WINDOW = (-1000.0, 400.0)
"""HU that become 0 and 1. Ours: lung, soft tissue and contrast stay apart; compact bone saturates."""

MIN_DIAMETER_MM = 5.0
"""Diameter given to smaller lesions when their square is cut, mm; below it a patch is a few blurred voxels. Ours."""


def cut_patches(
    image: Volume,
    lesions: Sequence[Lesion],
    *,
    stored_size: int = STORED_SIZE,
    patch_size: int = PATCH_SIZE,
    window: tuple[float, float] = HU_WINDOW,
) -> NDArray[np.float16]:
    """Cut the square with a side of 2 d around each lesion, with a margin for augmentation.

    d is the longest in-plane side of the lesion's bounding box, at least 5 mm. The square lies in the axial slice where
    the lesion's area is largest, around the middle of the bounding box; its pixels are equally wide in mm along both
    axes, whatever the spacing of the volume. Rows run to the patient's back, columns to the patient's left.

    HU are clipped to the window and scaled to [0, 1] before they are interpolated, so that neither metal nor the
    filling outside the field of view (down to -3024 HU) bleeds into its surroundings. Shrinking averages (triangle
    filter, two new pixels wide), enlarging interpolates linearly. Outside the volume there is air, 0.

    Args:
        image: CT in HU. Shape [W, H, D].
        lesions: what to cut around, measured on the grid of the image.
        stored_size: S, pixels.
        patch_size: pixels of the stored patch that cover 2 d.
        window: HU that become 0 and 1.

    Returns:
        Patches in [0, 1]. Shape [L, S, S].

    Source:
        Yang et al. 2023, section 4, for "a 2d x 2d patch of each lesion, where d is the lesion bounding box diameter";
        the paper says neither which diameter nor which slice nor which window.
    """
    patches = np.zeros((len(lesions), stored_size, stored_size), dtype=np.float16)
    spacing = image.grid.spacing
    for patch, lesion in zip(patches, lesions, strict=True):
        pitch = 2 * max(lesion.diameter, MIN_DIAMETER_MM) / patch_size  # mm of one pixel
        (x, y), (width, height) = lesion.centre, image.array.shape[:2]
        columns, left = interpolation_weights(x, pitch / spacing[0], stored_size, width)  # [S, n]
        rows, top = interpolation_weights(y, pitch / spacing[1], stored_size, height)  # [S, m]
        pixels = image.array[left : left + columns.shape[1], top : top + rows.shape[1], lesion.slice]
        patch[:] = rows @ scale_window(pixels, window).T @ columns.T
    return patches
