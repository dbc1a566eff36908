"""Lesions drawn into a chest, and the CT numbers that a scanner would make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from prognos.data.phantom.anatomy import HOSTS, Anatomy
from prognos.data.phantom.lesions import Lesion

__all__ = ["Shape", "lesion_shape", "paint_lesion", "scan"]

LESION_HU = {
    "lung": (35.0, 15.0),
    "mediastinum": (75.0, 15.0),
    "liver": (42.0, 10.0),
    "bone": (40.0, 35.0),
    "adrenal": (65.0, 12.0),
}
"""Mean and spread over lesions of the CT number inside a lesion, HU."""

NECROSIS_MM, NECROSIS_SHARE, NECROSIS_DROP_HU = 25.0, 0.5, 35.0
"""Lesions wider than this have a darker core, up to this share of their radius, by this much."""

EDGE_MM = 1.0
"""Half width of a lesion's blurred edge."""

LESION_GRAIN_HU = 30.0
"""Texture of a lesion, HU, before the scanner's blur."""

BLUR_VOXELS = 0.6
"""Standard deviation of the scanner's blur in the axial plane."""

WAVES, WAVE_NUMBER = 6, 4.0
"""Plane waves that make the bumps of a surface, and their frequency on the unit sphere."""

MARGIN_MM = 6.0
"""Free border around a lesion's box, for its edge and for readers who draw it elsewhere."""


@dataclass(frozen=True)
class Shape:
    """Star-shaped lesion in its box.

    Attributes:
        box: part of the volume, three slices.
        offset: vector from the centre to each voxel of the box, mm, three arrays [x, y, z].
        radius: distance from the centre to the surface in the direction of each voxel, mm, [x, y, z].
    """

    box: tuple[slice, slice, slice]
    offset: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
    radius: NDArray[np.float32]

    def depth(self, scale: float = 1.0, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> NDArray[np.float32]:
        """Distance from the centre relative to the surface: below 1 inside. Enlarged by ``scale``, moved by mm."""
        distance = np.sqrt(sum((o - np.float32(s)) ** 2 for o, s in zip(self.offset, shift, strict=True)))
        ratio: NDArray[np.float32] = distance / (self.radius * np.float32(scale))
        return ratio


def lesion_shape(lesion: Lesion, shape: tuple[int, ...], spacing: tuple[float, float, float]) -> Shape:
    """Build a lesion's surface from its seed.

    Args:
        lesion: the true lesion.
        shape: of the volume, voxels.
        spacing: voxel size, mm.
    """
    generator = np.random.default_rng(lesion.shape_seed)
    directions = generator.normal(size=(WAVES, 3))
    directions *= WAVE_NUMBER / np.linalg.norm(directions, axis=1, keepdims=True)
    phases = generator.uniform(0.0, 2.0 * np.pi, WAVES)
    largest = lesion.diameter / 2 * (1.0 + 1.6 * lesion.irregularity) * max(1.0, np.exp(lesion.growth / 3)) + MARGIN_MM
    centre, step = np.asarray(lesion.centre), np.asarray(spacing)
    low = np.clip(np.floor((centre - largest) / step).astype(int), 0, shape)
    high = np.clip(np.ceil((centre + largest) / step).astype(int) + 1, 0, shape)
    x, y, z = ((np.arange(low[axis], high[axis]) * step[axis] - centre[axis]).astype(np.float32) for axis in range(3))
    offset = (x[:, None, None], y[None, :, None], z[None, None, :])
    distance = np.sqrt(offset[0] ** 2 + offset[1] ** 2 + offset[2] ** 2) + np.float32(1e-6)
    bumps = np.zeros(distance.shape, np.float32)
    for direction, phase in zip(directions.astype(np.float32), phases.astype(np.float32), strict=True):
        bumps += np.cos(sum(d * o for d, o in zip(direction, offset, strict=True)) / distance + phase)
    bumps *= np.float32(lesion.irregularity / np.sqrt(WAVES / 2))
    radius = np.float32(lesion.diameter / 2) * np.clip(1.0 + bumps, 0.5, 2.0)
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    return Shape(box, offset, radius.astype(np.float32))


def paint_lesion(lesion: Lesion, shape: Shape, anatomy: Anatomy) -> None:
    """Draw a lesion into the CT numbers, the grain and the organ map of a chest, which are changed in place.

    The organ map gives a lesion to the organ it grew in, as a reader does who outlines an organ with its lesions.
    """
    generator = np.random.default_rng([lesion.shape_seed, 1])
    depth = shape.depth()
    inside = anatomy.body[shape.box]
    weight = np.clip(0.5 + (1.0 - depth) * shape.radius / (2 * EDGE_MM), 0.0, 1.0) * inside
    drop = NECROSIS_DROP_HU if lesion.diameter > NECROSIS_MM else 0.0
    value = generator.normal(*LESION_HU[lesion.site]) - drop * (depth < NECROSIS_SHARE)
    anatomy.hu[shape.box] += weight * (value - anatomy.hu[shape.box])
    anatomy.grain[shape.box] += weight * (LESION_GRAIN_HU - anatomy.grain[shape.box])
    organs = anatomy.organs[shape.box]
    grown = (depth < 1.0) & inside & ~np.isin(organs, HOSTS[lesion.site])
    organs[grown] = _host_label(lesion, anatomy)


def _host_label(lesion: Lesion, anatomy: Anatomy) -> int:
    """Organ number under the centre of a lesion, or the first of its site where an earlier lesion hides it."""
    voxel = np.rint(np.asarray(lesion.centre) / anatomy.spacing).astype(int)
    label = int(anatomy.organs[tuple(np.clip(voxel, 0, np.array(anatomy.organs.shape) - 1))])
    return label if label in HOSTS[lesion.site] else HOSTS[lesion.site][0]


def scan(generator: np.random.Generator, anatomy: Anatomy) -> NDArray[np.int16]:
    """CT numbers with grain and the scanner's blur, HU, int16 [X, Y, Z]."""
    noise = generator.standard_normal(anatomy.hu.shape, dtype=np.float32)
    sharp = anatomy.hu + anatomy.grain * noise
    blurred = gaussian_filter(sharp, BLUR_VOXELS, axes=(0, 1), truncate=3.0)
    numbers: NDArray[np.int16] = np.clip(np.rint(blurred), -1024, 3071).astype(np.int16)
    return numbers
