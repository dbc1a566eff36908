"""Fills polygons by the even-odd rule, which is the exclusive or of polygons that lie in one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["fill_polygons"]


def fill_polygons(polygons: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels whose centres lie in an odd number of polygons.

    A polygon within another is a hole, and so is a channel that leads there and back. An edge through the centre of a
    pixel counts as left of it and above it, so that of two polygons with a common edge exactly one has the pixel.

    Args:
        polygons: corners in pixels; (0, 0) is the centre of the first pixel. Shapes [N, 2].
        shape: (W, H).

    Returns:
        Shape [W, H].
    """
    result = np.zeros(shape, bool)
    if polygons:
        corners = np.concatenate(polygons)
        low, high = (
            np.clip(np.ceil(ends), 0, shape).astype(int) for ends in (corners.min(axis=0), corners.max(axis=0))
        )
        box = _fill([polygon - low for polygon in polygons], (int(high[0] - low[0]), int(high[1] - low[1])))
        result[low[0] : high[0], low[1] : high[1]] = box
    return result


def _fill(polygons: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The same, at a cost that grows with ``shape``."""
    toggles = np.zeros((shape[0] + 1, shape[1]), np.int32)  # edges at or left of a pixel, but not of the one before
    for start in polygons:
        end = np.roll(start, -1, axis=0)
        low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
        first = np.clip(np.ceil(low), 0, shape[1]).astype(int)  # rows from the upper corner on, without the lower
        rows = np.clip(np.ceil(high), 0, shape[1]).astype(int) - first
        edge = np.repeat(np.arange(len(start)), rows)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(rows) - rows, rows) + first[edge]
        rise = (end - start)[edge]
        x = start[edge, 0] + (row - start[edge, 1]) * rise[:, 0] / rise[:, 1]
        np.add.at(toggles, (np.clip(np.ceil(x), 0, shape[0]).astype(int), row), 1)
    inside: NDArray[np.bool_] = np.cumsum(toggles[:-1], axis=0) % 2 == 1
    return inside
