"""Evidence on drawn portraits: does the risk of the shipped network come from the face, or from what surrounds it?

N patients, R the side of a portrait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data import draw_aligned, read_factors
from prognos.metrics import exchange_share
from prognos.transforms import face_region_template

SIGNS = ("pallor", "jaundice", "hollow_cheeks", "hair_loss", "tired_eyes")
SURROUNDINGS = ("background_", "clothes_")
POSE_AND_LIGHT = ("yaw", "pitch", "roll", "light_", "ambient")
REPEATS = 4

Floats = NDArray[np.float64]


def measure_surroundings(network: torch.nn.Module, drawn: Path) -> dict[str, Any]:
    """Exchange parts of the pictures, and factors of the drawings, between patients, and read the risk again.

    Args:
        network: portrait -> log hazard [B, 1], in evaluation mode.
        drawn: the cohort with its truth.

    Returns:
        ``patients``; ``regions`` and ``factors``: name -> share of the risk's variance, see
        :func:`prognos.metrics.exchange_share`, mean of several exchanges.
    """
    factors = read_factors(drawn / "truth/factors.csv")
    table = factors[factors["photo"] == 1].reset_index(drop=True)
    photos = _portraits(table)
    risk = _risk(network, photos)
    random = np.random.default_rng(0)
    orders = [random.permutation(len(table)) for _ in range(REPEATS)]
    regions = {
        name: _mean(risk, [_risk(network, np.where(mask, photos[order], photos)) for order in orders])
        for name, mask in face_region_template(photos.shape[-1]).items()
    }
    drawn_shares = {
        name: _mean(risk, [_risk(network, _portraits(_exchange(table, columns, order))) for order in orders])
        for name, columns in _groups(table.columns).items()
    }
    return {"patients": len(table), "regions": regions, "factors": drawn_shares}


def _groups(columns: Sequence[str]) -> Mapping[str, list[str]]:
    """Factors that are exchanged together; every column but the patient's belongs to one group."""
    groups = {
        "signs of illness": [name for name in columns if name in SIGNS],
        "background and clothes": [name for name in columns if name.startswith(SURROUNDINGS)],
        "pose and light": [name for name in columns if name.startswith(POSE_AND_LIGHT)],
        "age": ["age"],
    }
    taken = {name for group in groups.values() for name in group} | {keys.PATIENT, "photo"}
    return {**groups, "the rest: skin tone, sex, features": [name for name in columns if name not in taken]}


def _exchange(table: pd.DataFrame, columns: Sequence[str], order: NDArray[np.int64]) -> pd.DataFrame:
    return table.assign(**{name: table[name].to_numpy()[order] for name in columns})


def _portraits(table: pd.DataFrame) -> NDArray[np.float32]:
    """Aligned portraits in [-1, 1], [N, 3, R, R]."""
    return draw_aligned(table).astype(np.float32) / 127.5 - 1.0


@torch.no_grad()
def _risk(network: torch.nn.Module, photos: NDArray[np.float32]) -> Floats:
    parts = [network(part) for part in torch.from_numpy(photos).split(50)]
    return torch.cat(parts).double().numpy().ravel()


def _mean(risk: Floats, exchanged: Sequence[Floats]) -> float:
    return float(np.mean([exchange_share(risk, other) for other in exchanged]))
