"""Cuts an axial square of a CT volume around each lesion.

L is the number of lesions, S the side of a stored patch in pixels, n and m the voxels of the slice it is cut from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.images import Volume
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
        columns, left = _weights(lesion.centre[0], pitch / spacing[0], stored_size, image.array.shape[0])  # [S, n]
        rows, top = _weights(lesion.centre[1], pitch / spacing[1], stored_size, image.array.shape[1])  # [S, m]
        pixels = image.array[left : left + columns.shape[1], top : top + rows.shape[1], lesion.slice]
        patch[:] = rows @ _scale(pixels, window).T @ columns.T
    return patches


def _scale(hu: NDArray[np.generic], window: tuple[float, float]) -> NDArray[np.float32]:
    """Clip HU to the window and scale it to [0, 1]."""
    low, high = window
    return (hu.clip(low, high).astype(np.float32) - low) / (high - low)


def _weights(centre: float, step: float, size: int, length: int) -> tuple[NDArray[np.float32], int]:
    """Interpolation weights of the voxels of one axis for each new pixel.

    Args:
        centre: middle of the new pixels, in voxels.
        step: side of a new pixel, in voxels.
        size: number of new pixels.
        length: number of voxels of the axis.

    Returns:
        Weights, less than 1 in total where a pixel reaches beyond the volume, [size, n], and the first voxel.
    """
    at = centre + (np.arange(size) - (size - 1) / 2) * step
    reach = max(step, 1.0)
    voxels = np.arange(np.floor(at[0] - reach), np.ceil(at[-1] + reach) + 1)
    weights = np.clip(1 - np.abs(voxels - at[:, None]) / reach, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    inside = (voxels >= 0) & (voxels < length)
    first = int(voxels[inside][0]) if inside.any() else 0
    return weights[:, inside].astype(np.float32), first
