"""Reads scans and label maps into one convention of axes, so that an image and its masks can never disagree on it.

W, H and D are the number of voxels along the patient's left, posterior and superior axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import ITKReader
from numpy.typing import NDArray

from prognos.config.organs import UNLABELLED
from prognos.config.parts import split_part
from prognos.transforms.compressed import compressed_fault
from prognos.transforms.dicom.headers import DicomFault, is_dicom
from prognos.transforms.dicom.pixels import Acquisition, read_ct
from prognos.transforms.geometry import Grid, orient_axial
from prognos.transforms.memory import memory_fault, promised_bytes
from prognos.transforms.nifti import nifti_fault
from prognos.transforms.orientation import orientation_fault

__all__ = ["ImageError", "Volume", "read_labels", "read_volume", "require_content"]

FORMATS = "a NIfTI, NRRD or MHA file, a folder with the DICOM files of one CT series, or a DICOM file of several frames"
"""What can be read, in words for a message."""

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".mha")
"""How the names of files end that are no DICOM, in lower case; all of them hold header and voxels in one file."""


class ImageError(ValueError):
    """A scan or a label map cannot be used; the message says why and how to mend it."""


@dataclass(frozen=True)
class Volume:
    """Voxels, and where they lie in the patient.

    Args:
        array: voxels. Shape [W, H, D].
        grid: their positions, LPS mm.
        stored: the grid as the file has it, before the axes were turned; see :func:`restore_orientation`.
        acquisition: the slices of a DICOM series, which its masks refer to; None for other files.
        organ: position in :data:`prognos.config.organs.ORGANS` of the organ in which everything marked lies, by the
            code of a DICOM segment; 0 where nobody says.
    """

    array: NDArray[Any]
    grid: Grid
    stored: Grid
    acquisition: Acquisition | None = None
    organ: int = UNLABELLED


def read_volume(path: str | Path, *, name: str = "", resample: bool = False) -> Volume:
    """Read a scan and turn it so that its axes run to the patient's left, back and head.

    Args:
        path: a NIfTI, NRRD or MHA file, a folder with the DICOM files of a CT series (``folder::2`` means the second of
            several), or a DICOM file of several frames.
        name: what to call the file in a message; its path by default.
        resample: straighten a DICOM series with a tilted gantry or uneven gaps between its slices instead of refusing
            it.

    Returns:
        The volume in the number type of its file, in HU for CT.

    Raises:
        ImageError: when the file is missing, empty, truncated or unreadable, promises more voxels than fit into memory,
            is not a 3-D scalar image, does not say how it is oriented or says two things about it, or holds NaN or
            infinite voxels; when the folder holds no CT series or several, or a series with missing slices, different
            slices at one place, mixed orientations or a tilted gantry.
        GeometryError: when the axes are not at right angles or the slices are not axial.
    """
    file, part = split_part(path)
    name = name or str(path)
    require_content(file, name)
    if file.is_dir() or is_dicom(file):
        return _read_dicom(file, part, name, resample)
    if part:
        raise ImageError(f"{name}: names a part of a file that has none. Only DICOM has parts; drop what follows '::'.")
    if (promised := promised_bytes(file)) and (fault := memory_fault(*promised)):
        raise ImageError(f"{name}: {fault}.")
    if file.name.lower().endswith((".nii", ".nii.gz")) and (fault := nifti_fault(file)):
        raise ImageError(f"{name}: {fault}.")
    if fault := orientation_fault(file) or compressed_fault(file):
        raise ImageError(f"{name}: {fault}.")
    array, meta = _read(file, name)
    _require_scan(array, name)
    stored = Grid(tuple(int(size) for size in array.shape), np.asarray(meta["affine"], dtype=np.float64))
    oriented, grid = orient_axial(array, stored, name=name)
    return Volume(oriented, grid, stored)


def read_labels(path: str | Path, *, name: str = "") -> Volume:
    """Read a label map: whole numbers, 0 = background.

    Raises:
        ImageError: as :func:`read_volume`, and when a voxel is negative or not a whole number.
        GeometryError: as :func:`read_volume`.
    """
    name = name or str(path)
    if is_dicom(split_part(path)[0]):
        raise ImageError(f"{name}: is a DICOM file, expected a label map. Convert an organ map to NIfTI, for example.")
    volume = read_volume(path, name=name)
    array = volume.array
    if array.dtype.kind == "f":
        whole = array.astype(np.int32)
        if (whole != array).any():
            raise ImageError(
                f"{name}: holds values between whole numbers, expected labels 0, 1, 2, ... Round probabilities to a "
                f"mask before; after resampling a mask use nearest neighbour interpolation."
            )
        array = whole
    if array.dtype.kind == "i" and array.size and array.min() < 0:
        raise ImageError(f"{name}: holds negative labels, expected 0 for background and 1, 2, ... Is it the image?")
    return Volume(array, volume.grid, volume.stored, volume.acquisition)


def require_content(path: Path, name: str) -> None:
    """Refuse a path where nothing can be read.

    Args:
        path: a file or folder.
        name: what to call it in a message.

    Raises:
        ImageError: when there is nothing, or a file that is empty or of another kind.
    """
    if not path.exists():
        raise ImageError(f"{name}: the file does not exist. Expected {FORMATS}.")
    if path.is_dir():
        return
    if path.stat().st_size == 0:
        raise ImageError(f"{name}: the file is empty (0 bytes). Copy or export it again.")
    if not path.name.lower().endswith(SUFFIXES) and not is_dicom(path):
        raise ImageError(
            f"{name}: is not of a kind that can be read. Expected {FORMATS}; masks also as SEG or RTSTRUCT."
        )


def _read_dicom(path: Path, part: str, name: str, resample: bool) -> Volume:
    """A CT series as a volume."""
    try:
        array, stored, acquisition = read_ct(path, part, resample=resample)
    except DicomFault as fault:
        raise ImageError(f"{name}: {fault}.") from None
    except OSError:  # its text quotes the path
        raise ImageError(f"{name}: the folder or a file in it cannot be opened. Check who may read it.") from None
    oriented, grid = orient_axial(array, stored, name=name)
    return Volume(oriented, grid, stored, acquisition)


def _read(path: Path, name: str) -> tuple[NDArray[Any], dict[str, Any]]:
    """Let ITK read the file. Its own messages are dropped, because they quote the path, which may name a patient."""
    try:
        array, meta = ITKReader(affine_lps_to_ras=False).get_data(ITKReader().read(path))
        return array, meta
    except Exception as error:  # ITK raises RuntimeError, MONAI and Python whatever they like
        if "orthonormal" in str(error):
            raise ImageError(
                f"{name}: the axes are not at right angles, as after a tilted gantry. Resample it to a straight grid."
            ) from None
        raise ImageError(
            f"{name}: cannot be read; it is damaged, truncated or of another format. Expected {FORMATS}: copy or "
            f"export it again."
        ) from None


def _require_scan(array: NDArray[Any], name: str) -> None:
    """Refuse what is not one 3-D scalar image of finite numbers."""
    if array.ndim != 3:
        raise ImageError(f"{name}: has {array.ndim} axes of sizes {array.shape}, expected one 3-D volume of numbers.")
    # One sum instead of a mask of the size of the volume: it is finite exactly when every voxel is.
    if array.dtype.kind == "f" and not np.isfinite(array.sum(dtype=np.float64)):
        raise ImageError(f"{name}: holds NaN or infinite voxels. Export it again; do not fill them with a number.")
