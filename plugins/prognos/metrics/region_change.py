"""How far the pixels of each part of edited portraits move.

N portraits, each drawn with K values of beta; C colours, R the side of a portrait in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["region_change"]

STEPS = 127.5
"""Steps of 8 bits in one unit of an image in [-1, 1]."""


def region_change(
    images: NDArray[np.floating[Any]], unedited: NDArray[np.floating[Any]], regions: Mapping[str, ArrayLike]
) -> dict[str, NDArray[np.float64]]:
    """Mean absolute change of the pixels of each region, against the portrait as it was.

    Args:
        images: edited portraits, about [-1, 1], cut off there as a file would be, [N, K, C, R, R].
        unedited: the same portraits at beta = 0, [N, C, R, R].
        regions: name -> boolean mask, [N, R, R], or [R, R] when it is the same for all portraits.

    Returns:
        Region -> change in steps of 8 bits, 0 = it stays, [N, K]; NaN for portraits that do not show it.

    Raises:
        ValueError: when shapes differ.

    Example:
        >>> moved, still = np.full((1, 1, 1, 2, 2), 0.2), np.zeros((1, 1, 2, 2))
        >>> region_change(moved, still, {"left": [[True, False]] * 2})["left"].round(3)
        array([[25.5]])
    """
    if images.ndim != 5 or unedited.shape != (images.shape[0], *images.shape[2:]):
        raise ValueError(
            f"portraits have shapes {list(images.shape)} and {list(unedited.shape)}, expected [N, K, C, R, R] and "
            f"[N, C, R, R]."
        )
    change = np.abs(images.clip(-1.0, 1.0) - unedited[:, None].clip(-1.0, 1.0)).mean(axis=2, dtype=np.float64) * STEPS
    return {name: _inside(name, change, np.asarray(mask, np.bool_)) for name, mask in regions.items()}


def _inside(name: str, change: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of the change [N, K, R, R] over a mask."""
    shape = (len(change), *change.shape[2:])
    if mask.shape not in (shape, shape[1:]):
        raise ValueError(f"region {name!r} has shape {list(mask.shape)}, expected {list(shape)} or {list(shape[1:])}.")
    masks = np.broadcast_to(mask, shape)
    pixels = masks.sum(axis=(1, 2))[:, None]
    total = np.einsum("nkij,nij->nk", change, masks)
    mean: NDArray[np.float64] = np.divide(total, pixels, out=np.full(total.shape, np.nan), where=pixels > 0)
    return mean
