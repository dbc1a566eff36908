"""Lesions of a synthetic patient: where they grow, what they look like, and the risk that this appearance carries.

A patient's true log hazard is, up to a constant, the sum over the 40 largest lesions of ``risk * scale``, the form of
the lesion ranker. ``risk`` depends on what an axial patch shows, ``scale`` on size alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from prognos.data.phantom.anatomy import SITES, Anatomy
from prognos.data.phantom.grid import Mask

__all__ = ["MOST_LESIONS", "Lesion", "draw_lesions", "lesion_risk", "lesion_scale", "patient_burden"]

MOST_LESIONS = 40
"""Lesions that count for a patient, the largest first, as in the paper."""

SITE_SHARE = np.array([0.46, 0.20, 0.13, 0.15, 0.06])
"""Mean share of a patient's lesions at each site of ``SITES``."""

SITE_CONCENTRATION = 8.0
"""Concentration of the Dirichlet draw of a patient's shares; smaller values make patients less alike."""

SITE_RISK = {"lung": -0.1, "mediastinum": 0.3, "liver": 0.8, "bone": 1.4, "adrenal": 0.6}
"""Risk of a lesion by its site, no unit."""

RISK_SHIFT = -0.15
"""Added to every risk, so that risks have both signs and counting lesions does not predict survival."""

IRREGULARITY_RISK = 0.30
"""Risk of one standard deviation of irregularity, no unit."""

MARGIN_RISK, MARGIN_SCALE_MM = 0.8, 8.0
"""Risk of a lesion on the border of its organ above one deep inside it, and the depth over which it fades."""

IRREGULARITY_MEAN, IRREGULARITY_SD = 0.18, 0.08
"""Relative amplitude of the bumps on a lesion's surface."""

PATIENT_IRREGULARITY_SD = 0.35
"""Part of irregularity that a patient's lesions share, in units of ``IRREGULARITY_SD``."""

DIAMETER_LOG_MEAN, DIAMETER_LOG_SD = 2.45, 0.65
"""Logarithm of the diameter in mm."""

PATIENT_DIAMETER_LOG_SD = 0.15
"""Part of the logarithm of the diameter that a patient's lesions share."""

DIAMETER_RANGE_MM = {"lung": (6, 70), "mediastinum": (6, 50), "liver": (6, 70), "bone": (6, 36), "adrenal": (8, 50)}
"""Smallest and largest diameter at each site."""

SCALE_DIAMETER_MM, SCALE_POWER, SCALE_RANGE_MM = 14.0, 3.0, (5.0, 40.0)
"""Diameter of scale 1; exponent of the diameter; diameters beyond which the scale stays the same.

The exponent 3 makes the scale proportional to volume in between.
"""

COUNT_SHAPE, COUNT_SCALE = 1.15, 13.4
"""Gamma distribution of a patient's expected number of lesions beyond the first."""

COUNT_RANGE = (1, 60)
"""Smallest and largest number of lesions of a patient."""

DEPTH_MEAN_MM = 9.0
"""Mean of the exponential depth at which a lesion would like to grow."""

GROWTH_MEAN, GROWTH_OF_RISK, GROWTH_SD = 0.10, 0.25, 0.35
"""Logarithm of follow-up volume over baseline volume after 12 weeks: mean at risk 0, slope with risk, spread."""

CANDIDATES = 48
"""Places that are compared before a lesion is put into one of them."""


@dataclass(frozen=True)
class Lesion:
    """One true lesion.

    Attributes:
        instance: number of the lesion in every mask, from 1.
        site: one of ``SITES``.
        centre: distance from the first voxel's centre along x, y and z, mm.
        diameter: of the ball with the lesion's mean radius, mm.
        irregularity: relative amplitude of the bumps on the surface, no unit.
        margin: distance of the centre from the border of the organ, mm.
        growth: logarithm of follow-up volume over baseline volume, no unit.
        shape_seed: seed of the surface and of the filling.
        risk: no unit, higher is worse.
        scale: size factor, no unit, positive.
    """

    instance: int
    site: str
    centre: tuple[float, float, float]
    diameter: float
    irregularity: float
    margin: float
    growth: float
    shape_seed: int
    risk: float
    scale: float


def lesion_risk(site: str, irregularity: float, margin: float) -> float:
    """Risk of a lesion before its size counts, no unit, higher is worse.

    Bone is worst, then liver, adrenal, lymph node and lung; ragged lesions are worse than smooth ones; lesions deep
    inside their organ are better than those on its border.

    Args:
        site: one of ``SITES``.
        irregularity: relative amplitude of the bumps on the surface, no unit.
        margin: distance of the centre from the border of the organ, mm.
    """
    ragged = IRREGULARITY_RISK * (irregularity - IRREGULARITY_MEAN) / IRREGULARITY_SD
    exposed = MARGIN_RISK * (np.exp(-margin / MARGIN_SCALE_MM) - 0.5)
    return float(SITE_RISK[site] + ragged + exposed + RISK_SHIFT)


def lesion_scale(diameter: float) -> float:
    """Size factor of a lesion, no unit: a power of the diameter (mm) that is flat for tiny and for huge lesions."""
    return float((np.clip(diameter, *SCALE_RANGE_MM) / SCALE_DIAMETER_MM) ** SCALE_POWER)


def patient_burden(lesions: list[Lesion]) -> float:
    """Sum of scaled risks over the largest lesions, no unit, higher is worse."""
    largest = sorted(lesions, key=lambda lesion: -lesion.diameter)[:MOST_LESIONS]
    return float(sum(lesion.risk * lesion.scale for lesion in largest))


def draw_lesions(generator: np.random.Generator, anatomy: Anatomy) -> list[Lesion]:
    """Draw a patient's lesions and put each into its organ, away from the others where there is room."""
    count = int(np.clip(1 + generator.poisson(generator.gamma(COUNT_SHAPE, COUNT_SCALE)), *COUNT_RANGE))
    shares = generator.dirichlet(SITE_CONCENTRATION * SITE_SHARE)
    shared_irregularity = generator.normal(0.0, PATIENT_IRREGULARITY_SD)
    shared_log_diameter = generator.normal(0.0, PATIENT_DIAMETER_LOG_SD)
    places: dict[str, _Places] = {}
    lesions: list[Lesion] = []
    for instance in range(1, count + 1):
        site = SITES[generator.choice(len(SITES), p=shares)]
        log_diameter = generator.normal(DIAMETER_LOG_MEAN + shared_log_diameter, DIAMETER_LOG_SD)
        diameter = float(np.clip(np.exp(log_diameter), *DIAMETER_RANGE_MM[site]))
        bumps = IRREGULARITY_MEAN + IRREGULARITY_SD * (shared_irregularity + generator.normal())
        irregularity = float(np.clip(bumps, 0.02, 0.45))
        if site not in places:
            places[site] = _Places(anatomy.hosts[site], anatomy.spacing)
        centre, margin = places[site].draw(generator, diameter, lesions)
        risk = lesion_risk(site, irregularity, margin)
        lesions.append(
            Lesion(
                instance=instance,
                site=site,
                centre=(float(centre[0]), float(centre[1]), float(centre[2])),
                diameter=diameter,
                irregularity=irregularity,
                margin=margin,
                growth=float(generator.normal(GROWTH_MEAN + GROWTH_OF_RISK * risk, GROWTH_SD)),
                shape_seed=int(generator.integers(2**31)),
                risk=risk,
                scale=lesion_scale(diameter),
            )
        )
    return lesions


class _Places:
    """Points of one organ with their depth under its border."""

    def __init__(self, host: Mask, spacing: tuple[float, float, float]) -> None:
        self.spacing = np.asarray(spacing)
        self.voxels = np.argwhere(host)
        border = np.argwhere(host & ~_erode(host)) * self.spacing
        self.tree = cKDTree(border, balanced_tree=False, compact_nodes=False)

    def draw(
        self, generator: np.random.Generator, diameter: float, others: list[Lesion]
    ) -> tuple[NDArray[np.float64], float]:
        """Choose a centre (mm [3]) near a drawn depth, clear of other lesions; returns it with its depth in mm."""
        wanted = generator.exponential(DEPTH_MEAN_MM)
        voxels = self.voxels[generator.integers(len(self.voxels), size=CANDIDATES)]
        centres = voxels * self.spacing + generator.uniform(-0.5, 0.5, (CANDIDATES, 3)) * self.spacing
        depths, _ = self.tree.query(centres)
        cost = np.abs(depths - wanted)
        for other in others:
            gap = np.linalg.norm(centres - other.centre, axis=1) - 0.6 * (diameter + other.diameter)
            cost += 3.0 * np.clip(-gap, 0.0, None)
        best = int(cost.argmin())
        return centres[best], float(depths[best])


def _erode(mask: Mask) -> Mask:
    """Remove the voxels that touch the outside with a face."""
    inner = mask.copy()
    for axis in range(3):
        towards, away = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        towards[1:] &= away[:-1]
        towards[:-1] &= away[1:]
    return inner
