"""DICOM SEG: binary, fractional and label maps, with frames in any order, cropped, or left out where they are empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.anatomy import read_code
from prognos.transforms.dicom.headers import DicomFault, text
from prognos.transforms.dicom.marks import Drawn, MarkedFile
from prognos.transforms.dicom.segments import ORGAN_CATEGORIES, Segment
from prognos.transforms.dicom.series import axes_of, group_of, vector
from prognos.transforms.dicom.stack import SAME_PLACE, Stack, leftward
from prognos.transforms.geometry import Grid, require_same_grid

__all__ = ["Frame", "Plane", "planes_grid", "read_seg", "seg_planes"]

HALF = 0.5
"""Part of the largest value from which on a voxel of a fractional segment is marked. Ours."""

ALGORITHMS = ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC")


@dataclass(frozen=True)
class Plane:
    """Where a frame lies.

    Args:
        shape: its pixels along a row and along a column.
        axes: steps along a row and along a column, LPS mm. Shape [3, 2].
        origin: centre of the first pixel, LPS mm. Shape [3].
        spacing: declared distance of neighbouring planes, mm; 0 when it is unknown.
        thickness: declared thickness, mm; 0 when it is unknown.
    """

    shape: tuple[int, int]
    axes: NDArray[np.float64]
    origin: NDArray[np.float64]
    spacing: float
    thickness: float


@dataclass(frozen=True)
class Frame:
    """Marked pixels of one segment on one plane.

    Args:
        axes: steps along a row and along a column, LPS mm. Shape [3, 2].
        point: centre of the first pixel, LPS mm. Shape [3].
        pixels: marked ones, indexed by column, then row.
    """

    axes: NDArray[np.float64]
    point: NDArray[np.float64]
    pixels: NDArray[np.bool_] = field(repr=False)

    def draw(self, stack: Stack, index: int, *, name: str, tolerance_mm: float) -> Drawn:
        """What it marks on a slice of the scan.

        Raises:
            GeometryError: when its pixels are not pixels of the slice.
        """
        frame = self._turned(stack)
        shape = frame.pixels.shape[0], frame.pixels.shape[1]
        offset = np.linalg.pinv(stack.axes) @ (frame.point - stack.origins[index])
        left, top = (int(value) for value in np.round(offset))
        there = stack.part_grid(index, (left, top), shape)
        here = Stack(shape, frame.axes, frame.point[None], stack.gap).slice_grid(0)
        require_same_grid(there, here, name=name, tolerance_mm=tolerance_mm)
        result = np.zeros(stack.shape, bool)
        inside = frame.pixels[max(-left, 0) : stack.shape[0] - left, max(-top, 0) : stack.shape[1] - top]
        x, y = max(left, 0), max(top, 0)
        result[x : x + inside.shape[0], y : y + inside.shape[1]] = inside
        return Drawn(result, bool(result.sum() < frame.pixels.sum()), leftward(self.axes))

    def _turned(self, stack: Stack) -> Frame:
        """The same frame with rows and columns in the sense of those of the slices."""
        axes, point, pixels = self.axes, self.point, self.pixels
        along = np.linalg.pinv(stack.axes) @ axes
        if abs(along[0, 1]) > abs(along[0, 0]):
            axes, pixels, along = axes[:, ::-1], pixels.T, along[:, ::-1]
        for axis in (0, 1):
            if along[axis, axis] < 0:
                point = point + axes[:, axis] * (pixels.shape[axis] - 1)
                axes = axes * np.where(np.arange(2) == axis, -1.0, 1.0)
                pixels = np.flip(pixels, axis)
        return Frame(axes, point, pixels)


def read_seg(path: Path, header: Any) -> MarkedFile:
    """Describe a SEG; its pixels are read when its marks are taken.

    Args:
        path: the file.
        header: its header.

    Raises:
        DicomFault: when it cannot be understood.
    """
    try:
        padding = header.get("PixelPaddingValue") if text(header, "SegmentationType") == "LABELMAP" else None
        none = {0} if padding is None else {0, int(padding)}
        segments = tuple(_segment(item) for item in header.SegmentSequence if int(item.SegmentNumber) not in none)
        references = tuple(text(item, "SeriesInstanceUID") for item in header.get("ReferencedSeriesSequence") or ())
    except Exception:  # a missing or impossible value, of which pydicom makes what it likes
        raise DicomFault("the SEG's header is damaged or incomplete. Export it again") from None
    return MarkedFile(
        "SEG",
        segments,
        partial(_frames, path),
        frozenset({text(header, "FrameOfReferenceUID")} - {""}),
        references,
        text(header, "ContentCreatorName"),
    )


def seg_planes(header: Any) -> list[Plane]:
    """Where the frames of a SEG lie, in the order of the file.

    Raises:
        DicomFault: when a frame has no place.
    """
    try:
        shared = (header.get("SharedFunctionalGroupsSequence") or [{}])[0]
        return [_plane(header, shared, frame) for frame in header.PerFrameFunctionalGroupsSequence]
    except Exception:  # a missing or impossible value
        raise DicomFault("a frame of the SEG has no position, orientation or spacing. Export it again") from None


def planes_grid(planes: Sequence[Plane]) -> Grid:
    """The grid that the frames of a SEG span by themselves.

    Args:
        planes: of equal size and direction; several may lie at one place.

    Raises:
        DicomFault: when they do not lie at multiples of a distance, straight above each other, or a single one has no
            thickness.
    """
    first = planes[0]
    normal = np.cross(first.axes[:, 0], first.axes[:, 1])
    normal /= np.linalg.norm(normal)
    ordered = sorted((plane.origin for plane in planes), key=lambda origin: float(origin @ normal))
    heights = np.array([(origin - ordered[0]) @ normal for origin in ordered])
    gaps = np.diff(heights)[np.diff(heights) > SAME_PLACE]
    gap = first.spacing or (float(gaps.min()) if len(gaps) else first.thickness)
    if gap <= 0:
        raise DicomFault("the SEG has a single frame and does not say how thick it is. Export it again")
    straight = ordered[0] + heights[:, None] * normal
    uneven = np.abs(heights / gap - np.round(heights / gap)).max() > 0.1
    if uneven or np.abs(straight - np.array(ordered)).max() > 0.5 * np.linalg.norm(first.axes[:, 0]):
        raise DicomFault("the frames of the SEG make no even, straight stack of their own")
    return Stack(
        first.shape, first.axes, ordered[0] + np.outer(np.arange(round(heights[-1] / gap) + 1) * gap, normal), gap
    ).grid


def _frames(path: Path, segment: Segment) -> Iterator[Frame]:
    """Frames of a segment on which anything is marked, one at a time in memory."""
    from highdicom.seg import segread

    try:
        file = segread(path, lazy_frame_retrieval=True)
        planes, kind = seg_planes(file), str(file.SegmentationType)
        largest = float(file.get("MaximumFractionalValue") or 1)
        for number, (plane, groups) in enumerate(zip(planes, file.PerFrameFunctionalGroupsSequence, strict=True), 1):
            if kind != "LABELMAP" and _owner(file, groups) != segment.number:
                continue
            stored = file.get_stored_frame(number).T
            pixels = stored == segment.number if kind == "LABELMAP" else stored >= largest * HALF
            if pixels.any():
                yield Frame(plane.axes, plane.origin, pixels)
    except DicomFault:
        raise
    except Exception:  # highdicom and its decoders raise what comes, and quote the header
        raise DicomFault("the SEG is damaged, truncated or breaks the standard, so that it cannot be read") from None


def _owner(file: Any, groups: Any) -> int:
    """Number of the segment to which a frame belongs."""
    return int(
        group_of(
            groups, file.SharedFunctionalGroupsSequence[0], "SegmentIdentificationSequence"
        ).ReferencedSegmentNumber
    )


def _plane(header: Any, shared: Any, frame: Any) -> Plane:
    """Where one frame lies."""
    measures = group_of(frame, shared, "PixelMeasuresSequence")
    direction = group_of(frame, shared, "PlaneOrientationSequence").ImageOrientationPatient
    return Plane(
        (int(header.Columns), int(header.Rows)),
        axes_of(direction, measures.PixelSpacing),
        vector(group_of(frame, shared, "PlanePositionSequence").ImagePositionPatient, 3),
        abs(float(measures.get("SpacingBetweenSlices") or 0)),
        float(measures.get("SliceThickness") or 0),
    )


def _segment(item: Any) -> Segment:
    """A segment from its description."""
    category = read_code(item.get("SegmentedPropertyCategoryCodeSequence"))
    algorithm = text(item, "SegmentAlgorithmType")
    return Segment(
        number=int(item.SegmentNumber),
        label=text(item, "SegmentLabel"),
        category=category,
        kind=read_code(item.get("SegmentedPropertyTypeCodeSequence")),
        anatomy=read_code(item.get("AnatomicRegionSequence")),
        algorithm=algorithm if algorithm in ALGORITHMS else "",
        is_organ=category.value in ORGAN_CATEGORIES,
    )
