"""Masks of any kind on the grid of their image: the one way from a path in a table to what was marked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from prognos.config.parts import split_part
from prognos.transforms.dicom.headers import DicomFault, is_dicom
from prognos.transforms.dicom.masks import dicom_masks, segment_volumes
from prognos.transforms.dicom.stack import Stack
from prognos.transforms.geometry import TOLERANCE_MM, GeometryError, orient_axial, require_same_grid
from prognos.transforms.images import ImageError, Volume, read_labels, require_content
from prognos.transforms.lesions import lesion_volumes
from prognos.transforms.orientation import opposite_storage

__all__ = ["has_segments", "mask_volumes", "read_masks"]

DAMAGED = "its DICOM file is damaged. Copy or export it again"
"""What is said of a file that starts as DICOM and ends as something else."""


def has_segments(path: str | Path) -> bool:
    """Whether a mask is a DICOM SEG or RTSTRUCT, whose segments may overlap."""
    return is_dicom(split_part(path)[0])


def read_masks(
    path: str | Path, image: Volume, *, name: str = "", tolerance_mm: float = TOLERANCE_MM
) -> Iterator[Volume]:
    """Read a mask on the grid of its image, one volume in memory at a time.

    Args:
        path: a label map (NIfTI, NRRD, MHA), a DICOM SEG or an RTSTRUCT. ``file.dcm::1+3`` or ``file.dcm::GTV*`` means
            some of the segments, by number or label.
        image: the scan.
        name: what to call the file in a message; its path by default.
        tolerance_mm: how far the corners of image and mask may lie apart, see :func:`prognos.transforms.same_grid`.

    Yields:
        A label map as it is, or each segment of a DICOM file: its voxels have its number, and ``organ`` is that of its
        code of anatomy. All on ``image.grid``.

    Raises:
        ImageError: when the file cannot be used, or does not hold what is meant.
        GeometryError: when it does not lie on the grid of the image.
    """
    file, part = split_part(path)
    name = name or str(path)
    require_content(file, name)
    if not has_segments(path):
        if part:
            raise ImageError(f"{name}: names a part of a label map, which has none. Drop what follows '::'.")
        mask = read_labels(file, name=name)
        require_same_grid(image.grid, mask.grid, name=name, tolerance_mm=tolerance_mm)
        if remark := opposite_storage(image.stored, mask.stored):
            warnings.warn(f"{name}: {remark}.", stacklevel=2)
        yield mask
        return
    try:
        yield from _segments(file, part, image, name, tolerance_mm)
    except DicomFault as fault:
        raise ImageError(f"{name}: {fault}.") from None
    except (ImageError, GeometryError, MemoryError):
        raise
    except Exception:  # pydicom and highdicom raise what comes, and quote what they read
        raise ImageError(f"{name}: {DAMAGED}.") from None


def mask_volumes(path: str | Path, *, name: str = "") -> dict[int, float]:
    """Volume of each label or segment of a mask, mm3, on its own grid.

    Args:
        path: as for :func:`read_masks`, but no RTSTRUCT, which has no grid.
        name: what to call the file in a message; its path by default.

    Raises:
        ImageError: when the file cannot be used.
        GeometryError: when its axes are not at right angles.
    """
    file, part = split_part(path)
    name = name or str(path)
    if not has_segments(path):
        return lesion_volumes(read_labels(file, name=name))
    try:
        return segment_volumes(file, part)
    except DicomFault as fault:
        raise ImageError(f"{name}: {fault}.") from None
    except (ImageError, GeometryError, MemoryError):
        raise
    except Exception:  # as above
        raise ImageError(f"{name}: {DAMAGED}.") from None


def _segments(file: Path, part: str, image: Volume, name: str, tolerance_mm: float) -> Iterator[Volume]:
    """Segments of a DICOM file on the grid of the image."""
    acquisition = image.acquisition
    straight = None if acquisition is None else acquisition.straightening
    stack = Stack.of(image.grid) if acquisition is None or straight is None else acquisition.stack
    for segment, array in dicom_masks(file, part, stack, acquisition, name=name, tolerance_mm=tolerance_mm):
        if straight is not None:
            array, _ = orient_axial(straight.mask(array), straight.grid, name=name)
        yield Volume(array, image.grid, image.stored, acquisition, segment.organ)
