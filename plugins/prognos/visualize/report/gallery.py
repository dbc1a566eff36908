"""Rows of small images for a report, framed in the colour of their risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from prognos.visualize.report.parts import Gallery, Tile
from prognos.visualize.style import risk_colour, risk_limits

__all__ = ["risk_gallery"]


def risk_gallery(
    patches: Sequence[NDArray[Any]], risks: Sequence[float], captions: Sequence[str], *, caption: str = ""
) -> Gallery:
    """The higher half of some images above the lower half, each in the order of falling risk.

    Args:
        patches: grey images in [0, 1], [H, W] each.
        risks: of each, no unit, higher is worse.
        captions: one short line each.
        caption: the sentence below the gallery.
    """
    limits = risk_limits(risks)
    order = sorted(range(len(risks)), key=lambda index: -risks[index])
    tiles = [
        Tile(
            (np.clip(patches[index].astype(np.float32), 0, 1) * 255).round().astype(np.uint8),
            f"{risks[index]:+.2f}".replace("-", "\N{MINUS SIGN}"),
            captions[index],
            to_hex(risk_colour(risks[index], limits)),
        )
        for index in order
    ]
    half = (len(tiles) + 1) // 2
    rows = {"highest risk": tiles[:half], "lowest risk": tiles[half:]}
    return Gallery({name: row for name, row in rows.items() if row}, caption)
