"""Judges a folder of DICOM files before it is read as one volume.

ITK reads tilted, gapped and mixed folders with a warning at most, and makes a straight, even volume of them. A patch
cut from such a volume is not what the scanner saw, so they are refused here, from the headers alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import itk
import numpy as np
from numpy.typing import NDArray

__all__ = ["series_fault"]

GAP_TOLERANCE = 0.1
"""Largest deviation of a gap between slices from the median gap, as a part of it. Ours."""

DRIFT_TOLERANCE = 0.5
"""Largest sideways drift between the first and the last slice, as a part of a pixel. Ours."""


def series_fault(folder: Path) -> str:
    """What keeps a folder from being one even stack of slices; empty when nothing does.

    Args:
        folder: holds the DICOM files.

    Returns:
        Found, expected and remedy, in words, without file names.
    """
    series = _series(folder)
    if not series:
        return "the folder holds no DICOM image series. Name the folder that directly holds the slices"
    if len(series) > 1:
        counts = ", ".join(str(len(files)) for files in series)
        return (
            f"the folder holds {len(series)} DICOM series (of {counts} files), expected one. Put each series into a "
            f"folder of its own"
        )
    return _stack_fault(series[0])


def _series(folder: Path) -> list[list[str]]:
    """Files of each series, found exactly as MONAI's ITKReader finds them."""
    finder = itk.GDCMSeriesFileNames.New()
    finder.SetUseSeriesDetails(True)
    finder.AddSeriesRestriction("0008|0021")
    finder.SetDirectory(str(folder))
    return [list(finder.GetFileNames(uid)) for uid in finder.GetSeriesUIDs()]


def _stack_fault(files: list[str]) -> str:
    """What keeps the slices, sorted by position, from being an even, straight stack."""
    if len(files) < 2:
        return (
            "the folder holds a single DICOM image file, expected one file for each slice. Name the folder that holds "
            "all slices; convert a multi-frame file to NIfTI first, for example with dcm2niix"
        )
    headers = [_header(file) for file in files]
    if any(position is None for position, _, _ in headers):
        return "a slice has no position or orientation. Export the series again from the archive"
    positions = np.array([position for position, _, _ in headers])  # [D, 3]
    directions = np.array([direction for _, direction, _ in headers])  # [D, 6]
    if np.abs(directions - directions[0]).max() > 1e-3:
        return "its slices have different orientations. Put each series into a folder of its own"
    normal = np.cross(directions[0, :3], directions[0, 3:])
    along = np.sort(positions @ normal)
    gaps = np.diff(along)
    usual = float(np.median(gaps))
    if gaps.min() < 0.01:
        return "several slices lie at the same place, as in a series with several time points. Export one time point"
    if np.abs(gaps - usual).max() > GAP_TOLERANCE * usual:
        return (
            f"the gaps between its {len(files)} slices range from {gaps.min():.2f} to {gaps.max():.2f} mm, expected "
            f"equal gaps: slices are missing or uneven. Export the complete series"
        )
    steps = positions[-1] - positions[0]
    drift = float(np.linalg.norm(steps - (steps @ normal) * normal))
    if drift > DRIFT_TOLERANCE * headers[0][2]:
        angle = np.degrees(np.arctan2(drift, along[-1] - along[0]))
        return (
            f"its slices are sheared by {angle:.1f} degrees (a tilted gantry), expected a straight stack. Resample it "
            f"to a straight grid first, for example with dcm2niix, and draw or resample the masks on that"
        )
    return ""


def _header(file: str) -> tuple[NDArray[np.float64] | None, NDArray[np.float64], float]:
    """Position of the first pixel [3] and direction of row and column [6] in LPS, and the pixel's side in mm."""
    reader = itk.GDCMImageIO.New()
    reader.SetFileName(file)
    reader.ReadImageInformation()
    tags = reader.GetMetaDataDictionary()
    position, direction = _numbers(tags, "0020|0032"), _numbers(tags, "0020|0037")
    known = len(position) == 3 and len(direction) == 6
    return (position if known else None), direction, float(reader.GetSpacing(0))


def _numbers(tags: Any, tag: str) -> NDArray[np.float64]:
    """Values of a DICOM tag with several numbers; none when it is missing."""
    return np.array([float(text) for text in tags[tag].split("\\")] if tags.HasKey(tag) else [])
