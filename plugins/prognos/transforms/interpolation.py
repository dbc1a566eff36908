"""Interpolation of CT along one axis: shrinking averages, enlarging interpolates linearly, outside there is air."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["interpolation_weights", "scale_window"]


def scale_window(hu: NDArray[np.generic], window: tuple[float, float]) -> NDArray[np.float32]:
    """Clip HU to the window and scale it to [0, 1]."""
    low, high = window
    return (hu.clip(low, high).astype(np.float32) - low) / (high - low)


def interpolation_weights(centre: float, step: float, size: int, length: int) -> tuple[NDArray[np.float32], int]:
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
