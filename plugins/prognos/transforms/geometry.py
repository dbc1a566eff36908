"""Where a volume lies in the patient, and the gate that a mask passes only when it lies where its image lies.

Positions are LPS millimetres: x to the patient's left, y to the back, z to the head, as in DICOM and ITK.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform
from numpy.typing import NDArray

__all__ = [
    "GeometryError",
    "Grid",
    "left_is_reversed",
    "orient_axial",
    "require_same_grid",
    "restore_orientation",
    "same_grid",
]

TOLERANCE_MM = 0.1
"""How far two corners may lie apart and still be called equal, mm: above the rounding of any header, ours."""

TOLERANCE_VOXELS = 0.1
"""The same as a part of the smallest voxel side, for fine grids; the smaller of the two tolerances counts. Ours."""

MAX_TILT_DEGREES = 30.0
"""Largest angle between the slice axis and the patient's long axis at which a slice is still called axial. Ours."""

FLIP_XY = np.diag([-1.0, -1.0, 1.0, 1.0])
"""From LPS to RAS and back."""

_LPS = axcodes2ornt(("L", "P", "S"))


class GeometryError(ValueError):
    """Two volumes do not lie on the same grid, or a grid is not one this pipeline can use."""


@dataclass(frozen=True)
class Grid:
    """Voxel grid of a volume.

    Args:
        shape: number of voxels along each axis, (W, H, D).
        affine: voxel index -> position of the voxel's centre in LPS mm. Shape [4, 4].
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Side of a voxel along each axis, mm. Shape [3]."""
        spacing: NDArray[np.float64] = np.linalg.norm(self.affine[:3, :3], axis=0)
        return spacing

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel, mm3."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def corners(self) -> NDArray[np.float64]:
        """Outer corners of the grid, half a voxel beyond the centres, LPS mm. Shape [8, 3].

        Outer corners, because the centres of a grid one voxel thick would hide its direction and thickness.
        """
        index = np.array(list(itertools.product(*((-0.5, size - 0.5) for size in self.shape))))
        return self.position(index)

    def position(self, index: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS mm of voxel indices [..., 3]."""
        return index @ self.affine[:3, :3].T + self.affine[:3, 3]

    def __str__(self) -> str:
        direction = self.affine[:3, :3] / self.spacing
        rows = "; ".join(" ".join(f"{value + 0.0:.4g}" for value in np.round(row, 4)) for row in direction)
        return (
            f"{' x '.join(map(str, self.shape))} voxels of {' x '.join(f'{side:.4g}' for side in self.spacing)} mm, "
            f"origin ({', '.join(f'{value:.2f}' for value in self.affine[:3, 3])}) mm LPS, direction [{rows}]"
        )


def same_grid(first: Grid, second: Grid, *, tolerance_mm: float = TOLERANCE_MM) -> bool:
    """Whether two grids have as many voxels along each axis and their 8 outer corners, one by one, coincide.

    The corners of a flipped grid are the same points in another order, so a flip never passes. Compare volumes in the
    same orientation: see :func:`orient_axial`.

    Args:
        first: a grid.
        second: another one.
        tolerance_mm: largest distance of two corners, mm; never more than a tenth of the smallest voxel side.
    """
    if first.shape != second.shape:
        return False
    smallest = min(first.spacing.min(), second.spacing.min())
    distance = np.linalg.norm(first.corners - second.corners, axis=1).max()
    return bool(distance <= min(tolerance_mm, TOLERANCE_VOXELS * smallest))


def require_same_grid(image: Grid, mask: Grid, *, name: str = "mask", tolerance_mm: float = TOLERANCE_MM) -> None:
    """Refuse a mask that does not lie on the grid of its image.

    Args:
        image: grid of the image.
        mask: grid of the mask, in the same orientation.
        name: what to call the mask in the message.
        tolerance_mm: see :func:`same_grid`.

    Raises:
        GeometryError: when the grids differ; the message shows both and the remedy.
    """
    if same_grid(image, mask, tolerance_mm=tolerance_mm):
        return
    raise GeometryError(
        f"{name}: does not lie on the grid of its image ({_difference(image, mask)}).\n"
        f"  image: {image}\n  mask:  {mask}\n"
        f"  Check that the mask was drawn on this very image. If it was, resample it onto the image with nearest "
        f"neighbour interpolation, for example in 3D Slicer (Resample Scalar/Vector/DWI Volume, reference: the image)."
    )


def orient_axial(array: NDArray[np.generic], grid: Grid, *, name: str) -> tuple[NDArray[np.generic], Grid]:
    """Turn a volume so that its axes run to the patient's left, back and head, without copying it.

    Args:
        array: voxels. Shape [W, H, D].
        grid: where they lie.
        name: what to call the volume in a message.

    Returns:
        A view of ``array`` with the axes (left, posterior, superior), so ``array[:, :, k]`` is axial, and its grid.

    Raises:
        GeometryError: when the affine is singular, sheared, or its slices are tilted by more than 30 degrees.
    """
    affine = grid.affine
    if not np.isfinite(affine).all() or grid.voxel_volume <= 0:
        raise GeometryError(f"{name}: the voxels of the file have no size. Export it again.")
    if not np.isclose(grid.voxel_volume, grid.spacing.prod(), rtol=1e-3):
        raise GeometryError(f"{name}: the axes are not at right angles ({grid}). Resample it to a straight grid.")
    turn = ornt_transform(io_orientation(FLIP_XY @ affine), _LPS)
    oriented = Grid(
        tuple(int(size) for size in np.array(grid.shape)[np.argsort(turn[:, 0])]),
        affine @ inv_ornt_aff(turn, grid.shape),
    )
    tilt = np.degrees(np.arccos(np.clip(oriented.affine[2, 2] / oriented.spacing[2], -1.0, 1.0)))
    if tilt > MAX_TILT_DEGREES:
        raise GeometryError(
            f"{name}: its slices are tilted by {tilt:.0f} degrees, so none is axial ({grid}). Expected at most "
            f"{MAX_TILT_DEGREES:.0f} degrees: resample the image and its masks to an axial grid."
        )
    return apply_orientation(array, turn), oriented


def restore_orientation(array: NDArray[np.generic], stored: Grid) -> NDArray[np.generic]:
    """Turn a volume from the orientation of :func:`orient_axial` back to that of its file, without copying it.

    Args:
        array: voxels with the axes (left, posterior, superior). Shape [W, H, D].
        stored: the grid of the file.

    Returns:
        A view with the axes, and so the shape, of ``stored``.
    """
    turn = ornt_transform(_LPS, io_orientation(FLIP_XY @ stored.affine))
    turned: NDArray[np.generic] = apply_orientation(array, turn)
    return turned


def left_is_reversed(stored: Grid) -> bool:
    """Whether the voxels of a file run to the patient's right along the axis that runs from side to side."""
    orientation = io_orientation(FLIP_XY @ stored.affine)
    return bool(orientation[orientation[:, 0] == 0, 1] > 0)  # in RAS


def _difference(image: Grid, mask: Grid) -> str:
    """What differs, in words: the first thing a person would look for."""
    if image.shape != mask.shape:
        return "another number of voxels"
    distance = np.linalg.norm(image.corners - mask.corners, axis=1).max()
    return f"its corners are up to {distance:.2f} mm away"
