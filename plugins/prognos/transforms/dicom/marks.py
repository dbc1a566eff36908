"""From what a DICOM file marks on single planes to masks on the slices of a scan.

W and H are the pixels of a slice along its rows and columns, D the number of slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.segments import Segment
from prognos.transforms.dicom.stack import Stack
from prognos.transforms.geometry import TOLERANCE_MM, GeometryError, same_grid
from prognos.transforms.orientation import OPPOSITE

__all__ = ["Drawn", "Mark", "MarkedFile", "draw_marks"]

SPARSE_SLICES = 4
"""So many marked slices, all a multiple of slices apart, look like a mask of thicker slices. Ours."""

COMPLETE = "Was it drawn on this very series, and is that complete?"
"""What to find out about a mask that does not cover what it should."""


class Drawn(NamedTuple):
    """A mark on a slice.

    Args:
        pixels: marked ones. Shape [W, H].
        is_cut: whether some of it lies beside the slice.
        leftward: of the steps between its pixels as they are stored, see :func:`leftward`; 0 where there are none.
    """

    pixels: NDArray[np.bool_]
    is_cut: bool
    leftward: float = 0.0


class Mark(Protocol):
    """What is marked on one plane: the pixels of a frame, or a contour."""

    @property
    def point(self) -> NDArray[np.float64]:
        """A point of the plane, LPS mm. Shape [3]."""

    def draw(self, stack: Stack, index: int, *, name: str, tolerance_mm: float) -> Drawn:
        """What it marks on a slice of the scan."""


@dataclass(frozen=True)
class MarkedFile:
    """A DICOM SEG or RTSTRUCT.

    Args:
        kind: ``SEG`` or ``RTSTRUCT``.
        segments: what it holds.
        marks: gives the marks of a segment, one after the other; called while headers are silenced.
        frames_of_reference: identifiers of its coordinate systems, never to be written.
        references: identifiers of the series it was drawn on, never to be written.
        creator: who drew it. A name: never to be written.
    """

    kind: str
    segments: tuple[Segment, ...]
    marks: Callable[[Segment], Iterable[Mark]] = field(repr=False)
    frames_of_reference: frozenset[str] = field(repr=False)
    references: tuple[str, ...] = field(repr=False)
    creator: str = field(default="", repr=False)


def draw_marks(
    marks: Iterable[Mark],
    stack: Stack,
    value: int,
    *,
    combine: np.ufunc,
    name: str,
    tolerance_mm: float = TOLERANCE_MM,
    side: float = 0.0,
) -> tuple[NDArray[Any], list[str]]:
    """Mask of one segment on the slices of a scan.

    Args:
        marks: of the segment.
        stack: slices of the scan.
        value: of the marked voxels.
        combine: what becomes of two marks on one slice: ``np.logical_xor`` of contours, ``np.logical_or`` of frames.
        name: what to call the file in a message.
        tolerance_mm: how far a plane may lie from its slice, see :func:`prognos.transforms.same_grid`.
        side: of the steps between the stored pixels of the scan, see :func:`leftward`; 0 where nobody knows.

    Returns:
        0, and ``value`` where it is marked, in the smallest type of number, [W, H, D]; and what a person should know
        of it, in sentences.

    Raises:
        GeometryError: when a plane lies between two slices, or everything lies beyond the scan.
    """
    result = np.zeros((len(stack.origins), *stack.shape[::-1]), np.min_scalar_type(value)).T
    marked: set[int] = set()
    beyond, cut, opposite = 0, 0, False
    for mark in marks:
        index, lift = _nearest_slice(stack, mark.point)
        if not same_grid(stack.slice_grid(index), stack.slice_grid(index, lift=lift), tolerance_mm=tolerance_mm):
            _require_beyond(stack, index, lift, value, name)
            beyond += 1
            continue
        drawn = mark.draw(stack, index, name=name, tolerance_mm=tolerance_mm)
        here = result[:, :, index]
        here[:] = combine(here, drawn.pixels) * here.dtype.type(value)
        marked.add(index)
        cut += drawn.is_cut
        opposite |= drawn.leftward * side < 0
    lost, everything = beyond + cut, beyond + len(marked)
    if everything and not result.any() and lost:
        raise GeometryError(
            f"{name}: all that segment {value} marks lies beyond the image. Name the image it was drawn on, complete."
        )
    remarks = []
    if lost:
        remarks.append(
            f"{lost} plane(s) of segment {value} reach beyond the image and are cut, so its volume is too small. "
            f"{COMPLETE}"
        )
    if len(marked) >= SPARSE_SLICES and (step := int(np.gcd.reduce(np.diff(sorted(marked))))) > 1:
        remarks.append(f"segment {value} marks only one of {step} slices, so its volume is too small. {COMPLETE}")
    if opposite:
        remarks.append(f"segment {value}: {OPPOSITE}.")
    return result, remarks


def _nearest_slice(stack: Stack, point: NDArray[np.float64]) -> tuple[int, float]:
    """Slice that is nearest to a point, and how far above it the point lies, mm."""
    heights = (point - stack.origins) @ stack.normal
    index = int(np.abs(heights).argmin())
    return index, float(heights[index])


def _require_beyond(stack: Stack, index: int, lift: float, value: int, name: str) -> None:
    """Refuse a plane between two slices of the scan."""
    below, above = index == 0 and lift < 0, index == len(stack.origins) - 1 and lift > 0
    if not below and not above:
        raise GeometryError(
            f"{name}: a plane of segment {value} lies {abs(lift):.2f} mm from the nearest slice of the image, whose "
            f"slices are {stack.gap:.4g} mm apart: it was drawn on another series. Name that as the image."
        )
