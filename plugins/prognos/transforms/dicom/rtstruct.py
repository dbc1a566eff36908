"""DICOM RTSTRUCT: regions as contours in space, which need neither the pixels nor the references of their file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.anatomy import read_code
from prognos.transforms.dicom.headers import DicomFault, text
from prognos.transforms.dicom.marks import Drawn, MarkedFile
from prognos.transforms.dicom.polygons import fill_polygons
from prognos.transforms.dicom.segments import LESION_REGIONS, Segment
from prognos.transforms.dicom.stack import Stack
from prognos.transforms.geometry import GeometryError, same_grid

__all__ = ["Contour", "read_rtstruct"]

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
"""Kinds of contours that enclose an area; points and open lines enclose none."""


@dataclass(frozen=True)
class Contour:
    """A closed line in a plane.

    Args:
        corners: LPS mm. Shape [N, 3].
    """

    corners: NDArray[np.float64] = field(repr=False)

    @property
    def point(self) -> NDArray[np.float64]:
        """Mean of its corners, LPS mm. Shape [3]."""
        mean: NDArray[np.float64] = self.corners.mean(axis=0)
        return mean

    def draw(self, stack: Stack, index: int, *, name: str, tolerance_mm: float) -> Drawn:
        """Pixels of a slice whose centres it encloses.

        Raises:
            GeometryError: when its plane is not that of the slice.
        """
        heights = (self.corners - stack.origins[index]) @ stack.normal
        lift = float(heights[np.abs(heights).argmax()])
        if not same_grid(stack.slice_grid(index), stack.slice_grid(index, lift=lift), tolerance_mm=tolerance_mm):
            raise GeometryError(
                f"{name}: a contour rises {abs(lift):.2f} mm above the slice on which it lies, expected contours in "
                f"the planes of the slices. It was drawn on another series, or on views across the slices."
            )
        corners = (self.corners - stack.origins[index]) @ np.linalg.pinv(stack.axes).T
        is_cut = bool((corners < -0.5).any() or (corners > np.array(stack.shape) - 0.5).any())
        return Drawn(fill_polygons([corners], stack.shape), is_cut)


def read_rtstruct(header: Any) -> MarkedFile:
    """Describe an RTSTRUCT.

    Args:
        header: the whole data set.

    Raises:
        DicomFault: when it cannot be understood.
    """
    try:
        observed = {int(item.ReferencedROINumber): item for item in header.get("RTROIObservationsSequence") or ()}
        regions = tuple(_region(item, observed) for item in header.get("StructureSetROISequence") or ())
        contours = {int(item.ReferencedROINumber): item for item in header.get("ROIContourSequence") or ()}
        frames = [text(item, "ReferencedFrameOfReferenceUID") for item in header.get("StructureSetROISequence") or ()]
    except Exception:  # a missing or impossible value, of which pydicom makes what it likes
        raise DicomFault("the RTSTRUCT's header is damaged or incomplete. Export it again") from None
    return MarkedFile(
        "RTSTRUCT",
        regions,
        partial(_contours, contours),
        frozenset({*frames, text(header, "FrameOfReferenceUID")} - {""}),
        tuple(_references(header)),
        text(header, "OperatorsName") or next((text(item, "ROIInterpreter") for item in observed.values()), ""),
    )


def _region(item: Any, observed: Mapping[int, Any]) -> Segment:
    """A region from its description."""
    number = int(item.ROINumber)
    seen = observed.get(number)
    algorithm = text(item, "ROIGenerationAlgorithm")
    return Segment(
        number=number,
        label=text(item, "ROIName"),
        kind=read_code(None if seen is None else seen.get("RTROIIdentificationCodeSequence")),
        algorithm=algorithm if algorithm in ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC") else "",
        is_organ=seen is not None and text(seen, "RTROIInterpretedType").upper() not in LESION_REGIONS,
    )


def _contours(regions: Mapping[int, Any], segment: Segment) -> Iterator[Contour]:
    """Closed contours of a region; a copy of one before it would erase it, and is passed over."""
    seen = set()
    try:
        region = regions.get(segment.number)
        for item in (region.get("ContourSequence") if region is not None else None) or ():
            if text(item, "ContourGeometricType").upper() not in CLOSED:
                continue
            corners = np.array([float(value) for value in item.ContourData]).reshape(-1, 3)
            if not np.isfinite(corners).all():
                raise ValueError("no number")
            if len(corners) > 2 and corners.tobytes() not in seen:
                seen.add(corners.tobytes())
                yield Contour(corners)
    except Exception:  # a missing or impossible value
        raise DicomFault("a contour of the RTSTRUCT is damaged. Export it again") from None


def _references(header: Any) -> Iterator[str]:
    """Series on which it was drawn."""
    for frame in header.get("ReferencedFrameOfReferenceSequence") or ():
        for study in frame.get("RTReferencedStudySequence") or ():
            for series in study.get("RTReferencedSeriesSequence") or ():
                yield text(series, "SeriesInstanceUID")
