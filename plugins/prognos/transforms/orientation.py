"""Whether a header says, in one voice, which side of the patient is left; where it does not, each reader guesses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from prognos.transforms.geometry import FLIP_XY, Grid, left_is_reversed, same_grid

__all__ = ["OPPOSITE", "opposite_storage", "orientation_fault"]

OPPOSITE = (
    "left and right are stored in the opposite sense of the image, as the header says. If a program wrote that header "
    "by mistake, the mask is mirrored; look at both in a viewer"
)
"""Remark on a mask whose header is either right or mirrors it."""

_LONGEST_HEADER = 1 << 16  # bytes
_NRRD_SPACES = re.compile(
    rb"^space: *(right-anterior-superior|left-anterior-superior|left-posterior-superior|RAS|LAS|LPS)(-time)?\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_NRRD_DIRECTIONS = re.compile(rb"^space directions:", re.MULTILINE | re.IGNORECASE)
_MHA_MATRIX = re.compile(rb"^(TransformMatrix|Rotation|Orientation) *=", re.MULTILINE)

_UNKNOWN = "so left and right are unknown. Export it again from the original with its orientation"


def orientation_fault(path: Path) -> str:
    """What keeps a reader from knowing left and right; empty when nothing does.

    Args:
        path: a NIfTI, NRRD or MHA file whose header is whole.

    Returns:
        Found, expected and remedy, in words, without the path.
    """
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return _nifti_fault(nibabel.load(path).header)
    with path.open("rb") as stream:
        start = stream.read(_LONGEST_HEADER)
    if name.endswith(".nrrd"):
        head, end, _ = start.replace(b"\r", b"").partition(b"\n\n")
        if not end:  # cut off, or no NRRD: the reader has better words
            return ""
        if not _NRRD_SPACES.search(head):
            return f"the NRRD header does not name its space as RAS, LAS or LPS, {_UNKNOWN}"
        return "" if _NRRD_DIRECTIONS.search(head) else f"the NRRD header has no space directions, {_UNKNOWN}"
    head, end, _ = start.partition(b"ElementDataFile")
    return "" if not end or _MHA_MATRIX.search(head) else f"the MHA header has no TransformMatrix, {_UNKNOWN}"


def opposite_storage(image: Grid, mask: Grid) -> str:
    """Remark on a mask that is stored with left and right the other way round than its image; empty when it is not.

    A right header makes that good. A wrong one mirrors the mask, and nothing but a look at both can tell.

    Args:
        image: the grid of the image's file, before its axes were turned.
        mask: that of the mask's.
    """
    return "" if left_is_reversed(image) == left_is_reversed(mask) else OPPOSITE


def _nifti_fault(header: Any) -> str:
    """The two places that a NIfTI header may give; ITK prefers one, nibabel the other."""
    (first, first_code), (second, second_code) = header.get_sform(coded=True), header.get_qform(coded=True)
    if not first_code and not second_code:
        return f"the NIfTI header says nothing about orientation (qform and sform code 0), {_UNKNOWN}"
    shape = tuple(int(size) for size in header.get_data_shape()[:3])
    if not first_code or not second_code or len(shape) < 3:
        return ""
    grids = [Grid(shape, FLIP_XY @ np.asarray(affine, np.float64)) for affine in (first, second)]
    if same_grid(*grids):
        return ""
    distance = np.linalg.norm(grids[0].corners - grids[1].corners, axis=1).max()
    return (
        f"the NIfTI header gives two places (sform and qform) that lie up to {distance:.4g} mm apart, so programs "
        f"disagree about where it lies, perhaps about left and right. Find out which one is right, and set the code of "
        f"the other to 0, or export it again"
    )
