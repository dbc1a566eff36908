"""A drawn head: hair, ears, skin and the light on it."""

from __future__ import annotations

import numpy as np

from prognos.data.portraits.canvas import Array, Canvas
from prognos.data.portraits.geometry import EAR_DEPTH, EYES_Y, HAIR_DEPTH, HAIRLINE_DEPTH, Geometry
from prognos.data.portraits.palette import Palette

__all__ = ["paint_ears", "paint_hair", "paint_hair_behind", "paint_skin"]

EAR_HEIGHT, EAR_WIDTH = 0.15, 0.075
"""Half axes of an ear."""


def paint_hair_behind(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw the hair that hangs behind the head, which long hair alone has."""
    f = face.factor
    x = np.abs(canvas.x - face.shift_x(HAIR_DEPTH - 0.1))
    wide = face.half_width * (1.06 + 0.26 * f["hair_volume"]) * (1.0 - 0.14 * f["hair_loss"])
    end = -0.25 + 1.6 * f["hair_length"] * (1.0 - 0.9 * f["hair_loss"])
    above = np.clip(-0.15 - canvas.y, 0.0, None)
    inside = canvas.soft(np.minimum(wide - 0.9 * np.square(above) - x, 0.6 * (end - canvas.y)))
    inside = inside * _density(face) * (canvas.y > -0.75)
    strands = 0.80 + 0.08 * np.sin(27.0 * canvas.x + 3.0 * np.sin(4.0 * canvas.y))
    canvas.paint(inside, palette.hair, "hair")
    canvas.shade += inside * (strands * (0.95 - 0.22 * np.clip(canvas.y, 0.0, 1.0)) - canvas.shade)


def paint_ears(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw both ears; the one that is turned away disappears behind the head, which is painted later."""
    for side in (-1.0, 1.0):
        x = side * 1.01 * face.half_width * face.cos_yaw + face.shift_x(EAR_DEPTH)
        y = 0.07 + face.shift_y(EAR_DEPTH)
        inside = canvas.soft(canvas.ellipse(x, y, EAR_WIDTH, EAR_HEIGHT))
        canvas.paint(inside, palette.flush, "ears")
        canvas.darken(inside * canvas.blob(x, y, 0.03, 0.09), (0.72, 0.6, 0.56))
        slant = 0.92 + 0.55 * side * np.sin(np.radians(face.factor["light_azimuth"])) * (1.0 - face.factor["ambient"])
        canvas.shade += inside * (slant - canvas.shade)


def paint_skin(canvas: Canvas, face: Geometry, palette: Palette) -> Array:
    """Draw skull and face with their light, and return the share of each pixel they cover, [N, H, W]."""
    inside, u, v = _outline(canvas, face)
    cover = canvas.soft(inside)
    canvas.paint(cover, palette.skin, "skin")
    f = face.factor
    cheeks = sum(
        canvas.blob(side * 0.33 * face.cos_yaw + face.shift_x(-0.05), 0.24, 0.15, 0.13) for side in (-1.0, 1.0)
    )
    warm = cover * (0.15 + 0.40 * f["blush"]) * cheeks + 0.25 * cover * canvas.blob(face.nose_x, face.nose_y, 0.1, 0.1)
    canvas.paint(np.minimum(warm, 1.0), palette.flush)
    _paint_stubble(canvas, face, cover)
    canvas.shade += cover * (_light(canvas, face, u, v) - canvas.shade)
    return cover


def paint_hair(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw the hair in front of skull and forehead; with hair loss it recedes, thins out and vanishes."""
    f, loss = face.factor, face.factor["hair_loss"]
    centre = face.shift_x(HAIR_DEPTH)
    x = (canvas.x - face.shift_x(HAIRLINE_DEPTH)) / face.half_width
    volume = (0.4 + 0.6 * f["hair_volume"]) * (1.0 - 0.8 * loss)
    outer = canvas.ellipse(
        centre, -0.14 + face.shift_y(HAIR_DEPTH), face.half_width * (1.03 + 0.22 * volume), 0.79 + 0.17 * volume
    )
    short = 1.0 - np.clip(2.2 * f["hair_length"] - 0.6, 0.0, 1.0)
    parting = 0.10 * np.sin(2.2 * x + 5.0 * f["fringe"]) * (1.0 - loss)
    temples = 0.16 * loss * np.square(np.sin(3.2 * x))
    middle = -0.50 + 0.26 * f["fringe"] - 0.40 * np.square(loss) - 0.12 * loss
    sides = (0.62 + 1.5 * (1.0 - short) * (1.0 - loss)) * (1.0 - 0.35 * loss) * np.square(np.square(x)) + 0.12 * x * x
    line = middle + sides + parting - temples + face.shift_y(HAIR_DEPTH) * 0.7
    end = np.where(short > 0.5, 0.12 - 0.3 * loss, 2.0)
    cover = canvas.soft(np.minimum(outer, 0.75 * (np.minimum(line, end) - canvas.y))) * _density(face)
    curl = 4.0 * np.sin(3.0 * canvas.y + 2.0 * x) + 12.0 * f["fringe"]
    waves = np.sin(17.0 * x + curl) + 0.7 * np.sin(31.0 * x - 1.3 * curl)
    strands = 0.94 + 0.075 * waves
    shine = 0.45 * np.exp(-np.square((canvas.y + 0.72 - 0.2 * x * x) / 0.10))
    shine = shine * np.exp(-np.square(x - 0.3 * _slant(face)))
    canvas.paint(cover, palette.hair, "hair")
    lit = strands + shine - 0.14 * np.square(x) + 0.5 * _slant(face) * (1.0 - f["ambient"]) * x
    canvas.shade += cover * (lit - canvas.shade)


def _outline(canvas: Canvas, face: Geometry) -> tuple[Array, Array, Array]:
    """How far inside the head each pixel lies, and its place relative to the half axes of the head, [N, H, W]."""
    below = canvas.y - face.centre_y
    v = np.where(below > 0.0, below / face.lower, below / face.upper)
    waist = np.exp(-np.square((canvas.y - 0.40) / 0.20)) - 0.25 * np.exp(-np.square((canvas.y - 0.12) / 0.12))
    u = (canvas.x - face.centre_x) / (face.half_width * (1.0 - 0.17 * face.factor["hollow_cheeks"] * waist))
    square = np.where(below > 0.0, face.square - 0.12, np.float32(0.35))
    uu, vv = np.square(u), np.square(v)
    radius = np.sqrt(np.clip(uu + vv - square * uu * vv, 0.0, None))
    radius = np.maximum(radius, np.maximum(np.abs(u), np.abs(v)))
    return ((np.float32(1.0) - radius) * np.float32(0.6)).astype(np.float32), u, v


def _light(canvas: Canvas, face: Geometry, u: Array, v: Array) -> Array:
    """Light on the skin: a rounded head with brows, nose, cheeks, lips and chin, lit by a lamp and its surroundings."""
    f = face.factor
    slope_x, slope_y = 0.95 * u, 0.75 * v
    depth = np.sqrt(np.clip(1.15 - np.square(0.95 * u) - np.square(0.7 * v), 0.04, None))
    gaunt = f["hollow_cheeks"]
    bridge = 0.5 * (face.nose_x + face.shift_x(0.05))
    bumps: list[tuple[Array | float, Array | float, Array | float, Array | float, Array | float]] = [
        (bridge, 0.10 * face.nose_y, 0.055, 0.20, 0.036),
        (face.nose_x, face.nose_y - 0.02, 0.6 * face.nose_width, 0.085, 0.055),
        (face.shift_x(0.08), face.chin_y - 0.11, 0.14, 0.09, 0.035),
        (face.shift_x(0.02), -0.36, 0.34, 0.20, 0.04),
    ]
    for side in (-1.0, 1.0):
        socket = side * face.eye_x
        cheek = side * 0.36 * face.cos_yaw + face.shift_x(-0.08)
        bumps += [
            (socket, EYES_Y - 0.03, 0.13, 0.09, -0.030 - 0.018 * gaunt),
            (cheek, 0.19, 0.15, 0.10, 0.035 + 0.030 * gaunt),
            (cheek, 0.43, 0.13, 0.15, -0.062 * gaunt),
        ]
    for x, y, wide, high, height in bumps:
        bell = 2.0 * height * canvas.blob(x, y, wide, high)
        slope_x = slope_x + bell * (canvas.x - x) / np.square(wide)
        slope_y = slope_y + bell * (canvas.y - y) / np.square(high)
    azimuth, elevation = np.radians(f["light_azimuth"]), np.radians(f["light_height"])
    along_x, along_y = np.sin(azimuth) * np.cos(elevation), -np.sin(elevation)
    along_z = np.cos(azimuth) * np.cos(elevation)
    lit = np.clip(along_x * slope_x + along_y * slope_y + along_z * depth, 0.0, None)
    round_off = 0.86 + 0.14 * depth
    shade: Array = (f["ambient"] * round_off + (1.12 - f["ambient"]) * lit) * 1.0
    return shade


def _paint_stubble(canvas: Canvas, face: Geometry, cover: Array) -> None:
    """Darken the lower face of unshaven men."""
    low = np.clip((canvas.y - 0.30 - 0.25 * np.square(1.0 - np.abs(canvas.x - face.centre_x))) / 0.12, 0.0, 1.0)
    canvas.darken(0.55 * cover * low * face.factor["stubble"], (0.55, 0.55, 0.60))


def _density(face: Geometry) -> Array:
    """Share of the scalp that hair covers."""
    loss = face.factor["hair_loss"]
    dense: Array = 1.0 - 0.25 * loss - 0.75 * np.clip((loss - 0.55) / 0.4, 0.0, 1.0)
    return dense


def _slant(face: Geometry) -> Array:
    """How far the light comes from the right, [N, 1, 1]."""
    slant: Array = np.sin(np.radians(face.factor["light_azimuth"]))
    return slant
