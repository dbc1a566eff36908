"""NIfTI files that lie exactly on the scan they belong to, and the tables that colour them in a viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from prognos.files import written_whole
from prognos.visualize import risk_rgb

__all__ = ["Geometry", "Label", "read_geometry", "write_label_tables", "write_map"]

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From the positions of DICOM and ITK to those of NIfTI."""

UNSCORED_RGB = (190, 190, 190)
"""Grey of a lesion that has no risk."""


@dataclass(frozen=True)
class Geometry:
    """Shape and place of a scan as its file stores them.

    Args:
        shape: number of voxels along each stored axis.
        affine: voxel index to RAS mm, as in NIfTI, [4, 4].
        header: NIfTI header to copy the geometry from, bit by bit; None for a scan of another format.
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]
    header: Any


@dataclass(frozen=True)
class Label:
    """Entry of a label table.

    Args:
        value: voxel value.
        risk: no unit, higher is worse; None for a lesion that was not scored.
        text: what a viewer shows.
    """

    value: int
    risk: float | None
    text: str


def read_geometry(image: Path, shape: tuple[int, ...], affine_lps: NDArray[np.float64]) -> Geometry:
    """Geometry of a scan; that of a NIfTI file is taken from its own header.

    Args:
        image: the scan, a file or a DICOM folder.
        shape: stored shape, as read by ITK.
        affine_lps: stored voxel index to LPS mm, as read by ITK, [4, 4].
    """
    if image.name.endswith((".nii", ".nii.gz")):
        scan: Any = nibabel.load(image)
        return Geometry(tuple(scan.shape), scan.affine, scan.header)
    return Geometry(shape, LPS_TO_RAS @ affine_lps, None)


def write_map(path: Path, array: NDArray[Any], geometry: Geometry, *, description: str, comment: str) -> None:
    """Write a volume on the grid of its scan, whole or not at all.

    Nothing but the geometry is taken from the scan's header: it may name a patient.

    Args:
        path: ``.nii.gz`` file.
        array: voxels in the stored order of the scan.
        geometry: where they lie.
        description: for the header, cut to the 79 bytes it holds.
        comment: the whole story, kept as a header extension.
    """
    header = nibabel.Nifti1Header() if geometry.header is None else _bare(geometry.header)
    header.set_data_dtype(array.dtype)
    header["descrip"] = description.encode("ascii", "replace")[:79]
    header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", comment.encode("utf-8")))
    volume = nibabel.Nifti1Image(array.reshape(geometry.shape), geometry.affine, header)
    if geometry.header is None:
        volume.header.set_xyzt_units("mm")
        volume.set_sform(geometry.affine, code=1)
        volume.set_qform(geometry.affine, code=1)
    with written_whole(path) as temporary:
        nibabel.save(volume, temporary)


def write_label_tables(folder: Path, labels: Sequence[Label], limits: tuple[float, float], comment: str) -> None:
    """Write the colours and texts of a label map for ITK-SNAP (``labels.txt``) and 3D Slicer (``labels.ctbl``).

    Args:
        folder: receives both files.
        labels: entries; background is added.
        limits: ends of the colour scale.
        comment: one line for the head of each file.
    """
    colours = [UNSCORED_RGB if label.risk is None else risk_rgb(label.risk, limits) for label in labels]
    snap = ["# ITK-SnAP Label Description File", f"# {comment}", "# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL"]
    snap.append('    0     0    0    0        0  0  0    "Clear Label"')
    slicer = ["# Color table file labels.ctbl", f"# {comment}", "0 background 0 0 0 0"]
    for label, (red, green, blue) in zip(labels, colours, strict=True):
        snap.append(f'{label.value:5d}  {red:4d} {green:4d} {blue:4d}        1  1  1    "{label.text}"')
        slicer.append(f"{label.value} {label.text.replace(' ', '_')} {red} {green} {blue} 255")
    for name, lines in (("labels.txt", snap), ("labels.ctbl", slicer)):
        with written_whole(folder / name) as temporary:
            temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _bare(header: Any) -> Any:
    """Copy of a NIfTI header without texts, scaling, intensity range and extensions."""
    bare = nibabel.Nifti1Header.from_header(header)
    bare.extensions.clear()
    for name in ("aux_file", "db_name", "intent_name", "descrip", "data_type"):
        bare[name] = b""
    for name in ("cal_max", "cal_min", "intent_code", "glmax", "glmin"):
        bare[name] = 0
    bare.set_slope_inter(1, 0)
    return bare
