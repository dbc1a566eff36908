"""Colours of a drawn person, given the factors; each [N, 3]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prognos.data.portraits.canvas import Array, rgb_of
from prognos.data.portraits.factors import PORTRAIT_FACTORS

__all__ = ["Palette", "mix_palette"]

SKIN_TONES = ((0.96, 0.79, 0.69), (0.88, 0.68, 0.53), (0.68, 0.46, 0.33), (0.40, 0.27, 0.20))
"""Skin from light to dark, at equal steps."""

HAIR_SHADES = ((0.07, 0.06, 0.06), (0.26, 0.16, 0.10), (0.50, 0.31, 0.17), (0.85, 0.68, 0.42))
"""Hair from black to blond, at equal steps."""

GREY_HAIR = (0.76, 0.76, 0.78)

GREY_AGE_YEARS, GREY_SPAN_YEARS = 58.0, 6.0
"""Age at which half of the hair's colour is lost, and how slowly."""


@dataclass(frozen=True)
class Palette:
    """Colours without light, [N, 3] each; the light itself is a colour too."""

    skin: Array
    lips: Array
    flush: Array
    sclera: Array
    iris: Array
    hair: Array
    brows: Array
    clothes: Array
    wall: Array
    ground: Array
    light: Array


def mix_palette(table: pd.DataFrame) -> Palette:
    """Choose the colours of every photo."""
    f = {name: table[name].to_numpy(np.float64) for name in PORTRAIT_FACTORS}
    pallor, jaundice = f["pallor"][:, None], f["jaundice"][:, None]
    healthy = _along(SKIN_TONES, f["skin_tone"])
    skin = _ill(healthy, pallor, jaundice)
    flush = _ill(healthy * (1.0 - (1.0 - pallor) * np.array([0.0, 0.26, 0.28])), pallor, jaundice)
    lips = _ill(healthy * [0.87, 0.52, 0.54], pallor, jaundice)
    grey = 1.0 / (1.0 + np.exp(-(f["age"][:, None] - GREY_AGE_YEARS) / GREY_SPAN_YEARS))
    hair = _along(HAIR_SHADES, f["hair_shade"])
    hair += 0.92 * grey * (np.array(GREY_HAIR) - hair)
    sclera = np.array([0.96, 0.95, 0.94]) * (1.0 - jaundice * np.array([0.03, 0.15, 0.62]))
    light_tint = f["light_tint"][:, None] * np.array([0.5, -1.0, 0.5])
    light = np.exp(0.10 * (f["light_warmth"][:, None] * np.array([1.0, 0.05, -1.2])) + 0.07 * light_tint)
    blue_eyed = (f["eye_hue"] > 0.6).astype(np.float64)
    return Palette(
        skin=skin.astype(np.float32),
        lips=(lips + 0.55 * pallor * (skin * 0.93 - lips)).astype(np.float32),
        flush=flush.astype(np.float32),
        sclera=sclera.astype(np.float32),
        iris=rgb_of(0.06 + 0.5 * blue_eyed, 0.65 - 0.2 * f["eye_hue"], 0.25 + 0.3 * f["eye_hue"]),
        hair=hair.astype(np.float32),
        brows=(0.72 * hair).astype(np.float32),
        clothes=rgb_of(f["clothes_hue"], f["clothes_saturation"], f["clothes_lightness"]),
        wall=_wall(f),
        ground=_ground(f),
        light=(light * f["light_intensity"][:, None]).astype(np.float32),
    )


def _along(steps: tuple[tuple[float, float, float], ...], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colour at a position in [0, 1] between given colours, [N, 3]."""
    knots = np.linspace(0.0, 1.0, len(steps))
    return np.stack([np.interp(position, knots, [step[c] for step in steps]) for c in range(3)], axis=1)


def _ill(
    colour: NDArray[np.float64], pallor: NDArray[np.float64], jaundice: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Drain blood from a colour, and stain it yellow."""
    ashen = colour.mean(axis=1, keepdims=True) * np.array([1.10, 1.06, 1.02])
    drained = colour + 0.72 * pallor * (ashen - colour)
    stained: NDArray[np.float64] = drained * (1.0 - jaundice * np.array([0.03, 0.08, 0.49]))
    return stained


def _wall(f: dict[str, NDArray[np.float64]]) -> Array:
    """Wall of a room, or the sky."""
    outdoor = f["background_outdoor"][:, None]
    room = rgb_of(f["background_hue"], f["background_saturation"], f["background_lightness"])
    sky = rgb_of(0.56 + 0.06 * f["background_hue"], 0.1 + 0.7 * f["background_saturation"], 0.75 + 0.0 * outdoor[:, 0])
    return (room + outdoor * (sky - room)).astype(np.float32)


def _ground(f: dict[str, NDArray[np.float64]]) -> Array:
    """Lower part of the wall, or the green."""
    outdoor = f["background_outdoor"][:, None]
    room = 0.9 * rgb_of(f["background_hue"], f["background_saturation"], f["background_lightness"])
    saturation = 0.35 + 0.4 * f["background_saturation"]
    green = rgb_of(0.18 + 0.18 * f["background_hue"], saturation, 0.3 + 0.45 * f["background_lightness"])
    return (room + outdoor * (green - room)).astype(np.float32)
