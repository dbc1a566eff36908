"""What surrounds a drawn head: wall or landscape, clothes, neck."""

from __future__ import annotations

import numpy as np

from prognos.data.portraits.canvas import Array, Canvas
from prognos.data.portraits.geometry import EAR_DEPTH, Geometry
from prognos.data.portraits.palette import Palette

__all__ = ["paint_background", "paint_clothes", "paint_neck"]


def paint_background(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Fill the picture with a wall, or with sky and green, and with blurred patches of another brightness."""
    f, outdoor = face.factor, face.factor["background_outdoor"]
    phase = np.float32(2.0 * np.pi) * f["background_phase"]
    horizon = 0.5 * np.sin(phase) + 0.08 * np.sin(5.0 * canvas.x + phase)
    fall = 1.0 / (0.75 - 0.55 * outdoor)
    low = np.clip(0.5 + (canvas.y - horizon) * fall, 0.0, 1.0)
    colour = palette.wall[:, :, None, None] + low[:, None] * (palette.ground - palette.wall)[:, :, None, None]
    waves = np.sin(4.5 * canvas.x + 2.0 * phase) * np.cos(3.7 * canvas.y + 3.0 * phase)
    waves += 0.5 * np.sin(9.0 * canvas.x * np.cos(phase) + 8.0 * canvas.y * np.sin(phase))
    canvas.colour[:] = colour
    canvas.shade *= 1.0 + 0.22 * f["background_texture"] * waves
    canvas.region[:] = 0


def paint_neck(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw the neck, in the shadow of the chin."""
    age = np.clip((face.factor["age"] - 45.0) / 40.0, 0.0, 1.0)
    wide = _neck_width(face)
    x = canvas.x - face.shift_x(EAR_DEPTH)
    inside = canvas.soft(np.minimum(wide - np.abs(x), canvas.y - 0.3))
    canvas.paint(inside, palette.skin, "neck")
    cords = canvas.blob(face.shift_x(EAR_DEPTH) + 0.45 * wide, 1.0, 0.035, 0.2)
    cords = cords + canvas.blob(face.shift_x(EAR_DEPTH) - 0.45 * wide, 1.0, 0.035, 0.2)
    canvas.darken(inside * 0.6 * age * cords, (0.62, 0.52, 0.48))
    canvas.shade += inside * (0.66 + 0.5 * np.clip(canvas.y - face.chin_y - 0.03, 0.0, 0.3) - canvas.shade)


def paint_clothes(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw the shoulders, with stripes, leaving the neck free above a round or pointed neckline."""
    f = face.factor
    x = np.abs(canvas.x - face.shift_x(EAR_DEPTH))
    wide = _neck_width(face)
    shoulder = 0.70 + 0.24 * np.square(np.clip(x - wide, 0.0, None)) + 0.04 * (1.0 - f["male"])
    neckline = 0.84 + 0.24 * f["clothes_neckline"] * (1.0 - x / wide)
    edge = np.where(x < wide, np.maximum(shoulder, neckline), shoulder)
    inside = canvas.soft(np.minimum(canvas.y - shoulder, np.maximum(canvas.y - neckline, x - wide)))
    stripes = np.sin((10.0 + 14.0 * f["clothes_neckline"]) * canvas.x + 6.0 * f["clothes_hue"])
    weight = (0.86 + 0.35 * f["clothes_pattern"] * stripes).astype(np.float32)
    canvas.paint(inside, palette.clothes[:, :, None, None] * weight[:, None], "clothes")
    folds = 1.0 + 0.10 * np.sin(7.0 * canvas.x + 3.0 * canvas.y)
    rim = 1.0 - 0.28 * np.exp(-np.square((canvas.y - edge) / 0.045))
    canvas.shade += inside * (_sideways(canvas, face, x) * folds * rim - canvas.shade)


def _neck_width(face: Geometry) -> Array:
    """Half the width of the neck, [N, 1, 1]."""
    f = face.factor
    wide: Array = 0.68 * face.half_width * (0.9 + 0.12 * f["male"] - 0.10 * f["hollow_cheeks"])
    return wide


def _sideways(canvas: Canvas, face: Geometry, x: Array) -> Array:
    """Light on the shoulders: they turn away at their ends, the one away from the light more."""
    f = face.factor
    slant = np.sin(np.radians(f["light_azimuth"])) * (1.0 - f["ambient"])
    lit: Array = 0.98 - 0.10 * x + 0.45 * slant * canvas.x
    return lit
