"""The lesions of one annotation with their risks and ranks, ready for a table or a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from prognos.config import keys
from prognos.config.organs import ORGANS

__all__ = ["LESION_COLUMNS", "RankedLesion", "lesion_row", "rank_lesions"]

LESION_COLUMNS = (
    "lesion_id",
    "rank_1_is_worst",
    "organ",
    "volume_mm3",
    "diameter_mm",
    "centroid_left_mm",
    "centroid_posterior_mm",
    "centroid_superior_mm",
    "slice_from_feet_first_is_0",
    "growth_ratio",
    "risk_no_unit_no_horizon_higher_is_worse",
    "scaled_risk_no_unit_no_horizon_higher_is_worse",
)
"""Columns of ``lesions.csv``."""


@dataclass(frozen=True)
class RankedLesion:
    """One scored lesion; see :mod:`prognos.config.keys` for units and senses."""

    instance: int
    rank: int
    organ: str
    volume: float
    diameter: float
    centroid: tuple[float, ...]
    slice: int
    growth: float
    risk: float
    scaled_risk: float

    @property
    def text(self) -> str:
        """What a viewer shows."""
        return f"rank {self.rank} · {self.organ} · risk {self.risk:.2f}"


def rank_lesions(sample: dict[str, Any], prediction: dict[str, torch.Tensor]) -> list[RankedLesion]:
    """Scored lesions without padding, the highest risk first; equal risks by id."""
    volume = torch.as_tensor(sample[keys.VOLUME])
    columns = {
        key: torch.as_tensor(sample[key]).tolist()
        for key in (
            keys.INSTANCE,
            keys.ORGAN,
            keys.VOLUME,
            keys.DIAMETER,
            keys.CENTROID,
            keys.SLICE,
            keys.GROWTH,
        )
    }
    risk, scaled = prediction[keys.RISK].tolist(), prediction[keys.SCALED_RISK].tolist()
    kept = [index for index in range(len(volume)) if volume[index] > 0]
    order = sorted(kept, key=lambda index: (-risk[index], columns[keys.INSTANCE][index]))
    return [
        RankedLesion(
            instance=int(columns[keys.INSTANCE][index]),
            rank=rank,
            organ=ORGANS[int(columns[keys.ORGAN][index])],
            volume=columns[keys.VOLUME][index],
            diameter=columns[keys.DIAMETER][index],
            centroid=tuple(columns[keys.CENTROID][index]),
            slice=int(columns[keys.SLICE][index]),
            growth=columns[keys.GROWTH][index],
            risk=risk[index],
            scaled_risk=scaled[index],
        )
        for rank, index in enumerate(order, start=1)
    ]


def lesion_row(lesion: RankedLesion) -> dict[str, Any]:
    """Values of ``lesions.csv``."""
    values = (
        lesion.instance,
        lesion.rank,
        lesion.organ,
        lesion.volume,
        lesion.diameter,
        *lesion.centroid,
        lesion.slice,
        lesion.growth,
        lesion.risk,
        lesion.scaled_risk,
    )
    return dict(zip(LESION_COLUMNS, values, strict=True))
