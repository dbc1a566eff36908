"""CT series from DICOM files, from the headers alone: which files belong together, and how their slices lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.headers import DicomFault, content_fault, open_header, text
from prognos.transforms.dicom.stack import SAME_PLACE, Stack

__all__ = [
    "CtSeries",
    "Slice",
    "axes_of",
    "choose_series",
    "ct_slices",
    "group_of",
    "group_series",
    "is_ct",
    "is_localizer",
    "stack_of",
    "vector",
]

CT_CLASSES = (
    "",  # some archives strip it
    "1.2.840.10008.5.1.4.1.1.2",  # CT
    "1.2.840.10008.5.1.4.1.1.2.1",  # enhanced CT
    "1.2.840.10008.5.1.4.1.1.2.2",  # legacy converted enhanced CT
)
"""SOP classes of CT images; others of modality CT are screenshots and reports."""

SAME_DIRECTION = 1e-3
"""Largest difference between the direction cosines of the slices of a series. Ours."""


@dataclass(frozen=True)
class Slice:
    """One slice: a file, or a frame of a file.

    Args:
        file: where its pixels are.
        frame: number of the frame in the file, from 0; None for a file of one image.
        shape: (W, H).
        axes: steps along a row and along a column, LPS mm. Shape [3, 2].
        origin: centre of its first pixel, LPS mm. Shape [3].
        slope: HU of one stored unit.
        intercept: HU of stored 0.
        is_compressed: whether its pixels are.
    """

    file: Path = field(repr=False)
    frame: int | None
    shape: tuple[int, int]
    axes: NDArray[np.float64]
    origin: NDArray[np.float64]
    slope: float
    intercept: float
    is_compressed: bool


@dataclass(frozen=True)
class CtSeries:
    """The slices of a series in the order of its files.

    Args:
        uid: identifier of the series; as all identifiers, never to be written.
        frame_of_reference: identifier of the coordinate system; empty when unknown.
        slices: its slices, localizers left out.
        fault: why its files cannot be used whatever their geometry; empty when they can.
    """

    uid: str = field(repr=False)
    frame_of_reference: str = field(repr=False)
    slices: tuple[Slice, ...]
    fault: str = ""


def group_series(files: Iterable[Path]) -> list[CtSeries]:
    """CT series among files, largest first; files of other kinds and localizers are passed over.

    Args:
        files: of one folder.

    Raises:
        DicomFault: when a file claims to be DICOM and cannot be read.
    """
    slices: dict[str, list[Slice]] = {}
    frames: dict[str, str] = {}
    faults: dict[str, str] = {}
    for file in sorted(files):
        opened = open_header(file)
        if opened is None or not is_ct(opened[0]) or is_localizer(opened[0]):
            continue
        uid = text(opened[0], "SeriesInstanceUID")
        frames.setdefault(uid, text(opened[0], "FrameOfReferenceUID"))
        found = slices.setdefault(uid, [])
        try:
            found.extend(ct_slices(file, *opened))
        except DicomFault as fault:
            faults[uid] = str(fault)
    series = [CtSeries(uid, frames[uid], tuple(found), faults.get(uid, "")) for uid, found in slices.items()]
    return sorted(series, key=lambda each: (-len(each.slices), each.uid))


def choose_series(series: Sequence[CtSeries], part: str) -> CtSeries:
    """The series that is meant.

    Args:
        series: of one folder, largest first.
        part: its number from 1; empty when there must be but one.

    Raises:
        DicomFault: when there is none, when there are several and none is named, or when its files are damaged.
    """
    if not series:
        raise DicomFault(
            "the folder holds no DICOM image series of modality CT. Name the folder that directly holds the slices"
        )
    listing = "; ".join(f"{number}: {_describe(each)}" for number, each in enumerate(series, start=1))
    if part and not (part.isdecimal() and 1 <= int(part) <= len(series)):
        raise DicomFault(f"no series of the folder is numbered so. It holds {listing}")
    if not part and len(series) > 1:
        raise DicomFault(
            f"the folder holds {len(series)} DICOM series, expected one ({listing}). Put each series into a folder of "
            f"its own, or add the number of the one that is meant to the folder's name, as in folder::1"
        )
    chosen = series[int(part or 1) - 1]
    if chosen.fault:
        raise DicomFault(chosen.fault)
    return chosen


def is_ct(header: Any) -> bool:
    """Whether a file holds slices of a CT."""
    return text(header, "Modality") == "CT" and text(header, "SOPClassUID") in CT_CLASSES and "Rows" in header


def is_localizer(header: Any) -> bool:
    """Whether a file is an overview (scout, topogram) for planning the scan."""
    kinds = {str(kind).upper() for kind in header.get("ImageType") or ()}
    return bool(kinds & {"LOCALIZER", "SCOUT"})


def ct_slices(file: Path, header: Any, following: int) -> list[Slice]:
    """Slices of a CT file, one for each frame.

    Raises:
        DicomFault: when the file is truncated, or does not say where its slices lie.
    """
    try:
        fault = content_fault(header, following)
        found = [] if fault else _slices(file, header)
    except Exception:  # a missing or impossible value, of which pydicom makes what it likes
        raise DicomFault("a slice has no position, orientation, size or scale. Export the series again") from None
    if fault:
        raise DicomFault(fault)
    return found


def stack_of(slices: Sequence[Slice]) -> tuple[list[Slice], Stack]:
    """Slices in order along their normal, which must be parallel and of one size, and where they lie.

    Raises:
        DicomFault: when there are fewer than two, or when they differ in size, spacing or orientation.
    """
    if len(slices) < 2:
        raise DicomFault(
            "the series has a single slice, expected at least two. Name the folder that directly holds all slices"
        )
    first = slices[0]
    for what, differs in (
        ("sizes", [each.shape != first.shape for each in slices]),
        ("orientations", [_angle(each, first) > SAME_DIRECTION for each in slices]),
        ("pixel spacings", [not np.allclose(_sides(each), _sides(first), rtol=1e-3) for each in slices]),
    ):
        if any(differs):
            count = min(sum(differs), len(slices) - sum(differs))
            raise DicomFault(
                f"its slices have different {what} ({count} of {len(slices)} differ from the rest), expected one "
                f"stack. Move what does not belong to it into a folder of its own"
            )
    normal = np.cross(first.axes[:, 0], first.axes[:, 1])
    ordered = sorted(slices, key=lambda each: float(each.origin @ normal))
    origins = np.array([each.origin for each in ordered])
    heights = (origins - origins[0]) @ (normal / np.linalg.norm(normal))
    gaps = np.diff(heights)
    gap = float(np.median(gaps[gaps > SAME_PLACE])) if (gaps > SAME_PLACE).any() else 0.0
    return ordered, Stack(first.shape, first.axes, origins, gap)


def _slices(file: Path, header: Any) -> list[Slice]:
    """Slices of a file whose header is whole."""
    compressed = bool(header.file_meta.TransferSyntaxUID.is_compressed)
    shape = int(header.Columns), int(header.Rows)
    if "PerFrameFunctionalGroupsSequence" not in header:
        if int(header.get("NumberOfFrames", 1) or 1) > 1:
            raise DicomFault("its file has frames without positions")
        axes = axes_of(header.ImageOrientationPatient, header.PixelSpacing)
        scale = float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))
        return [Slice(file, None, shape, axes, vector(header.ImagePositionPatient, 3), *scale, compressed)]
    shared = header.SharedFunctionalGroupsSequence[0]
    found = []
    for number, frame in enumerate(header.PerFrameFunctionalGroupsSequence):
        position = group_of(frame, shared, "PlanePositionSequence").ImagePositionPatient
        direction = group_of(frame, shared, "PlaneOrientationSequence").ImageOrientationPatient
        axes = axes_of(direction, group_of(frame, shared, "PixelMeasuresSequence").PixelSpacing)
        value = group_of(frame, shared, "PixelValueTransformationSequence")
        scale = float(value.RescaleSlope), float(value.RescaleIntercept)
        found.append(Slice(file, number, shape, axes, vector(position, 3), *scale, compressed))
    return found


def group_of(frame: Any, shared: Any, name: str) -> Any:
    """A functional group of a frame, or the one that all frames share."""
    return (frame if name in frame else shared)[name].value[0]


def axes_of(direction: Any, spacing: Any) -> NDArray[np.float64]:
    """Steps along a row and along a column; DICOM gives the spacing of rows first. Shape [3, 2]."""
    along = vector(direction, 6).reshape(2, 3).T
    sides = vector(spacing, 2)[::-1]
    if not np.allclose(along.T @ along, np.eye(2), atol=1e-3) or (sides <= 0).any():
        raise ValueError("no direction")
    axes: NDArray[np.float64] = along / np.linalg.norm(along, axis=0) * sides
    return axes


def vector(values: Any, count: int) -> NDArray[np.float64]:
    """Finite numbers of an attribute."""
    vector = np.array([float(value) for value in values])
    if vector.shape != (count,) or not np.isfinite(vector).all():
        raise ValueError("other numbers")
    return vector


def _sides(each: Slice) -> NDArray[np.float64]:
    """Sides of a pixel, mm. Shape [2]."""
    sides: NDArray[np.float64] = np.linalg.norm(each.axes, axis=0)
    return sides


def _angle(each: Slice, other: Slice) -> float:
    """Largest difference between the direction cosines of two slices."""
    return float(np.abs(each.axes / _sides(each) - other.axes / _sides(other)).max())


def _describe(series: CtSeries) -> str:
    """A series in numbers, for a person to tell it from others."""
    if not series.slices:
        return "damaged"
    side = _sides(series.slices[0])[0]
    try:
        gap = f" {stack_of(series.slices)[1].gap:.4g} mm apart" if len(series.slices) > 1 else ""
    except DicomFault:
        gap = " of several kinds"
    return f"{len(series.slices)} slice(s) of {side:.3g} mm pixels{gap}"
