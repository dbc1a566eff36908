"""What edited portraits show, by judges that know the drawing and not the networks.

N patients, K values of beta, C colours, R the side of a portrait.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from prognos.config import keys
from prognos.data import HEALTH_FACTORS, PORTRAIT_REGIONS, AlignedPhotos, draw_aligned, draw_regions, read_factors
from prognos.estimators import HELD, RANDOM, fit_ridge
from prognos.inferers import LatentEditInferer
from prognos.metrics import region_change, sweep_slope

__all__ = ["FactorReader", "measure_sweeps", "pool_folds", "with_error"]

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


def measure_sweeps(parsed: Callable[[str], Any], factors: Path, reader: FactorReader) -> dict[str, Any]:
    """Factors and pixels of the edited portraits, drawn once more by the stage's own parts.

    Args:
        parsed: gives the parts of the stage ``manipulate``, by name.
        factors: table of the true factors.
        reader: of the factors.

    Returns:
        ``betas``, ``true`` factors, ``change_random``, and for each attribute as fitted and with the surroundings held
        ``slopes`` and ``read_unedited`` of each factor, ``change`` and ``change_redrawn`` of each region.
    """
    samples, sweeps, network = parsed("dataset").data, parsed("sweeps"), parsed("network")
    attributes = list(parsed("attribute_model").directions)
    named = [name for attribute in attributes for name in (attribute, f"{attribute}{HELD}") if name in sweeps]
    random = [name for name in sweeps if name.startswith(RANDOM)][:5]
    inferer = LatentEditInferer({name: sweeps[name] for name in (*named, *random)}, space=parsed("latents").space)
    latents = torch.stack([sample[keys.IMAGE] for sample in samples])
    parts = [inferer(part, network) for part in torch.split(latents, 16)]
    images = {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]}
    table = read_factors(factors).set_index(keys.PATIENT)
    table = table.loc[[sample[keys.PATIENT] for sample in samples]].reset_index()
    betas = sweeps[named[0]].betas
    unedited = images[named[0]][:, betas.index(0.0)]
    return {
        "betas": list(betas),
        "true": {name: table[name].tolist() for name in reader.names},
        "change_random": [change_by_region(images[name], unedited, table) for name in random],
        "sweeps": {name: _measure(images[name], unedited, betas, table, reader) for name in named},
    }


def _measure(
    images: Floats, unedited: Floats, betas: Sequence[float], table: pd.DataFrame, reader: FactorReader
) -> dict[str, Any]:
    """What one sweep shows."""
    read = {name: reader(name, images) for name in reader.names}
    slopes = {name: sweep_slope(betas, values) for name, values in read.items()}
    return {
        "slopes": {name: values.tolist() for name, values in slopes.items()},
        "read_unedited": {name: values[:, list(betas).index(0.0)].tolist() for name, values in read.items()},
        "change": change_by_region(images, unedited, table),
        "change_redrawn": redrawn_change(table, betas, {name: float(slopes[name].mean()) for name in CHANGED}),
    }


def pool_folds(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers of all folds together.

    Args:
        parts: what :func:`measure_sweeps` found in each fold, with ``patients``, ``patients_also_in_the_fit``,
            ``attributes``, ``prices``, ``saliency`` and ``exchange`` of its checks.
    """
    exchanges = [part["exchange"] for part in parts if isinstance(part["exchange"], dict)]  # one patient has none
    true = {name: np.concatenate([part["true"][name] for part in parts]) for name in parts[0]["true"]}
    return {
        "patients": sum(part["patients"] for part in parts),
        "patients_also_in_the_fit": sum(part["patients_also_in_the_fit"] for part in parts),
        "beats_random": [part["attributes"]["health"]["verdicts"]["beats random"] for part in parts],
        "keeps_the_person": [part["attributes"]["health"]["verdicts"]["keeps the person"] for part in parts],
        "betas": parts[0]["betas"],
        "change_random": _mean_changes([change for part in parts for change in part["change_random"]]),
        "sweeps": {name: _pool_sweep(name, parts, true) for name in parts[0]["sweeps"]},
        "saliency": {
            region: {
                name: float(np.mean([part["saliency"][region][name] for part in parts]))
                for name in parts[0]["saliency"][region]
            }
            for region in parts[0]["saliency"]
        },
        "exchange": {name: float(np.mean([found[name] for found in exchanges])) for name in (exchanges or [{}])[0]},
    }


def _pool_sweep(name: str, parts: Sequence[Mapping[str, Any]], true: Mapping[str, Floats]) -> dict[str, Any]:
    """One sweep in all folds; a standard error is that of the folds' means."""
    attribute = name.removesuffix(HELD)
    checks = [part["attributes"][attribute] for part in parts]
    if name != attribute:
        checks = [found["held"] for found in checks]
    patients = [part["patients"] for part in parts]
    sweeps = [part["sweeps"][name] for part in parts]
    factors = {}
    for factor, values in true.items():
        slopes = np.concatenate([sweep["slopes"][factor] for sweep in sweeps])
        read = np.concatenate([sweep["read_unedited"][factor] for sweep in sweeps])
        factors[factor] = with_error([np.mean(sweep["slopes"][factor]) / values.std() for sweep in sweeps]) | {
            "positive_share": float((slopes > 0).mean()),
            "read_correlation": float(np.corrcoef(read, values)[0, 1]),
        }
    prices = [part["prices"][name] for part in parts]
    return {
        "rising_share": float(np.average([found["rising_share"] for found in checks], weights=patients)),
        "change_per_beta": float(np.average([found["change_per_beta"] for found in checks], weights=patients)),
        "price": None if None in prices else float(np.mean(prices)),
        "slopes_sd": factors,
        "change": _mean_changes([sweep["change"] for sweep in sweeps]),
        "change_redrawn": _mean_changes([sweep["change_redrawn"] for sweep in sweeps]),
    }


def _mean_changes(parts: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """Mean over folds or directions, region by region."""
    return {region: np.nanmean([part[region] for part in parts], axis=0).tolist() for region in parts[0]}


def with_error(values: Sequence[float]) -> dict[str, Any]:
    """Mean of independent numbers, with its standard error."""
    found = np.asarray(values, np.float64)
    error = float(found.std(ddof=1) / math.sqrt(len(found))) if len(found) > 1 else math.nan
    return {"mean": float(found.mean()), "standard_error": error, "count": len(found)}


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
    drawn = draw_regions(table, images.shape[-1])
    masks = {}
    for name, parts in REGIONS.items():
        shown = np.isin(drawn, [PORTRAIT_REGIONS.index(part) for part in parts])
        masks[name] = np.stack([binary_erosion(mask, np.ones((3, 3)), border_value=1) for mask in shown])  # [N, R, R]
    found = {}
    for name, change in region_change(images, unedited, masks).items():
        seen = ~np.isnan(change).any(axis=1)
        found[name] = change[seen].mean(axis=0).tolist() if seen.any() else [float("nan")] * images.shape[1]
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
