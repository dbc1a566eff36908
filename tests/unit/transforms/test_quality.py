"""Sharpness falls with blur, colourfulness with colour, and neither looks at the background."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from faces import POINTS, draw_face
from prognos.transforms import AlignFace, colourfulness, sharpness
from prognos.transforms.portraits import LEAST_COLOUR, LEAST_SHARPNESS


def face(*, blur: float = 0.0, size: int = 128) -> np.ndarray:
    photo = Image.fromarray(draw_face()).filter(ImageFilter.GaussianBlur(blur))
    return AlignFace(size)(np.asarray(photo), POINTS)


def test_sharpness_falls_with_blur() -> None:
    values = [sharpness(face(blur=blur)) for blur in (0, 1, 2, 4, 6)]
    assert values == sorted(values, reverse=True)
    assert values[0] > LEAST_SHARPNESS > values[-1]


def test_one_threshold_serves_every_size() -> None:
    assert sharpness(face(size=64)) == pytest.approx(sharpness(face(size=512)), rel=0.15)


def test_an_even_face_has_no_sharpness() -> None:
    assert sharpness(np.full((64, 64, 3), 90, np.uint8)) == 0.0


def test_grey_has_no_colour_and_pale_skin_has() -> None:
    grey = np.repeat(face().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert colourfulness(grey) == 0.0
    pale = AlignFace(64)(draw_face(skin=(236, 222, 216)), POINTS)
    assert colourfulness(pale) > LEAST_COLOUR


def test_the_background_does_not_count() -> None:
    other = face().copy()
    other[:10], other[:, :10], other[:, -10:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    assert colourfulness(other) == colourfulness(face())
