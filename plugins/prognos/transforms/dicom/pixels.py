"""HU of the slices of a CT series, one slice in memory besides the volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import itk
import numpy as np
from numpy.typing import NDArray

from prognos.transforms.dicom.headers import DicomFault, silence
from prognos.transforms.dicom.series import Slice, choose_series, group_series, stack_of
from prognos.transforms.dicom.stack import SAME_PLACE, Stack, Straightening, stack_fault
from prognos.transforms.geometry import Grid
from prognos.transforms.memory import memory_fault

__all__ = ["Acquisition", "read_ct"]


@dataclass(frozen=True)
class Acquisition:
    """How a volume was acquired, as far as masks in DICOM need to know.

    Args:
        series: identifier of its series, never to be written.
        frame_of_reference: identifier of its coordinate system, never to be written; empty when unknown.
        slices: where the pixels of each slice are.
        stack: where the slices lie, in the same order.
        straightening: what made a straight volume of them; None when they were straight and even.
    """

    series: str = field(repr=False)
    frame_of_reference: str = field(repr=False)
    slices: tuple[Slice, ...] = field(repr=False)
    stack: Stack
    straightening: Straightening | None


def read_ct(path: Path, part: str = "", *, resample: bool = False) -> tuple[NDArray[Any], Grid, Acquisition]:
    """Read a CT series.

    Args:
        path: the folder that directly holds its files, or a file of several frames.
        part: number of the series, from 1, where the folder holds several; else empty.
        resample: make a straight, even volume of slices that are sheared, unevenly spaced or lack some of their number.

    Returns:
        HU (int16 where they fit, else int32 or float32; [W, H, D]), their grid, and how they were acquired.

    Raises:
        DicomFault: when the files are not one CT series with its slices in a straight, even stack, or are damaged.
    """
    with silence():
        files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
        series = choose_series(group_series(files), part)
        ordered, stack = stack_of(series.slices)
        if fault := memory_fault((*ordered[0].shape, len(ordered)), 2):
            raise DicomFault(fault)
        slices, stack = _without_copies(ordered, stack)
        kind, words = stack_fault(stack)
        if kind == "width" or (kind and not resample):
            raise DicomFault(words)
        straight = Straightening(stack) if kind else None
        array, grid = _straight(slices, straight) if straight else (_volume(slices), stack.grid)
    return array, grid, Acquisition(series.uid, series.frame_of_reference, tuple(slices), stack, straight)


def _without_copies(slices: Sequence[Slice], stack: Stack) -> tuple[list[Slice], Stack]:
    """Slices of which each place has but one; equal pixels at one place are copies of a file."""
    kept = [0]
    heights = stack.heights
    for index in range(1, len(slices)):
        if heights[index] - heights[index - 1] > SAME_PLACE:
            kept.append(index)
        elif not np.array_equal(_hu(slices[index]), _hu(slices[kept[-1]])):
            places = 1 + int((np.diff(heights) > SAME_PLACE).sum())
            raise DicomFault(
                f"{len(slices)} slices lie at {places} places, and those at one place have different pixels: the "
                f"series holds several acquisitions, time points or reconstructions. Put the files of the one on which "
                f"the masks were drawn into a folder of its own; AcquisitionNumber, AcquisitionTime or ImageType tell "
                f"them apart"
            )
    return [slices[index] for index in kept], stack.without_copies()


def _volume(slices: Sequence[Slice]) -> NDArray[Any]:
    """Slices one upon the other. Shape [W, H, D], the slices contiguous in memory."""
    result = np.empty((len(slices), *slices[0].shape[::-1]), np.int16)
    for index, each in enumerate(slices):
        pixels = _hu(each)
        if not np.can_cast(pixels.dtype, result.dtype):
            result = result.astype(np.promote_types(result.dtype, pixels.dtype))
        result[index] = pixels.T
    return result.T


def _straight(slices: Sequence[Slice], straight: Straightening) -> tuple[NDArray[Any], Grid]:
    """The same after straightening."""
    return straight.image(
        lambda index: _hu(slices[index]), np.float32 if _is_fractional(slices) else np.int16
    ), straight.grid


def _is_fractional(slices: Sequence[Slice]) -> bool:
    """Whether HU may lie between whole numbers."""
    return any(each.slope % 1 != 0 or each.intercept % 1 != 0 for each in slices)


def _hu(each: Slice) -> NDArray[Any]:
    """HU of one slice: int16 where they fit, else int32 or float32. Shape [W, H]."""
    try:
        if each.is_compressed and each.frame is None:
            hu = _decompressed(each.file)  # ITK knows more ways of compression, and scales to HU by itself
        else:
            hu = _stored(each) * np.float64(each.slope) + each.intercept
        hu = np.squeeze(hu).T
    except Exception:  # decoders raise what comes, and quote paths
        raise DicomFault(
            "the pixels of a slice cannot be read: damaged, or compressed in an unusual way. Export the series again, "
            "uncompressed"
        ) from None
    if hu.shape != each.shape:
        raise DicomFault("a slice has other pixels than its header says. Export the series again")
    whole = hu.astype(np.int32)
    if (whole != hu).any():
        return hu.astype(np.float32)
    fits = whole.min() >= -(2**15) and whole.max() < 2**15
    return whole.astype(np.int16) if fits else whole


def _stored(each: Slice) -> NDArray[Any]:
    """Stored pixels of a slice, before their scale. Shape [H, W]."""
    from pydicom.pixels import pixel_array

    pixels: NDArray[Any] = pixel_array(each.file, index=each.frame or 0)
    return pixels


def _decompressed(file: Path) -> NDArray[Any]:
    """HU of a compressed file. Shape [1, H, W]."""
    shown = itk.ProcessObject.GetGlobalWarningDisplay()
    itk.ProcessObject.SetGlobalWarningDisplay(False)  # ITK's warnings quote paths
    try:
        pixels: NDArray[Any] = itk.array_from_image(itk.imread(str(file)))
    finally:
        itk.ProcessObject.SetGlobalWarningDisplay(shown)
    return pixels
