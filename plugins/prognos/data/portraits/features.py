"""Eyes, brows, nose, mouth, wrinkles and glasses of a drawn face."""

from __future__ import annotations

import numpy as np

from prognos.data.portraits.canvas import Array, Canvas
from prognos.data.portraits.geometry import BROW_DEPTH, EAR_DEPTH, EYES_Y, LIP_DEPTH, MOUTH_Y, Geometry
from prognos.data.portraits.palette import Palette

__all__ = ["paint_brows", "paint_eyes", "paint_glasses", "paint_mouth", "paint_nose", "paint_wrinkles"]

BLACK = np.zeros((1, 3), np.float32)
"""Of pupils."""


def paint_eyes(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw both eyes; tired ones open less, over dark rings."""
    f, tired = face.factor, face.factor["tired_eyes"]
    for side in (-1.0, 1.0):
        x = side * face.eye_x
        wide = face.eye_width * (face.cos_yaw - 0.45 * side * face.sin_yaw)
        ring = canvas.blob(x, EYES_Y + 0.115, 1.05 * wide, 0.060)
        ring = ring + 0.6 * canvas.blob(x - 0.6 * side * wide, EYES_Y + 0.03, 0.45 * wide, 0.09)
        canvas.darken(np.minimum(ring, 1.0) * (0.08 + 0.85 * tired), (0.50, 0.40, 0.50))
        u = (canvas.x - x) / wide
        arch = np.clip(1.0 - np.square(u), 0.0, None)
        tilt = -0.10 * side * u * face.eye_height
        high = face.eye_height
        drop = 0.042 * tired * arch
        top = EYES_Y - high * arch + tilt + drop
        bottom = EYES_Y + (0.62 * high + 0.018 * tired) * arch + tilt + 0.4 * drop
        inside = np.minimum(canvas.y - top, bottom - canvas.y)
        cover = canvas.soft(np.minimum(inside, (1.0 - np.abs(u)) * wide))
        crease = np.exp(-np.square((canvas.y - top + 0.045 + 0.02 * tired) / 0.018)) * np.sqrt(arch)
        canvas.darken(0.45 * crease, (0.62, 0.5, 0.48))
        canvas.paint(cover, palette.sclera, "eyes")
        canvas.shade += cover * (0.97 - canvas.shade) * 0.75
        iris_x = x + 0.05 * face.sin_yaw
        iris_y = EYES_Y - 0.012 + 0.3 * drop
        radius = 0.44 * face.eye_width
        canvas.paint(cover * canvas.soft(canvas.ellipse(iris_x, iris_y, radius, radius)), palette.iris)
        canvas.paint(cover * canvas.soft(canvas.ellipse(iris_x, iris_y, 0.45 * radius, 0.45 * radius)), BLACK)
        glint = canvas.ellipse(iris_x + 0.018, iris_y - 0.022, 0.011, 0.011)
        canvas.paint(cover * canvas.soft(glint), BLACK + np.float32(0.95))
        lash = np.exp(-np.square((canvas.y - top) / (0.014 + 0.006 * (1.0 - f["male"])))) * (arch > 0.0)
        canvas.darken(0.9 * lash, (0.25, 0.2, 0.2))
        lower = np.exp(-np.square((canvas.y - bottom) / 0.012)) * np.sqrt(arch)
        canvas.darken(0.4 * lower, (0.6, 0.45, 0.45))


def paint_brows(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw both brows, which hair loss thins."""
    f = face.factor
    for side in (-1.0, 1.0):
        x = side * (face.eye_x + 0.015) + face.shift_x(BROW_DEPTH)
        wide = (face.eye_width + 0.045) * (face.cos_yaw - 0.45 * side * face.sin_yaw)
        u = side * (canvas.x - x) / wide
        middle = EYES_Y - 0.155 - 0.02 * (1.0 - f["male"]) - 0.035 * (1.0 - np.square(u - 0.25))
        middle = middle + face.shift_y(BROW_DEPTH)
        thick = (0.014 + 0.024 * f["brow_thickness"]) * (1.0 - 0.45 * np.clip(u, -1.0, 1.0))
        cover = canvas.soft(np.minimum(thick - np.abs(canvas.y - middle), (1.0 - np.abs(u)) * wide))
        canvas.paint(cover * (0.9 - 0.8 * f["hair_loss"]), palette.brows, "brows")


def paint_nose(canvas: Canvas, face: Geometry) -> None:
    """Draw nostrils, wings and the shadow below; the light on the nose is that of the skin."""
    x, y, wide = face.nose_x, face.nose_y, face.nose_width
    base = face.shift_x(0.14)
    canvas.darken(0.5 * canvas.blob(base, y + 0.075, 1.15 * wide, 0.030), (0.55, 0.42, 0.40))
    for side in (-1.0, 1.0):
        away = side * (face.cos_yaw - 0.35 * side * face.sin_yaw)
        canvas.darken(0.85 * canvas.blob(base + 0.5 * away * wide, y + 0.055, 0.032, 0.021), (0.30, 0.20, 0.20))
        wing = canvas.blob(base + 1.02 * away * wide, y + 0.02, 0.020, 0.045)
        canvas.darken(0.55 * wing, (0.62, 0.48, 0.45))
        ridge = canvas.blob(0.5 * x + 0.62 * away * wide, 0.35 * y, 0.028, 0.13)
        canvas.darken(0.28 * ridge, (0.62, 0.5, 0.48))
    shine = canvas.blob(x, y - 0.015, 0.03, 0.035)
    canvas.shade += 0.13 * shine
    nose = canvas.ellipse(0.7 * x, 0.55 * y, 1.25 * wide, 0.75 * y + 0.05)
    canvas.region[(nose > 0.0) & (canvas.region == 4)] = 7


def paint_mouth(canvas: Canvas, face: Geometry, palette: Palette) -> None:
    """Draw the lips; the corners stay where the alignment puts them, a smile lowers the middle."""
    f = face.factor
    wide = face.mouth_width
    u = (canvas.x - face.mouth_x * np.clip(1.0 - np.square(canvas.x / wide), 0.0, 1.0)) / wide
    arch = np.clip(1.0 - np.square(u), 0.0, None)
    line = MOUTH_Y + (0.060 * f["smile"] - 0.006) * arch + face.shift_y(LIP_DEPTH) * arch
    age = np.clip((f["age"] - 40.0) / 50.0, 0.0, 1.0)
    full = (0.030 + 0.045 * f["lip_fullness"]) * (1.0 - 0.4 * age) * (1.0 - 0.25 * f["smile"])
    bow = 1.0 - 0.22 * np.exp(-np.square(u / 0.16))
    top, bottom = line - 0.85 * full * np.sqrt(arch) * arch * bow, line + 1.15 * full * np.sqrt(arch)
    cover = canvas.soft(np.minimum(np.minimum(canvas.y - top, bottom - canvas.y), (1.0 - np.abs(u)) * wide))
    canvas.darken(0.45 * canvas.blob(face.mouth_x, bottom + 0.05, 0.6 * wide, 0.03), (0.66, 0.55, 0.52))
    canvas.paint(cover, palette.lips, "mouth")
    upper = np.clip(0.5 + (line - canvas.y) / 0.03, 0.0, 1.0)
    canvas.darken(cover * 0.5 * upper, (0.68, 0.58, 0.58))
    gap = np.exp(-np.square((canvas.y - line) / 0.013)) * (np.abs(u) < 1.0) * np.sqrt(np.sqrt(arch))
    canvas.darken(0.9 * gap, (0.32, 0.18, 0.18))
    canvas.shade += 0.12 * canvas.blob(face.mouth_x, line + 0.55 * full, 0.4 * wide, 0.4 * full)
    for side in (-1.0, 1.0):
        canvas.darken(0.5 * canvas.blob(side * (wide + 0.01), MOUTH_Y, 0.022, 0.022), (0.5, 0.38, 0.36))


def paint_wrinkles(canvas: Canvas, face: Geometry, cover: Array) -> None:
    """Add what age and hollow cheeks carve into the skin [N, H, W]."""
    f = face.factor
    age = np.clip((f["age"] - 35.0) / 45.0, 0.0, 1.2)
    gaunt = f["hollow_cheeks"]
    for side in (-1.0, 1.0):
        cheek = side * (0.40 - 0.02 * gaunt) * face.cos_yaw + face.shift_x(-0.10)
        lean = canvas.y - 0.42 + 0.55 * (side * (canvas.x - cheek))
        hollow = np.exp(-np.square((canvas.x - cheek) / 0.13) - np.square(lean / 0.12))
        canvas.darken(0.85 * gaunt * hollow * cover, (0.54, 0.46, 0.45))
        temple = canvas.blob(side * 0.50 * face.cos_yaw + face.shift_x(-0.15), -0.20, 0.08, 0.14)
        canvas.darken(0.7 * gaunt * temple * cover, (0.60, 0.52, 0.52))
        t = (canvas.y - face.nose_y) / (MOUTH_Y + 0.06 - face.nose_y)
        fold_x = side * (1.15 * face.nose_width + (0.10 + 0.02 * f["smile"]) * np.clip(t, 0.0, 1.2))
        fold_x = fold_x + face.shift_x(0.08) * (1.0 - t)
        fold = np.exp(-np.square((canvas.x - fold_x) / 0.020)) * np.exp(-np.square((t - 0.55) / 0.55))
        canvas.darken((0.10 + 0.62 * age + 0.25 * f["smile"]) * fold * cover, (0.60, 0.48, 0.46))
        out = side * (canvas.x - side * face.eye_x) / face.eye_width
        feet = np.square(np.sin(30.0 * (canvas.y - EYES_Y) / (1.0 + np.clip(out - 1.0, 0.0, 1.0))))
        feet = feet * np.exp(-np.square((out - 1.55) / 0.35)) * np.exp(-np.square((canvas.y - EYES_Y - 0.01) / 0.10))
        canvas.darken(0.60 * age * feet * cover, (0.62, 0.50, 0.48))
    lines = 0.5 + 0.5 * np.cos(2.0 * np.pi * (canvas.y + 0.05 * np.cos(5.0 * canvas.x) + 0.33) / 0.092)
    band = np.exp(-np.square((canvas.y + 0.37 - face.shift_y(0.05)) / 0.10)) * np.exp(-np.square(canvas.x / 0.36))
    canvas.darken(0.62 * age * np.square(lines) * band * cover, (0.62, 0.50, 0.47))
    frown = sum(canvas.blob(side * 0.035 + face.shift_x(0.06), -0.16, 0.014, 0.06) for side in (-1.0, 1.0))
    canvas.darken(0.5 * age * frown * cover, (0.6, 0.5, 0.47))


def paint_glasses(canvas: Canvas, face: Geometry) -> None:
    """Draw the frame of a pair of glasses on those who wear them."""
    worn = face.factor["glasses"]
    if not worn.any():
        return
    rims = np.zeros_like(canvas.x)
    for side in (-1.0, 1.0):
        x = side * (face.eye_x + 0.012) + face.shift_x(0.08)
        wide = 0.175 * (face.cos_yaw - 0.3 * side * face.sin_yaw)
        uu, vv = np.square((canvas.x - x) / wide), np.square((canvas.y - EYES_Y - 0.03) / 0.135)
        radius = np.sqrt(np.clip(uu + vv - 0.45 * uu * vv, 0.0, None))
        radius = np.maximum(radius, np.sqrt(np.maximum(uu, vv)))
        rims = np.maximum(rims, canvas.soft(0.015 - np.abs(radius - 1.0) * 0.14))
        beyond = side * (canvas.x - x) - wide
        temple = 1.02 * face.half_width - side * (canvas.x - face.shift_x(EAR_DEPTH))
        arm = np.minimum(0.012 - np.abs(canvas.y - EYES_Y + 0.01), np.minimum(beyond, temple))
        rims = np.maximum(rims, canvas.soft(arm))
    bridge = np.minimum(0.012 - np.abs(canvas.y - EYES_Y + 0.005), 0.07 - np.abs(canvas.x - face.shift_x(0.08)))
    rims = np.maximum(rims, canvas.soft(bridge)) * worn
    canvas.paint(0.92 * rims, BLACK + np.float32(0.1), "glasses")
