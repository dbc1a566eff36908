"""Where the parts of a drawn face lie, in the frame of the aligned square.

The eyes and the corners of the mouth lie where the FFHQ alignment puts them; a turned head moves what is in front of
them (the nose) one way, and what is behind (outline, ears, hair) the other way. All values are [N, 1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from prognos.data.portraits.canvas import Array
from prognos.data.portraits.factors import PORTRAIT_FACTORS

__all__ = ["EYES_Y", "MOUTH_Y", "Geometry", "lay_out"]

EYES_Y, MOUTH_Y = -0.1 / 1.8, 0.9 / 1.8
"""Height of the eyes and of the corners of the mouth in the aligned square: its half side is 1.8 times their distance,
its centre a tenth of that distance below the eyes. True while twice the distance of the eyes is shorter.

Source:
    Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", arXiv:1812.04948,
    appendix A (the dataset FFHQ).
"""

OUTLINE_DEPTH, EAR_DEPTH, HAIR_DEPTH, HAIRLINE_DEPTH = -0.22, -0.42, -0.30, 0.06
NOSE_DEPTH, LIP_DEPTH, BROW_DEPTH = 0.24, 0.06, 0.03
"""Distance in front of the plane of eyes and mouth corners."""


@dataclass(frozen=True)
class Geometry:
    """Lengths and places in the aligned square, float32 [N, 1, 1]; signs of illness are in [0, 1]."""

    sin_yaw: Array
    cos_yaw: Array
    sin_pitch: Array
    centre_x: Array
    centre_y: Array
    half_width: Array
    upper: Array
    lower: Array
    square: Array
    chin_y: Array
    eye_x: Array
    eye_width: Array
    eye_height: Array
    nose_x: Array
    nose_y: Array
    nose_width: Array
    mouth_x: Array
    mouth_width: Array
    factor: dict[str, Array]

    def shift_x(self, depth: float) -> Array:
        """Displacement to the right of what lies ``depth`` in front of the eyes."""
        return np.float32(depth) * self.sin_yaw

    def shift_y(self, depth: float) -> Array:
        """Displacement downwards of what lies ``depth`` in front of the eyes."""
        return np.float32(depth) * self.sin_pitch


def lay_out(table: pd.DataFrame) -> Geometry:
    """Place the parts of every face of a table of factors."""
    f = {name: table[name].to_numpy(np.float64) for name in PORTRAIT_FACTORS}
    yaw, pitch = np.radians(f["yaw"]), np.radians(f["pitch"])
    sin_yaw, sin_pitch = np.sin(yaw), np.sin(pitch)
    chin_y = 0.78 + 0.10 * f["chin"] + 0.02 * f["male"] + OUTLINE_DEPTH * sin_pitch * 0.5
    centre_y = -0.12 + OUTLINE_DEPTH * sin_pitch
    droop = 0.62 * f["tired_eyes"]
    places = {
        "sin_yaw": sin_yaw,
        "cos_yaw": np.cos(yaw),
        "sin_pitch": sin_pitch,
        "centre_x": OUTLINE_DEPTH * sin_yaw,
        "centre_y": centre_y,
        "half_width": 0.53 + 0.09 * f["face_width"] + 0.012 * f["male"],
        "upper": 0.80 + 0.0 * yaw,
        "lower": chin_y - centre_y,
        "square": 0.02 + 0.55 * f["jaw"],
        "chin_y": chin_y,
        "eye_x": (0.222 + 0.024 * f["eye_distance"]) * np.cos(yaw),
        "eye_width": 0.108 + 0.024 * f["eye_size"],
        "eye_height": (0.062 + 0.022 * f["eye_size"]) * (1.0 - droop),
        "nose_x": NOSE_DEPTH * sin_yaw,
        "nose_y": 0.235 + 0.07 * f["nose_length"] + NOSE_DEPTH * sin_pitch,
        "nose_width": 0.085 + 0.045 * f["nose_width"] + 0.01 * f["male"],
        "mouth_x": LIP_DEPTH * sin_yaw,
        "mouth_width": (0.17 + 0.05 * f["mouth_width"] + 0.025 * f["smile"]) * np.cos(yaw),
    }
    columns = {name: _column(value) for name, value in places.items()}
    return Geometry(**columns, factor={name: _column(value) for name, value in f.items()})


def _column(value: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Array:
    """Values of the photos as an array that spreads over their pixels."""
    return value.astype(np.float32)[:, None, None]
