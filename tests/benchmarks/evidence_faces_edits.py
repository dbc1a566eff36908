"""What edited portraits show, by judges that know the drawing and not the networks.

N patients, K values of beta, C colours, R the side of a portrait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from prognos.data import HEALTH_FACTORS, PORTRAIT_REGIONS, AlignedPhotos, draw_aligned, draw_regions, read_factors
from prognos.estimators import fit_ridge

__all__ = ["CHANGED", "READ", "REGIONS", "FactorReader", "change_by_region", "redrawn_change"]

Floats = NDArray[np.floating[Any]]

CHANGED = (*HEALTH_FACTORS, "age")
"""Factors with an effect on survival."""

READ = (*CHANGED, "male", "skin_tone", "yaw", "light_intensity", "background_lightness", "clothes_lightness")
"""Factors that are read from edited portraits: those with an effect, and some without."""

REGIONS = {
    "face": ("skin", "eyes", "brows", "nose", "mouth"),
    "hair": ("hair",),
    "clothes": ("clothes",),
    "background": ("background",),
}
"""Groups of the drawn parts. Neck, ears and glasses are in none."""

SIDE = 16
"""Side to which the reader shrinks a portrait, pixels."""

TESTED = 500
"""Portraits on which the reader is tested."""


class FactorReader:
    """Ridge regression of each factor on the pixels of drawn portraits; it has seen no generated image.

    Args:
        portraits: aligned, uint8 [N, C, R, R].
        factors: table of their factors, in the same order.

    Attributes:
        names: factors it reads.
        correlation: name -> correlation with the truth on portraits that it was not fitted to.
    """

    def __init__(self, portraits: Path, factors: Path) -> None:
        pixels = _shrunk(np.asarray(AlignedPhotos(portraits).photos, np.float32) / 127.5 - 1.0)
        table = read_factors(factors)
        fitted, tested = slice(0, len(table) - TESTED), slice(len(table) - TESTED, len(table))
        self.names = READ
        truth = {name: table[name].to_numpy(np.float64) for name in READ}
        self.fits = {name: fit_ridge(pixels[fitted], values[fitted]) for name, values in truth.items()}
        self.correlation = {
            name: float(np.corrcoef(self._read(name, pixels[tested]), values[tested])[0, 1])
            for name, values in truth.items()
        }

    def __call__(self, name: str, images: Floats) -> NDArray[np.float64]:
        """Read a factor, in its unit.

        Args:
            name: of the factor.
            images: about [-1, 1], [N, K, C, R, R].

        Returns:
            Shape [N, K].
        """
        flat = _shrunk(images.reshape(-1, *images.shape[2:]).clip(-1.0, 1.0))
        return self._read(name, flat).reshape(images.shape[:2])

    def _read(self, name: str, pixels: Floats) -> NDArray[np.float64]:
        fit = self.fits[name]
        values: NDArray[np.float64] = fit.intercept + pixels @ fit.coefficients
        return values


def change_by_region(images: Floats, unedited: Floats, table: pd.DataFrame) -> dict[str, list[float]]:
    """How far the pixels of each part of the portraits move.

    The parts are those of the patients' true portraits, one pixel smaller on each side, because the edges are soft.

    Args:
        images: about [-1, 1], [N, K, C, R, R].
        unedited: the same portraits as they were embedded, [N, C, R, R].
        table: true factors of the N portraits.

    Returns:
        Part -> mean absolute change in steps of 8 bits, one number a beta; NaN where no portrait shows it.
    """
    size = images.shape[-1]
    drawn = draw_regions(table, size)
    change = np.abs(images.clip(-1.0, 1.0) - unedited[:, None].clip(-1.0, 1.0)).mean(axis=2) * 127.5  # [N, K, R, R]
    found = {}
    for name, parts in REGIONS.items():
        masks = np.isin(drawn, [PORTRAIT_REGIONS.index(part) for part in parts])
        inside = np.stack([binary_erosion(mask, np.ones((3, 3)), border_value=1) for mask in masks])  # [N, R, R]
        seen = inside.any(axis=(1, 2))
        total = (change[seen] * inside[seen, None]).sum(axis=(2, 3)) / inside[seen].sum(axis=(1, 2))[:, None]
        found[name] = total.mean(axis=0).tolist() if seen.any() else [float("nan")] * images.shape[1]
    return found


def redrawn_change(table: pd.DataFrame, betas: Sequence[float], slopes: Mapping[str, float]) -> dict[str, list[float]]:
    """The same where the factors are moved in the drawing itself: what an edit that changes nothing else would do.

    Args:
        table: true factors of the portraits.
        betas: [K].
        slopes: factor -> change when beta grows by 1, in its unit.

    Returns:
        As :func:`change_by_region`.
    """
    drawn = []
    for beta in betas:
        moved = table.assign(**{name: table[name] + beta * slope for name, slope in slopes.items()})
        signs = list(HEALTH_FACTORS)
        moved[signs] = moved[signs].clip(0.0, 1.0)
        drawn.append(draw_aligned(moved).astype(np.float32) / 127.5 - 1.0)
    images = np.stack(drawn, axis=1)
    return change_by_region(images, draw_aligned(table).astype(np.float32) / 127.5 - 1.0, table)


def _shrunk(images: Floats) -> NDArray[np.float64]:
    """Small copies as rows of numbers, [N, C * SIDE * SIDE]."""
    small = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(images)), SIDE)
    return small.flatten(1).double().numpy()
