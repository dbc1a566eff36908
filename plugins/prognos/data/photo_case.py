"""Photos outside any cohort, for inference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from prognos.config import keys
from prognos.data.photos import read_photos

__all__ = ["read_photo_case"]


def read_photo_case(photo: str | Path, *, aligned: bool = False, points: str | None = None) -> list[dict[str, Any]]:
    """Describe one photo, or the photos of a table, in the form :func:`prognos.data.read_photos` gives them.

    Args:
        photo: an image file, or a photo table (``.csv``).
        aligned: whether the image is a face that was aligned before; a table says so itself.
        points: of the image, ten numbers with commas between them: x and y of the left and right eye (left is the
            viewer's), nose, left and right corner of the mouth, pixels of the upright photo. Without them a detector
            is asked.

    Returns:
        A list of rows for :class:`prognos.data.PortraitDataset`.

    Raises:
        FileNotFoundError: when the file does not exist.
        ValueError: when ``points`` are not ten numbers.
    """
    path = Path(photo)
    if path.suffix.lower() == ".csv":
        return read_photos(path)
    if not path.is_file():
        raise FileNotFoundError("image: there is no such photo; name the file, or a photo table, with --image.")
    return [
        {
            keys.PATIENT: "case",
            keys.PATIENT_INDEX: 0,
            keys.IMAGE: str(path),
            keys.LANDMARKS: None if points is None else _points(points),
            "photo": "the photo",
            "photo_index": 0,
            "date": "",
            "flag": "",
            "aligned": aligned,
            "line": 0,
            "where": "the photo",
        }
    ]


def _points(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Five points [5, 2]."""
    try:
        numbers = [float(part) for part in str(text).strip("()[] ").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 10 or not np.isfinite(numbers).all():
        raise ValueError(
            f"points: found {len(numbers)} numbers, expected ten: x,y of left eye, right eye, nose, left and right "
            f"corner of the mouth, in pixels."
        )
    return np.array(numbers, dtype=np.float64).reshape(5, 2)
