"""Tiny synthetic scans, written to disk without the code under test.

Arrays have the axes (left, posterior, superior), and affines map their indices to LPS mm.
"""

from __future__ import annotations

from pathlib import Path

import itk
import nibabel as nib
import numpy as np
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform
from numpy.typing import NDArray

SPACING = (2.0, 1.0, 5.0)
ORIGIN = (-10.0, 20.0, -100.0)
AFFINE = np.array(
    [[2.0, 0.0, 0.0, -10.0], [0.0, 1.0, 0.0, 20.0], [0.0, 0.0, 5.0, -100.0], [0.0, 0.0, 0.0, 1.0]],
)
SHAPE = (30, 24, 10)


def make_image(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    """A CT in which no two directions look alike: HU grow by 20 a voxel to the left, 7 to the back, 3 to the head."""
    i, j, k = np.indices(shape)
    return (20 * i + 7 * j + 3 * k - 400).astype(np.int16)


def make_labels(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.uint8]:
    """Lesion 1: 4 x 6 voxels in slice 5 and 2 x 2 in slice 4, 28 in all. Lesion 7: 3 x 2 voxels in slices 1 and 2."""
    labels = np.zeros(shape, dtype=np.uint8)
    labels[10:14, 8:14, 5] = 1
    labels[10:12, 8:10, 4] = 1
    labels[20:23, 3:5, 1:3] = 7
    return labels


def write_volume(
    path: Path, array: NDArray[np.generic], *, affine: NDArray[np.float64] = AFFINE, axes: str = "LPS"
) -> str:
    """Write a volume with its axes stored in another order and sense; the suffix chooses the format."""
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    turn = ornt_transform(axcodes2ornt(tuple("LPS")), axcodes2ornt(tuple(axes)))
    stored = np.ascontiguousarray(nib.orientations.apply_orientation(array, turn))
    stored_affine = affine @ inv_ornt_aff(turn, array.shape)
    if path.name.endswith((".nii", ".nii.gz")):
        nib.save(nib.Nifti1Image(stored, flip @ stored_affine), path)
        return str(path)
    image = itk.image_from_array(np.ascontiguousarray(stored.T))
    spacing = np.linalg.norm(stored_affine[:3, :3], axis=0)
    image.SetSpacing([float(side) for side in spacing])
    image.SetOrigin([float(value) for value in stored_affine[:3, 3]])
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(stored_affine[:3, :3] / spacing)))
    itk.imwrite(image, str(path), compression=True)
    return str(path)
