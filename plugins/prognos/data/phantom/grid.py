"""Voxel grid in patient coordinates and the analytic solids that are cut out of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grid", "Mask"]

Mask = NDArray[np.bool_]


class Grid:
    """Coordinates of every voxel, in the proportions of one patient.

    A solid is described in the millimetres of the average patient; ``stretch`` turns them into those of this one.

    Args:
        field_of_view: extent along x (to the left), y (to the back), z (to the head), mm.
        spacing: voxel size, mm.
        stretch: size of this patient relative to the average one, along each axis, no unit.
    """

    def __init__(
        self, field_of_view: Sequence[float], spacing: Sequence[float], *, stretch: NDArray[np.float64]
    ) -> None:
        sizes = [int(extent / step) for extent, step in zip(field_of_view, spacing, strict=True)]
        self.shape: tuple[int, int, int] = (sizes[0], sizes[1], sizes[2])
        self.spacing = np.asarray(spacing, float)
        self.origin = -(np.array(self.shape) - 1) * self.spacing / 2
        self.stretch = stretch
        x, y, z = (self.origin[axis] + np.arange(self.shape[axis]) * self.spacing[axis] for axis in range(3))
        self.x = (x / stretch[0]).astype(np.float32)[:, None, None]
        self.y = (y / stretch[1]).astype(np.float32)[None, :, None]
        self.z = (z / stretch[2]).astype(np.float32)[None, None, :]

    def ellipsoid(self, centre: Sequence[float], radii: Sequence[float], *, turn: float = 0.0) -> Mask:
        """Voxels inside an ellipsoid.

        Args:
            centre: mm, [3].
            radii: half axes, mm, [3].
            turn: rotation in the axial plane, radians.
        """
        reach = [max(radii[:2]), max(radii[:2]), radii[2]] if turn else radii
        box = self._box(np.subtract(centre, reach), np.add(centre, reach))
        x, y, z = self.x[box[0]] - centre[0], self.y[:, box[1]] - centre[1], self.z[:, :, box[2]] - centre[2]
        if turn:
            x, y = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        return self._place(box, (x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2 < 1.0)

    def tube(self, start: Sequence[float], end: Sequence[float], radius: float) -> Mask:
        """Voxels nearer than ``radius`` (mm) to the line from ``start`` to ``end`` (mm, [3])."""
        box = self._box(np.minimum(start, end) - radius, np.maximum(start, end) + radius)
        axis = np.subtract(end, start)
        offset = (self.x[box[0]] - start[0], self.y[:, box[1]] - start[1], self.z[:, :, box[2]] - start[2])
        along = np.clip(sum(o * a for o, a in zip(offset, axis, strict=True)) / float(axis @ axis), 0.0, 1.0)
        return self._place(box, sum((o - along * a) ** 2 for o, a in zip(offset, axis, strict=True)) < radius**2)

    def index(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Voxels that hold points given in mm of the average patient, [N, 3]; points outside move to the border."""
        index = np.rint((points * self.stretch - self.origin) / self.spacing).astype(np.int64)
        inside: NDArray[np.int64] = np.clip(index, 0, np.array(self.shape) - 1)
        return inside

    def _box(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[slice, slice, slice]:
        """Voxels between two corners, mm [3]."""
        lows, highs = (np.stack([low, high]) * self.stretch - self.origin) / self.spacing
        first = np.clip(np.floor(lows).astype(int), 0, self.shape)
        last = np.clip(np.ceil(highs).astype(int) + 1, 0, self.shape)
        return slice(first[0], last[0]), slice(first[1], last[1]), slice(first[2], last[2])

    def _place(self, box: tuple[slice, slice, slice], part: Mask) -> Mask:
        """Put the solid of a box into an empty volume."""
        whole = np.zeros(self.shape, bool)
        whole[box] = part
        return whole
