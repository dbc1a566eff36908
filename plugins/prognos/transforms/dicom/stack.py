"""Parallel slices in space: whether they make an even, straight volume, and how they are made one on request.

W and H are the pixels of a slice along its rows and columns, D the number of slices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.geometry import Grid

__all__ = ["Stack", "Straightening", "leftward", "stack_fault"]

GAP_TOLERANCE = 0.1
"""Largest deviation of a gap between slices from the median gap, as a part of it. Ours."""

DRIFT_TOLERANCE = 0.5
"""Largest sideways drift of a slice against the first, as a part of a pixel. Ours."""

SAME_PLACE = 0.01
"""Slices nearer than this are at one place, mm. Ours."""

WIDEST_GAP = 3.5
"""Widest gap that is filled on request, in median gaps: three slices of a kind are missing at most. Ours."""

AIR_HU = -1024
"""What a straightened image holds beside its slices."""

Fault = tuple[Literal["", "tilt", "gap", "width"], str]


@dataclass(frozen=True)
class Stack:
    """Where the slices of a series lie.

    Args:
        shape: pixels of a slice, (W, H).
        axes: steps from a pixel to the next along a row (first column) and along a column (second), LPS mm. Shape
            [3, 2].
        origins: centres of the first pixels, in order along :attr:`normal`, LPS mm. Shape [D, 3].
        gap: usual distance of neighbouring slices, mm.
    """

    shape: tuple[int, int]
    axes: NDArray[np.float64]
    origins: NDArray[np.float64]
    gap: float

    @classmethod
    def of(cls, grid: Grid) -> Stack:
        """The slices of a grid along its third axis; its axes must be right-handed."""
        origins = grid.affine[:3, 3] + np.arange(grid.shape[2])[:, None] * grid.affine[:3, 2]
        return cls((grid.shape[0], grid.shape[1]), grid.affine[:3, :2], origins, float(grid.spacing[2]))

    def without_copies(self) -> Stack:
        """The same with one slice for each place."""
        kept = np.concatenate([[True], np.diff(self.heights) > SAME_PLACE])
        return Stack(self.shape, self.axes, self.origins[kept], self.gap)

    @property
    def normal(self) -> NDArray[np.float64]:
        """Direction across the slices. Shape [3]."""
        across: NDArray[np.float64] = np.cross(self.axes[:, 0], self.axes[:, 1])
        return across / np.linalg.norm(across)

    @property
    def heights(self) -> NDArray[np.float64]:
        """Distance of each slice from the first, along the normal, mm. Shape [D]."""
        heights: NDArray[np.float64] = (self.origins - self.origins[0]) @ self.normal
        return heights

    @property
    def drift(self) -> NDArray[np.float64]:
        """Sideways displacement of each slice against the first, pixels along rows and columns. Shape [D, 2]."""
        sideways = self.origins - self.origins[0] - self.heights[:, None] * self.normal
        pixels: NDArray[np.float64] = sideways @ np.linalg.pinv(self.axes).T
        return pixels

    @property
    def tilt(self) -> float:
        """Angle by which the stack is sheared, degrees."""
        sideways = np.linalg.norm(self.axes @ self.drift[-1])
        return float(np.degrees(np.arctan2(sideways, self.heights[-1])))

    @property
    def grid(self) -> Grid:
        """Grid of an even, straight stack."""
        steps = len(self.origins) - 1
        step = (self.origins[-1] - self.origins[0]) / steps if steps else self.gap * self.normal
        return _grid((*self.shape, len(self.origins)), self.axes, step, self.origins[0])

    def slice_grid(self, index: int, *, lift: float = 0.0) -> Grid:
        """One slice as a grid one voxel thick, ``lift`` mm above its place."""
        return self.part_grid(index, (0, 0), self.shape, lift=lift)

    def part_grid(self, index: int, first: tuple[int, int], shape: tuple[int, int], *, lift: float = 0.0) -> Grid:
        """A rectangle of a slice as a grid one voxel thick, from pixel ``first`` on."""
        origin = self.origins[index] + self.axes @ np.array(first, float) + lift * self.normal
        return _grid((*shape, 1), self.axes, self.gap * self.normal, origin)


class Straightening:
    """Makes an even, straight volume of slices that drift sideways or lack some of their number.

    Each slice keeps its plane: it is only moved within it, and where slices are missing their neighbours are blended.

    Args:
        stack: the slices as acquired, at least two.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        count = round(float(stack.heights[-1]) / stack.gap) + 1
        self.step = float(stack.heights[-1]) / (count - 1)
        drift = stack.drift
        low = np.floor(drift.min(axis=0) + 1e-6)
        more = np.ceil(drift.max(axis=0) - low - 1e-6).astype(int)
        self.shift = drift - low
        """Pixels by which each slice is moved, 0 or more. Shape [D, 2]."""
        origin = stack.origins[0] + stack.axes @ low
        shape = (stack.shape[0] + int(more[0]), stack.shape[1] + int(more[1]), count)
        self.grid = _grid(shape, stack.axes, self.step * stack.normal, origin)
        """Grid of the result."""

    def image(self, pixels: Callable[[int], NDArray[Any]], dtype: Any) -> NDArray[Any]:
        """Straight image, blended linearly; beside the slices there is air.

        Args:
            pixels: gives the slice of an index, [W, H].
            dtype: of the result.
        """
        result = np.empty(self.grid.shape[::-1], dtype).T
        held: dict[int, NDArray[np.float32]] = {}
        for index in range(self.grid.shape[2]):
            below, part = self._place(index)
            held = {
                number: held[number] if number in held else self._moved(pixels(number), self.shift[number])
                for number in {below, below + 1 if part else below}
            }
            blended = held[below] if not part else (1 - part) * held[below] + part * held[below + 1]
            result[:, :, index] = blended.round().clip(-(2**15), 2**15 - 1) if np.dtype(dtype).kind == "i" else blended
        return result

    def mask(self, array: NDArray[Any]) -> NDArray[Any]:
        """Straight mask: nearest pixel, nearest slice.

        Args:
            array: voxels on the acquired slices. Shape [W, H, D].
        """
        result = np.zeros(self.grid.shape[::-1], array.dtype).T
        width, height = self.stack.shape
        for index in range(self.grid.shape[2]):
            below, part = self._place(index)
            source = below + int(part > 0.5)
            left, top = np.round(self.shift[source]).astype(int)
            result[left : left + width, top : top + height, index] = array[:, :, source]
        return result

    def acquired(self, array: NDArray[Any]) -> NDArray[Any]:
        """The way back for a mask: from the straight volume to the slices as acquired, nearest pixel, nearest slice.

        Args:
            array: voxels on :attr:`grid`.
        """
        width, height = self.stack.shape
        result = np.zeros((len(self.stack.origins), height, width), array.dtype).T
        for source, shift in enumerate(self.shift):
            left, top = np.round(shift).astype(int)
            index = round(float(self.stack.heights[source]) / self.step)
            result[:, :, source] = array[left : left + width, top : top + height, index]
        return result

    def _place(self, index: int) -> tuple[int, float]:
        """Slice below a slice of the result, and the part of the gap above it at which the latter lies."""
        heights, height = self.stack.heights, index * self.step
        below = min(max(int(np.searchsorted(heights, height + 1e-6, side="right")) - 1, 0), len(heights) - 2)
        part = float(np.clip((height - heights[below]) / (heights[below + 1] - heights[below]), 0, 1))
        if part > 1 - GAP_TOLERANCE:
            return below + 1, 0.0
        return below, 0.0 if part < GAP_TOLERANCE else part

    def _moved(self, pixels: NDArray[Any], shift: NDArray[np.float64]) -> NDArray[np.float32]:
        """A slice moved by parts of a pixel, in the frame of the result."""
        frame = np.full(self.grid.shape[:2], AIR_HU, np.float32)
        whole = np.floor(shift + 1e-6).astype(int)
        left, top = whole
        frame[left : left + pixels.shape[0], top : top + pixels.shape[1]] = pixels
        for axis, part in enumerate(shift - whole):
            if part > 1e-3:
                before = np.roll(frame, 1, axis)  # the first line is air, as is the last that comes round
                frame = (1 - np.float32(part)) * frame + np.float32(part) * before
        return frame


def stack_fault(stack: Stack) -> Fault:
    """What keeps slices from being an even, straight stack, and in words; ("", "") when nothing does.

    Args:
        stack: no slice at the place of another.

    Returns:
        ``"gap"`` and ``"tilt"`` can be mended by :class:`Straightening`, ``"width"`` cannot.
    """
    if len(stack.origins) < 2:
        return "width", "all slices of the series are at one place, expected at least two places. Export it again"
    gaps = np.diff(stack.heights)
    if gaps.max() > WIDEST_GAP * stack.gap:
        return "width", (
            f"a gap of {gaps.max():.2f} mm lies between its slices, which are {stack.gap:.2f} mm apart elsewhere: too "
            f"many are missing. Export the complete series, and put separate blocks into folders of their own"
        )
    if np.abs(gaps - stack.gap).max() > GAP_TOLERANCE * stack.gap:
        return "gap", (
            f"the gaps between its {len(stack.origins)} slices range from {gaps.min():.2f} to {gaps.max():.2f} mm, "
            f"expected equal gaps: slices are missing or uneven. Export the complete series, or set resample to true "
            f"to fill the gaps by interpolation"
        )
    if np.linalg.norm(stack.drift, axis=1).max() > DRIFT_TOLERANCE:
        return "tilt", (
            f"its slices are sheared by {stack.tilt:.1f} degrees (a tilted gantry), expected a straight stack. Set "
            f"resample to true to move each slice in its plane; masks in DICOM then follow, others must be drawn on "
            f"the straight volume"
        )
    return "", ""


def leftward(axes: NDArray[np.float64]) -> float:
    """How far a step goes to the patient's left along the axis that runs from side to side, mm; below 0 to the right.

    Args:
        axes: steps along a row and along a column, LPS mm. Shape [3, 2].
    """
    return float(axes[0, np.abs(axes[0]).argmax()])


def _grid(
    shape: tuple[int, int, int], axes: NDArray[np.float64], step: NDArray[np.float64], origin: NDArray[np.float64]
) -> Grid:
    """Grid from the steps along its axes."""
    affine = np.eye(4)
    affine[:3, :2], affine[:3, 2], affine[:3, 3] = axes, step, origin
    return Grid(shape, affine)
