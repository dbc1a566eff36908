"""Reads what a DICOM SEG or RTSTRUCT marks, segment by segment, on the slices of a scan."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.headers import DicomFault, content_fault, open_header, silence, text
from prognos.transforms.dicom.marks import MarkedFile, draw_marks
from prognos.transforms.dicom.pixels import Acquisition
from prognos.transforms.dicom.rtstruct import read_rtstruct
from prognos.transforms.dicom.seg import Frame, planes_grid, read_seg, seg_planes
from prognos.transforms.dicom.segments import Segment, choose_segments
from prognos.transforms.dicom.stack import Stack, leftward
from prognos.transforms.geometry import Grid

__all__ = ["describe_marked", "dicom_masks", "read_marked_file", "segment_volumes", "segmentation_grid"]

COMBINATIONS = {"SEG": np.logical_or, "RTSTRUCT": np.logical_xor}
"""What becomes of two marks of a segment on one slice."""


def read_marked_file(path: Path) -> MarkedFile:
    """Describe a SEG or RTSTRUCT; call it, and take its marks, while headers are silenced.

    Args:
        path: the file.

    Raises:
        DicomFault: when it is damaged or something else.
    """
    opened = open_header(path)
    if opened is None:
        raise DicomFault("is no DICOM file")
    return describe_marked(path, *opened)


def describe_marked(path: Path, header: Any, following: int) -> MarkedFile:
    """The same from the header.

    Args:
        path: the file.
        header: of the file, as :func:`open_header` gives it.
        following: bytes from the pixels' tag on.

    Raises:
        DicomFault: when it is damaged or something else.
    """
    kind = text(header, "Modality")
    if kind == "RTSTRUCT":
        return read_rtstruct(header)
    if kind != "SEG":
        raise DicomFault(
            "is neither a DICOM SEG nor an RTSTRUCT. Name the file that holds the segments; for secondary captures, "
            "presentation states and reports there is no way to masks"
        )
    try:
        fault = content_fault(header, following)
    except Exception:  # a missing or impossible value
        fault = "the SEG's header is damaged or incomplete. Export it again"
    if fault:
        raise DicomFault(fault)
    return read_seg(path, header)


def dicom_masks(
    path: Path, part: str, stack: Stack, acquisition: Acquisition | None, *, name: str, tolerance_mm: float
) -> Iterator[tuple[Segment, NDArray[Any]]]:
    """Mask of each segment that is meant, one at a time, on the slices of a scan.

    Args:
        path: SEG or RTSTRUCT.
        part: which segments are meant, see :func:`choose_segments`.
        stack: slices of the scan.
        acquisition: what is known of the scan; None when it is no DICOM.
        name: what to call the file in a message.
        tolerance_mm: see :func:`prognos.transforms.same_grid`.

    Yields:
        The segment, and its voxels with its number, [W, H, D]. A warning says where one is cut.

    Raises:
        DicomFault: when the file is damaged, holds no such segment or was drawn in another coordinate system.
        GeometryError: when a segment does not lie on the slices.
    """
    with silence():
        marked = read_marked_file(path)
        _require_same_frame(marked, acquisition)
        chosen = choose_segments(marked.segments, part)
    for segment in chosen:
        with silence():
            array, remarks = draw_marks(
                marked.marks(segment),
                stack,
                segment.number,
                combine=COMBINATIONS[marked.kind],
                name=name,
                tolerance_mm=tolerance_mm,
                side=leftward((stack if acquisition is None else acquisition.stack).axes),
            )
        for remark in remarks:
            warnings.warn(f"{name}: {remark}", stacklevel=3)
        yield segment, array


def segmentation_grid(path: Path) -> Grid:
    """The grid that the frames of a SEG span by themselves.

    Raises:
        DicomFault: when it is damaged, or its frames make no even stack.
    """
    with silence():
        opened = open_header(path)
        if opened is None or text(opened[0], "Modality") != "SEG":
            raise DicomFault("is no DICOM SEG")
        return planes_grid(seg_planes(opened[0]))


def segment_volumes(path: Path, part: str) -> dict[int, float]:
    """Volume of each segment that is meant, mm3, on the grid of the file itself.

    Raises:
        DicomFault: when the file is damaged, or an RTSTRUCT, which has no grid.
    """
    with silence():
        marked = read_marked_file(path)
        if marked.kind != "SEG":
            raise DicomFault(
                "is an RTSTRUCT, whose volumes depend on the slices it was drawn on. Convert it to a NIfTI mask on them"
            )
        voxel = segmentation_grid(path).voxel_volume
        counts = {
            segment.number: sum(int(mark.pixels.sum()) for mark in marked.marks(segment) if isinstance(mark, Frame))
            for segment in choose_segments(marked.segments, part)
        }
    return {number: count * voxel for number, count in counts.items() if count}


def _require_same_frame(marked: MarkedFile, acquisition: Acquisition | None) -> None:
    """Refuse masks of another coordinate system, unless they name the very series."""
    if acquisition is None or not acquisition.frame_of_reference or not marked.frames_of_reference:
        return
    if acquisition.frame_of_reference in marked.frames_of_reference or acquisition.series in marked.references:
        return
    raise DicomFault(
        f"the {marked.kind} was drawn in another coordinate system (frame of reference) than that of the image, and "
        f"does not refer to its series. Name the image it was drawn on"
    )
