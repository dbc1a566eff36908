"""Judges a NIfTI file before it is read, and writes volumes that hold nothing but voxels and their place.

The NIfTI library inside ITK fills the missing end of a truncated or damaged file with zeros and turns NaN into zero,
both without an error. Zero HU look like tissue, so the file is checked here, once, as a stream.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import nibabel
import numpy as np
from numpy.typing import NDArray

from prognos.files import written_whole
from prognos.transforms.geometry import FLIP_XY, Grid

__all__ = ["nifti_fault", "write_nifti"]

_CHUNK = 1 << 22  # bytes


def nifti_fault(path: Path) -> str:
    """What keeps a NIfTI file from being complete and finite; empty when nothing does.

    Args:
        path: a file whose name ends in ``.nii`` or ``.nii.gz``.

    Returns:
        Found, expected and remedy, in words, without the path.
    """
    try:
        header = nibabel.load(path).header
    except Exception:  # whatever nibabel makes of a file that is no NIfTI
        return "is not a NIfTI file, or its header is damaged. Copy or export it again"
    dtype = header.get_data_dtype()
    expected = int(np.prod(header.get_data_shape())) * dtype.itemsize
    if path.name.lower().endswith(".gz"):
        with gzip.open(path) as stream:
            return _stream_fault(stream, int(header["vox_offset"]), expected, dtype)
    found = path.stat().st_size - int(header["vox_offset"])
    if found < expected:
        return _too_short(found, expected)
    if dtype.kind != "f":
        return ""
    with path.open("rb") as stream:
        return _stream_fault(stream, int(header["vox_offset"]), expected, dtype)


def write_nifti(path: str | Path, array: NDArray[Any], grid: Grid) -> None:
    """Write a volume, whole or not at all; its header holds no text.

    Args:
        path: ``.nii`` or ``.nii.gz`` file.
        array: voxels. Shape [W, H, D].
        grid: where they lie, LPS mm; the file says the same in RAS mm.
    """
    image = nibabel.Nifti1Image(array, FLIP_XY @ grid.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    with written_whole(path) as temporary:
        nibabel.save(image, temporary)


def _stream_fault(stream: BinaryIO | gzip.GzipFile, offset: int, expected: int, dtype: np.dtype[np.generic]) -> str:
    """Read all voxels once, a little at a time."""
    found = 0
    try:
        stream.read(offset)
        while chunk := stream.read(_CHUNK):  # a multiple of every item size, so no number is torn
            if dtype.kind == "f" and not np.isfinite(np.frombuffer(chunk[: expected - found], dtype)).all():
                return "holds NaN or infinite voxels. Export it again; do not fill them with a number"
            found += len(chunk)
    except (EOFError, OSError, zlib.error):
        return "is truncated or damaged: its compressed data end early or fail their checksum. Copy it again"
    return _too_short(found, expected) if found < expected else ""


def _too_short(found: int, expected: int) -> str:
    """Message for a file that ends early."""
    return f"is truncated: {max(found, 0)} bytes of voxels, expected {expected}. Copy it again"
