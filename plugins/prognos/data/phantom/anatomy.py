"""Chest of a synthetic patient: a tissue map, an organ map and CT numbers on one voxel grid.

Axes: x grows to the patient's left, y to the back, z to the head, in mm from the centre of the field of view. Arrays
have the shape [X, Y, Z]. The chest is a set of analytic solids, scaled a little differently for each patient; it is
meant to be recognised, not to be diagnosed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.data.phantom.grid import Grid, Mask

__all__ = ["HOSTS", "SITES", "Anatomy", "Tissue", "build_anatomy"]

FIELD_OF_VIEW_MM = (360.0, 252.0, 320.0)
"""Extent of the volume along x, y and z, in mm."""


class Tissue(NamedTuple):
    """CT number and grain of one tissue.

    Attributes:
        code: value in the tissue map.
        hu: mean CT number after contrast, in HU.
        grain: standard deviation of its texture together with the scanner's noise, in HU, before the scanner's blur.
    """

    code: int
    hu: float
    grain: float


AIR = Tissue(0, -1000.0, 15.0)
FAT = Tissue(1, -95.0, 28.0)
MUSCLE = Tissue(2, 50.0, 28.0)
LUNG = Tissue(3, -850.0, 85.0)
BLOOD = Tissue(4, 160.0, 28.0)
HEART_WALL = Tissue(5, 95.0, 28.0)
LIVER = Tissue(6, 122.0, 28.0)
SPLEEN = Tissue(7, 125.0, 28.0)
KIDNEY = Tissue(8, 165.0, 34.0)
GLAND = Tissue(9, 55.0, 28.0)
STOMACH = Tissue(10, 20.0, 45.0)
MARROW = Tissue(11, 220.0, 90.0)
CORTEX = Tissue(12, 720.0, 110.0)
DISC = Tissue(13, 75.0, 28.0)
CORD = Tissue(14, 25.0, 28.0)

TISSUES = (
    *(AIR, FAT, MUSCLE, LUNG, BLOOD, HEART_WALL, LIVER, SPLEEN),
    *(KIDNEY, GLAND, STOMACH, MARROW, CORTEX, DISC, CORD),
)
"""All tissues, in the order of their codes."""

SPLEEN_LABEL, KIDNEY_RIGHT_LABEL, KIDNEY_LEFT_LABEL, LIVER_LABEL, STOMACH_LABEL = 1, 2, 3, 5, 6
ADRENAL_RIGHT_LABEL, ADRENAL_LEFT_LABEL = 8, 9
LUNG_UPPER_LEFT, LUNG_LOWER_LEFT, LUNG_UPPER_RIGHT, LUNG_MIDDLE_RIGHT, LUNG_LOWER_RIGHT = 10, 11, 12, 13, 14
ESOPHAGUS_LABEL, TRACHEA_LABEL, HEART_LABEL, AORTA_LABEL, TRUNK_LABEL, CAVA_LABEL = 15, 16, 51, 52, 54, 62
VERTEBRA_T1_LABEL, RIB_LEFT_LABEL, RIB_RIGHT_LABEL, STERNUM_LABEL = 43, 92, 104, 116
"""Numbers of TotalSegmentator v2, task ``total``. Vertebrae count downwards from T1 = 43 to L1 = 31, ribs upwards.

Fat of the mediastinum has no number there; it bears the heart's below the top of the heart and the superior vena
cava's above, so that a lymph node in it counts as mediastinal.
"""

SITES = ("lung", "mediastinum", "liver", "bone", "adrenal")
"""Where lesions grow, in the order of every array over sites."""

HOSTS: dict[str, tuple[int, ...]] = {
    "lung": tuple(range(10, 15)),
    "mediastinum": (HEART_LABEL, CAVA_LABEL),
    "liver": (LIVER_LABEL,),
    "bone": (*range(26, 51), *range(92, 117)),
    "adrenal": (ADRENAL_RIGHT_LABEL, ADRENAL_LEFT_LABEL),
}
"""Organ labels that belong to each site."""

VERTEBRA_PITCH_MM, DISC_MM = 26.0, 5.0
"""Distance between two vertebrae, and the part of it that is disc."""

RIB_PITCH_MM, RIB_MM, RIB_SLOPE = 29.0, 10.0, 0.45
"""Distance between two ribs along z, height of a rib, and its fall in mm for each mm towards the front."""

HEART_TOP_MM = 38.0
"""Height of the upper end of the heart, z in mm."""


@dataclass(frozen=True)
class Anatomy:
    """One patient's chest without lesions.

    Attributes:
        hu: mean CT numbers, HU, float32 [X, Y, Z], without grain.
        grain: standard deviation of the texture, HU, float32 [X, Y, Z].
        organs: TotalSegmentator numbers, uint8 [X, Y, Z].
        body: true inside the skin, [X, Y, Z].
        hosts: for each site of :data:`SITES`, the voxels a lesion may start from, [X, Y, Z].
        spacing: voxel size, mm.
    """

    hu: NDArray[np.float32]
    grain: NDArray[np.float32]
    organs: NDArray[np.uint8]
    body: Mask
    hosts: dict[str, Mask]
    spacing: tuple[float, float, float]


def build_anatomy(generator: np.random.Generator, spacing: tuple[float, float, float]) -> Anatomy:
    """Draw one patient's chest.

    Args:
        generator: source of the patient's proportions, contrast phase and vessels.
        spacing: voxel size along x, y and z, mm.
    """
    grid = Grid(FIELD_OF_VIEW_MM, spacing, stretch=generator.normal(1.0, 0.04, 3).clip(0.92, 1.08))
    tissue, organs = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
    wall = _wall(grid)
    body = np.ascontiguousarray(wall < 1.0)
    fat_edge = float(generator.uniform(0.85, 0.94))
    tissue[body] = FAT.code
    tissue[(wall < fat_edge) & (wall > 0.77)] = MUSCLE.code
    cage = wall < 0.775
    dome = _dome(grid)
    above = grid.z > dome
    _add_abdomen(grid, tissue, organs, cage & ~above)
    _add_lungs(grid, tissue, organs, cage & above)
    mediastinal_fat = _add_mediastinum(grid, tissue, organs, cage & above)
    _add_skeleton(grid, tissue, organs, wall)
    hosts = {site: np.isin(organs, HOSTS[site]) for site in SITES}
    hosts["mediastinum"] = mediastinal_fat & (tissue == FAT.code)
    hu_of = np.array([t.hu for t in TISSUES], np.float32)
    hu_of[FAT.code :] += generator.normal(0.0, 5.0, len(TISSUES) - 1).astype(np.float32)
    hu = hu_of[tissue]
    _add_lung_vessels(generator, grid, hu, tissue == LUNG.code)
    _add_liver_vessels(generator, grid, hu, tissue == LIVER.code)
    return Anatomy(hu, np.array([t.grain for t in TISSUES], np.float32)[tissue], organs, body, hosts, spacing)


def _wall(grid: Grid) -> NDArray[np.float32]:
    """Depth in the chest wall, a superellipse that narrows to the shoulders: 1 on the skin, less inside. [X, Y, Z]."""
    narrowing = 1.0 - 0.13 * np.clip(grid.z / 160.0, 0.0, 1.0) ** 2
    plane = (np.abs(grid.x) / 164.0) ** 2.4 + (np.abs(grid.y) / 112.0) ** 2.4
    radius: NDArray[np.float32] = plane ** np.float32(1 / 2.4) / narrowing.astype(np.float32)
    return radius


def _dome(grid: Grid) -> NDArray[np.float32]:
    """Height of the diaphragm, z in mm, [X, Y, 1]: two domes, the right one, over the liver, is higher."""
    right = 52.0 * np.exp(-(((grid.x + 62.0) / 52.0) ** 2) - ((grid.y + 8.0) / 62.0) ** 2)
    left = 40.0 * np.exp(-(((grid.x - 66.0) / 48.0) ** 2) - ((grid.y + 8.0) / 62.0) ** 2)
    height: NDArray[np.float32] = (-92.0 + right + left + 22.0 * np.exp(-((grid.x / 34.0) ** 2))).astype(np.float32)
    return height


def _add_lungs(grid: Grid, tissue: NDArray[np.uint8], organs: NDArray[np.uint8], room: Mask) -> None:
    """Fill both lungs and split them at the oblique and the horizontal fissure."""
    right = grid.ellipsoid((-70, 4, 18), (66, 92, 150)) & room
    left = grid.ellipsoid((73, 4, 18), (63, 92, 150)) & room
    tissue[right | left] = LUNG.code
    oblique = grid.z > 20.0 + 0.9 * grid.y
    horizontal = grid.z > 18.0
    organs[left] = LUNG_LOWER_LEFT
    organs[left & oblique] = LUNG_UPPER_LEFT
    organs[right] = LUNG_LOWER_RIGHT
    organs[right & oblique] = LUNG_MIDDLE_RIGHT
    organs[right & oblique & horizontal] = LUNG_UPPER_RIGHT


def _add_mediastinum(grid: Grid, tissue: NDArray[np.uint8], organs: NDArray[np.uint8], room: Mask) -> Mask:
    """Fill the space between the lungs: fat, heart, great vessels, airways; returns the whole space."""
    heart = grid.ellipsoid((24, -34, -16), (50, 42, 52), turn=-0.5)
    space = (grid.ellipsoid((4, 4, 30), (33, 82, 190)) | grid.ellipsoid((23, -33, -18), (57, 50, 60), turn=-0.5)) & room
    tissue[space] = FAT.code
    organs[space] = np.where(np.broadcast_to(grid.z < HEART_TOP_MM, grid.shape)[space], HEART_LABEL, CAVA_LABEL)
    chambers = grid.ellipsoid((24, -34, -16), (40, 33, 43), turn=-0.5)
    septum = grid.ellipsoid((26, -32, -18), (4, 34, 45), turn=-0.5)
    solids = (
        (heart, HEART_WALL, HEART_LABEL),
        (chambers & ~septum, BLOOD, HEART_LABEL),
        (grid.tube((14, -38, 24), (40, 2, 36), 11), BLOOD, HEART_LABEL),
        (grid.tube((14, -38, 24), (-36, 6, 34), 9), BLOOD, HEART_LABEL),
        (grid.tube((-8, -24, 10), (-8, -22, 68), 14), BLOOD, AORTA_LABEL),
        (grid.tube((-8, -22, 68), (20, 34, 74), 12), BLOOD, AORTA_LABEL),
        (grid.tube((-27, -16, 20), (-25, -18, 130), 8), BLOOD, CAVA_LABEL),
        (grid.tube((12, -12, 78), (22, -6, 165), 5), BLOOD, TRUNK_LABEL),
        (grid.tube((-10, -14, 78), (-18, -8, 165), 6), BLOOD, TRUNK_LABEL),
        (grid.tube((6, 30, -100), (4, 28, 165), 6), MUSCLE, ESOPHAGUS_LABEL),
        (grid.tube((0, 10, 48), (0, 12, 165), 10), MUSCLE, TRACHEA_LABEL),
        (grid.tube((0, 10, 48), (0, 12, 165), 8), AIR, TRACHEA_LABEL),
        (grid.tube((0, 10, 50), (-38, 14, 22), 6), AIR, TRACHEA_LABEL),
        (grid.tube((0, 10, 50), (40, 14, 20), 6), AIR, TRACHEA_LABEL),
    )
    for solid, matter, label in solids:
        tissue[solid & space], organs[solid & space] = matter.code, label
    aorta = grid.tube((22, 36, -170), (20, 36, 74), 11.5)
    tissue[aorta], organs[aorta] = BLOOD.code, AORTA_LABEL
    return space


def _add_abdomen(grid: Grid, tissue: NDArray[np.uint8], organs: NDArray[np.uint8], room: Mask) -> None:
    """Fill the space under the diaphragm: liver, stomach, spleen, kidneys and adrenals in fat."""
    liver = grid.ellipsoid((-62, -4, -78), (84, 84, 80)) | grid.ellipsoid((8, -42, -78), (52, 38, 36))
    stomach = grid.ellipsoid((62, -28, -92), (44, 46, 48))
    solids = (
        (stomach, STOMACH, STOMACH_LABEL),
        (stomach & (grid.y < -46.0), AIR, STOMACH_LABEL),
        (liver, LIVER, LIVER_LABEL),
        (grid.ellipsoid((96, 40, -84), (34, 40, 46)), SPLEEN, SPLEEN_LABEL),
        (grid.ellipsoid((0, 56, -118), (92, 34, 58)), FAT, 0),
        (grid.ellipsoid((-56, 54, -142), (26, 24, 44)), KIDNEY, KIDNEY_RIGHT_LABEL),
        (grid.ellipsoid((56, 54, -136), (26, 24, 44)), KIDNEY, KIDNEY_LEFT_LABEL),
        (grid.ellipsoid((-34, 40, -92), (8, 15, 15)), GLAND, ADRENAL_RIGHT_LABEL),
        (grid.ellipsoid((38, 40, -90), (8, 15, 15)), GLAND, ADRENAL_LEFT_LABEL),
    )
    for solid, matter, label in solids:
        tissue[solid & room], organs[solid & room] = matter.code, label


def _add_skeleton(grid: Grid, tissue: NDArray[np.uint8], organs: NDArray[np.uint8], wall: NDArray[np.float32]) -> None:
    """Add spine, ribs and breastbone: marrow in a shell of cortex one voxel thick."""
    level = (160.0 - grid.z) / VERTEBRA_PITCH_MM
    is_disc = np.mod(level, 1.0) * VERTEBRA_PITCH_MM < DISC_MM
    column = (grid.x / 21.0) ** 2 + ((grid.y - 64.0) / 17.0) ** 2 < 1.0
    canal = (grid.x / 9.0) ** 2 + ((grid.y - 87.0) / 8.0) ** 2 < 1.0
    arch = ((grid.x / 16.0) ** 2 + ((grid.y - 88.0) / 13.0) ** 2 < 1.0) | (
        (np.abs(grid.x) < 34.0 - 0.2 * grid.y) & (np.abs(grid.y - 86.0) < 5.0)
    )
    spinous = (np.abs(grid.x) < 3.5) & (grid.y > 96.0) & (grid.y < 108.0)
    spine = (column | ((arch | spinous) & ~canal)) & ~is_disc
    phase = (110.0 - grid.z - RIB_SLOPE * grid.y) / RIB_PITCH_MM
    ribs = (wall > 0.765) & (wall < 0.835) & (np.mod(phase, 1.0) * RIB_PITCH_MM < RIB_MM) & (phase > -1.0)
    ribs &= ~((grid.y < -55.0) & (np.abs(grid.x) < 55.0)) & (np.abs(grid.x) > 22.0)
    sternum = (wall > 0.80) & (wall < 0.90) & (grid.y < 0) & (np.abs(grid.x) < 19.0) & (grid.z > -45.0)
    tissue[np.broadcast_to(column & is_disc, grid.shape)] = DISC.code
    tissue[np.broadcast_to(canal, grid.shape)] = CORD.code
    bone = np.broadcast_to(spine, grid.shape) | ribs | sternum
    tissue[bone] = CORTEX.code
    tissue[_erode(bone)] = MARROW.code
    number = np.clip(np.floor(phase), 0, 11).astype(np.uint8)
    side = np.where(grid.x > 0, RIB_LEFT_LABEL, RIB_RIGHT_LABEL).astype(np.uint8)
    organs[ribs] = (number + side)[ribs]
    vertebra = (VERTEBRA_T1_LABEL - np.floor(np.clip(level, 0, 14))).astype(np.uint8)
    full_spine = np.broadcast_to(spine, grid.shape)
    organs[full_spine] = np.broadcast_to(vertebra, grid.shape)[full_spine]
    organs[sternum] = STERNUM_LABEL


def _erode(mask: Mask) -> Mask:
    """Remove the outermost voxels in the axial plane."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    return inner


def _add_lung_vessels(generator: np.random.Generator, grid: Grid, hu: NDArray[np.float32], lung: Mask) -> None:
    """Draw vessels from both hila to the periphery."""
    for side in (-1.0, 1.0):
        hilum = np.array([side * 38.0, 8.0, 26.0])
        ends = np.array([side * 74.0, 4.0, 15.0]) + generator.uniform(-1, 1, (70, 3)) * np.array([60.0, 86.0, 125.0])
        _draw_vessels(generator, grid, hu, lung, start=hilum, ends=ends, radius_mm=3.2, vessel_hu=90.0)


def _add_liver_vessels(generator: np.random.Generator, grid: Grid, hu: NDArray[np.float32], liver: Mask) -> None:
    """Draw vessels from the porta into the liver."""
    ends = np.array([-60.0, -4.0, -75.0]) + generator.uniform(-1, 1, (22, 3)) * np.array([72.0, 70.0, 50.0])
    porta = np.array([-24.0, 14.0, -88.0])
    _draw_vessels(generator, grid, hu, liver, start=porta, ends=ends, radius_mm=4.0, vessel_hu=150.0)


def _draw_vessels(
    generator: np.random.Generator,
    grid: Grid,
    hu: NDArray[np.float32],
    room: Mask,
    *,
    start: NDArray[np.float64],
    ends: NDArray[np.float64],
    radius_mm: float,
    vessel_hu: float,
) -> None:
    """Blend bent, tapering tubes into ``hu``; a cloud of points gives each voxel its share of vessel."""
    share = np.linspace(0.0, 1.0, 160)[None, :, None]
    bend = generator.normal(0.0, 9.0, (len(ends), 1, 3)) * np.sin(np.pi * share)
    centre = start + (ends[:, None] - start) * share + bend
    radius = radius_mm * (1.0 - share) ** 0.8 + 0.7
    jitter = generator.normal(0.0, 0.55, (*centre.shape[:2], 12, 3)) * radius[..., None]
    cloud = centre[:, :, None] + jitter
    index = grid.index(cloud.reshape(-1, 3))
    count = np.bincount(np.ravel_multi_index(tuple(index.T), grid.shape), minlength=hu.size).reshape(grid.shape)
    where = (count > 0) & room
    weight = np.minimum(count[where] / 5.0, 1.0).astype(np.float32)
    hu[where] += weight * (vessel_hu - hu[where])
