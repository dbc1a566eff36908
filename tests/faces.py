"""Faces drawn for tests: coarse, nobody's, with points at known places."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["POINTS", "draw_face", "place", "write_photo_table"]

POINTS = np.array([[44.0, 58], [84, 58], [64, 78], [50, 96], [78, 96]])
"""Left eye, right eye, nose, left and right corner of the mouth in :func:`draw_face`."""

POINT_COLUMNS = [
    f"{name}_{axis}" for name in ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth") for axis in "xy"
]


def draw_face(skin: tuple[int, int, int] = (224, 172, 140)) -> np.ndarray:
    """A face of 128 x 128 pixels on a background with a gradient, so that no turn of it looks like another."""
    page = Image.new("RGB", (128, 128))
    page.putdata([(60 + x, 90 + y // 2, 150 - y // 2) for y in range(128) for x in range(128)])
    pen = ImageDraw.Draw(page)
    pen.ellipse((26, 20, 102, 120), fill=skin)
    pen.ellipse((24, 12, 104, 50), fill=(70, 45, 30))
    for x, y in POINTS[:2]:
        pen.ellipse((x - 8, y - 5, x + 8, y + 5), fill="white")
        pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=(30, 60, 90))
    pen.polygon([(64, 62), (58, 80), (70, 80)], fill=(200, 145, 115))
    pen.arc((50, 84, 78, 104), 10, 170, fill=(170, 50, 60), width=4)
    for x in range(34, 96, 4):
        pen.line((x, 22, x + 6, 40), fill=(40, 25, 15))
    return np.asarray(page)


def place(points: np.ndarray, *, angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    """Points turned clockwise by ``angle`` radians, scaled and shifted."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + np.asarray(shift)


def write_photo_table(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write a photo table; ``points`` of a row fills its ten columns."""
    flat = []
    for row in rows:
        cells = {key: value for key, value in row.items() if key != "points"}
        if row.get("points") is not None:
            cells |= dict(zip(POINT_COLUMNS, np.ravel(row["points"]), strict=True))
        flat.append(cells)
    columns = list(dict.fromkeys(column for row in flat for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(flat)
    return path
