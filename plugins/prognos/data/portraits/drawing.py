"""Pictures of drawn faces: aligned, as photos, and as maps of their regions.

N is the number of photos. A picture depends on its row of the table of factors alone, not on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prognos.data.portraits.canvas import Array, Canvas
from prognos.data.portraits.features import (
    paint_brows,
    paint_eyes,
    paint_glasses,
    paint_mouth,
    paint_nose,
    paint_wrinkles,
)
from prognos.data.portraits.geometry import EYES_Y, MOUTH_Y, Geometry, lay_out
from prognos.data.portraits.head import paint_ears, paint_hair, paint_hair_behind, paint_skin
from prognos.data.portraits.palette import Palette, mix_palette
from prognos.data.portraits.surroundings import paint_background, paint_clothes, paint_neck

__all__ = ["POINTS", "draw_aligned", "draw_photos", "draw_regions", "locate_points"]

POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""Points of a face, in the order of :func:`locate_points`; left is the viewer's left."""

BATCH_PIXELS = 8 * 64 * 64
"""Pixels that are painted at once; more does not fit into the cache."""


def draw_aligned(table: pd.DataFrame, size: int = 64) -> NDArray[np.uint8]:
    """Draw faces as the FFHQ alignment would cut them out of their photos.

    Args:
        table: factors, one row a photo, from :func:`prognos.data.draw_factors`.
        size: side of the picture, pixels.

    Returns:
        Red, green and blue, [N, 3, size, size].
    """
    pictures = np.empty((len(table), 3, size, size), np.uint8)
    for rows in _batches(len(table), size):
        canvas = _paint(table.iloc[rows], *_aligned_grid(rows.stop - rows.start, size))
        pictures[rows] = _develop(canvas, mix_palette(table.iloc[rows]))
    return pictures


def draw_regions(table: pd.DataFrame, size: int = 64) -> NDArray[np.uint8]:
    """Say which part of the picture each pixel of :func:`draw_aligned` belongs to.

    Args:
        table: factors, one row a photo.
        size: side of the picture, pixels.

    Returns:
        Row of :data:`prognos.data.PORTRAIT_REGIONS`, [N, size, size].
    """
    regions = np.empty((len(table), size, size), np.uint8)
    for rows in _batches(len(table), size):
        regions[rows] = _paint(table.iloc[rows], *_aligned_grid(rows.stop - rows.start, size)).region
    return regions


def draw_photos(table: pd.DataFrame, size: int = 128) -> NDArray[np.uint8]:
    """Draw faces as they stand in their photos: somewhat turned, smaller and off the centre.

    Args:
        table: factors, one row a photo.
        size: side of the photo, pixels.

    Returns:
        Red, green and blue, [N, 3, size, size]. The aligned square lies wholly inside each photo.
    """
    pictures = np.empty((len(table), 3, size, size), np.uint8)
    for rows in _batches(len(table), size):
        part = table.iloc[rows]
        canvas = _paint(part, *_photo_grid(part, size))
        pictures[rows] = _develop(canvas, mix_palette(part))
    return pictures


def locate_points(table: pd.DataFrame, size: int = 128) -> NDArray[np.float64]:
    """Find eyes, tip of the nose and corners of the mouth in the photos of :func:`draw_photos`.

    Args:
        table: factors, one row a photo.
        size: side of the photo, pixels.

    Returns:
        x to the right and y down, in pixels, for each of :data:`POINTS`; the centre of the first pixel is (0, 0).
        [N, 5, 2].
    """
    face = lay_out(table)
    eye, mouth, nose_x, nose_y = (
        value[:, 0, 0].astype(np.float64) for value in (face.eye_x, face.mouth_width, face.nose_x, face.nose_y)
    )
    eyes_y, mouth_y = np.full(len(table), EYES_Y), np.full(len(table), MOUTH_Y)
    x = np.stack([-eye, eye, nose_x, -mouth, mouth], axis=1)
    y = np.stack([eyes_y, eyes_y, nose_y, mouth_y, mouth_y], axis=1)
    roll, scale = np.radians(table["roll"].to_numpy())[:, None], table["scale"].to_numpy()[:, None]
    turned_x, turned_y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    shift = table[["shift_x", "shift_y"]].to_numpy()[:, None]
    points: NDArray[np.float64] = np.stack([turned_x, turned_y], axis=2) * scale[..., None] + shift
    return (points + 1.0) * (size / 2) - 0.5


def _batches(count: int, size: int) -> Iterator[slice]:
    """Rows to paint at once."""
    step = max(1, BATCH_PIXELS // (size * size))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def _aligned_grid(count: int, size: int) -> tuple[Array, Array, Array]:
    """Places of the pixels of an aligned picture, and their side."""
    centres = ((np.arange(size) + 0.5) * (2.0 / size) - 1.0).astype(np.float32)
    y, x = np.meshgrid(centres, centres, indexing="ij")
    shape = (count, size, size)
    pixel = np.full((count, 1, 1), 2.0 / size, np.float32)
    return np.ascontiguousarray(np.broadcast_to(x, shape)), np.ascontiguousarray(np.broadcast_to(y, shape)), pixel


def _photo_grid(table: pd.DataFrame, size: int) -> tuple[Array, Array, Array]:
    """Places of the pixels of photos in the frames of their faces, and the side of a pixel there."""
    centres = (np.arange(size) + 0.5) * (2.0 / size) - 1.0
    place = {name: table[name].to_numpy(np.float64)[:, None, None] for name in ("roll", "scale", "shift_x", "shift_y")}
    right, down = centres[None, None, :] - place["shift_x"], centres[None, :, None] - place["shift_y"]
    cos, sin = np.cos(np.radians(place["roll"])) / place["scale"], np.sin(np.radians(place["roll"])) / place["scale"]
    x, y = right * cos + down * sin, down * cos - right * sin
    return x.astype(np.float32), y.astype(np.float32), (2.0 / size / place["scale"]).astype(np.float32)


def _paint(table: pd.DataFrame, x: Array, y: Array, pixel: Array) -> Canvas:
    """Paint from the back to the front."""
    canvas, face, palette = Canvas(x, y, pixel), lay_out(table), mix_palette(table)
    paint_background(canvas, face, palette)
    paint_hair_behind(canvas, face, palette)
    paint_neck(canvas, face, palette)
    paint_clothes(canvas, face, palette)
    paint_ears(canvas, face, palette)
    cover = paint_skin(canvas, face, palette)
    _paint_face(canvas, face, palette, cover)
    paint_hair(canvas, face, palette)
    paint_glasses(canvas, face)
    return canvas


def _paint_face(canvas: Canvas, face: Geometry, palette: Palette, cover: Array) -> None:
    """Paint what lies on the skin."""
    paint_wrinkles(canvas, face, cover)
    paint_nose(canvas, face)
    paint_mouth(canvas, face, palette)
    paint_eyes(canvas, face, palette)
    paint_brows(canvas, face, palette)


def _develop(canvas: Canvas, palette: Palette) -> NDArray[np.uint8]:
    """Let the light fall on the colours; what is too bright is compressed as by a camera. [N, 3, H, W]."""
    lit = canvas.colour * canvas.shade[:, None] * palette.light[:, :, None, None]
    over = np.clip(lit - np.float32(0.8), 0.0, None)
    lit = np.minimum(lit, np.float32(0.8)) + over / (np.float32(1.0) + over / np.float32(0.2))
    pixels: NDArray[np.uint8] = np.rint(np.clip(lit, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)
    return pixels
