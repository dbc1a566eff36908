"""Cuts a face out of a photo so that eyes and mouth always come to lie on the same places, as FFHQ's faces do.

S is the side of the aligned picture in pixels. The cut is a square, turned and scaled with the face::

    eye_to_eye, eye_to_mouth --> half side x (vector), y = x turned by 90 degrees, centre c
    corners of the square: c - x - y, c - x + y, c + x + y, c + x - y

so photo and aligned picture differ by a similarity: a rotation, one scale and a shift.

Source:
    Karras, Laine and Aila 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks",
    arXiv:1812.04948, appendix A, after Karras et al. 2018, arXiv:1710.10196, appendix C. Written from the geometry; how
    far the blur reaches and how finely the square is sampled are ours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from monai.transforms import Transform
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFilter

from prognos.transforms.landmarks import LEFT_EYE, LEFT_MOUTH, RIGHT_EYE, RIGHT_MOUTH, five_points, judge_points
from prognos.transforms.photos import PhotoError

__all__ = ["AlignFace", "alignment_matrix", "face_square"]

FINENESS = 2
"""Samples along the side of an aligned pixel before the last averaging (ours)."""

BLUR, FADE = 0.04, 0.08
"""Outside the photo: strength of the blur, and depth at which it is complete, in sides of the square (ours)."""

_Vector = NDArray[np.float64]


class AlignFace(Transform):
    """Cut the face out of a photo.

    A square larger than ``FINENESS * size`` is first shrunk with a Lanczos filter; where it leaves the photo the photo
    is mirrored and fades into a blur, so that no second face appears; the square is sampled bilinearly and averaged
    down with a Lanczos filter.

    Args:
        size: S, pixels.

    Raises:
        ValueError: when ``size`` is below 8.
    """

    def __init__(self, size: int = 256) -> None:
        if size < 8:
            raise ValueError(f"size is {size}, expected the side of the aligned picture in pixels, at least 8.")
        self.size = size

    def __call__(self, photo: NDArray[np.uint8], landmarks: ArrayLike) -> NDArray[np.uint8]:
        """Align one face.

        Args:
            photo: RGB, uint8 [H, W, 3], upright.
            landmarks: [5, 2] or [68, 2] in pixels of the photo.

        Returns:
            RGB, uint8 [S, S, 3].

        Raises:
            PhotoError: when the landmarks are outside the photo or not those of a face.
            ValueError: when the landmarks or the photo have another shape.
        """
        if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8:
            raise ValueError(f"the photo is {photo.dtype} {list(photo.shape)}, expected uint8 [H, W, 3].")
        points = five_points(landmarks)
        if fault := judge_points(points, photo.shape[1], photo.shape[0]):
            raise PhotoError.of(fault, where="AlignFace")
        centre, half = face_square(points)
        image, scale, shift = _cut(Image.fromarray(photo), centre + 0.5, half, FINENESS * self.size)
        samples = FINENESS * self.size
        right, down = 2 * half * scale / samples, 2 * _turn(half) * scale / samples
        corner = (centre + 0.5 - half - _turn(half)) * scale + shift
        data = (right[0], down[0], corner[0], right[1], down[1], corner[1])
        fine = image.transform((samples, samples), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        return np.asarray(fine.resize((self.size, self.size), Image.Resampling.LANCZOS))


def face_square(landmarks: ArrayLike) -> tuple[_Vector, _Vector]:
    """Centre and half side of the square around a face.

    Args:
        landmarks: [5, 2] or [68, 2], pixels.

    Returns:
        Centre [2], and the vector [2] from it to the middle of the square's right side, both in pixels of the photo.

    Example:
        >>> centre, half = face_square([[40, 50], [60, 50], [50, 60], [42, 70], [58, 70]])
        >>> centre.tolist(), half.tolist()
        ([50.0, 52.0], [40.0, 0.0])
    """
    points = five_points(landmarks)
    eyes = (points[LEFT_EYE] + points[RIGHT_EYE]) / 2
    eye_to_eye = points[RIGHT_EYE] - points[LEFT_EYE]
    eye_to_mouth = (points[LEFT_MOUTH] + points[RIGHT_MOUTH]) / 2 - eyes
    direction = eye_to_eye - _turn(eye_to_mouth)
    length = max(2.0 * math.hypot(*eye_to_eye), 1.8 * math.hypot(*eye_to_mouth))
    return eyes + 0.1 * eye_to_mouth, direction * (length / math.hypot(*direction))


def alignment_matrix(landmarks: ArrayLike, size: int) -> NDArray[np.float64]:
    """Affine map from pixels of the photo to pixels of the aligned picture.

    Args:
        landmarks: [5, 2] or [68, 2], pixels of the photo.
        size: S, pixels.

    Returns:
        Matrix [2, 3]: ``aligned = matrix[:, :2] @ (x, y) + matrix[:, 2]``; whole numbers are centres of pixels in both.

    Example:
        >>> matrix = alignment_matrix([[40, 50], [60, 50], [50, 60], [42, 70], [58, 70]], 80)
        >>> (matrix @ [50, 52, 1]).tolist()
        [39.5, 39.5]
    """
    centre, half = face_square(landmarks)
    axes = np.stack([half, _turn(half)]) * (size / (2.0 * (half @ half)))
    return np.column_stack([axes, (size - 1) / 2 - axes @ centre])


def covered_fraction(landmarks: ArrayLike, width: int, height: int) -> float:
    """Share of the square around a face that lies in the photo, in [0, 1], on a grid of 32 x 32 points."""
    centre, half = face_square(landmarks)
    steps = (np.arange(32) + 0.5) / 16 - 1
    u, v = np.meshgrid(steps, steps)
    places = centre + 0.5 + u[..., None] * half + v[..., None] * _turn(half)  # [32, 32, 2]
    return float(((places >= 0) & (places <= (width, height))).all(axis=-1).mean())


def _turn(vector: _Vector) -> _Vector:
    """Turn by 90 degrees clockwise on the screen: right becomes down."""
    return np.array([-vector[1], vector[0]])


def _cut(image: Image.Image, centre: _Vector, half: _Vector, side: int) -> tuple[Image.Image, _Vector, _Vector]:
    """Cut out and shrink the part of the photo that the square needs, and continue it beyond the photo's edge.

    Args:
        image: the photo.
        centre: of the square, from the photo's corner.
        half: its half side.
        side: pixels along the square that suffice.

    Returns:
        The part, and scale [2] and shift [2] that take a place in the photo, counted from its corner, to one in it.
    """
    square_side = 2 * math.hypot(*half)
    shrink = max(1.0, square_side / side)
    reach = np.abs(half) + np.abs(_turn(half)) + 3 * shrink + 2
    low, high = np.floor(centre - reach).astype(int), np.ceil(centre + reach).astype(int)
    box_low, box_high = np.maximum(low, 0), np.minimum(high, image.size)
    part = image.crop((*box_low.tolist(), *box_high.tolist()))
    extent = np.array(part.size)
    if shrink > 1:
        size = np.ceil(extent / shrink).astype(int).tolist()
        part = part.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    scale = np.array(part.size) / extent
    before = np.ceil((box_low - low) * scale).astype(int)
    after = np.ceil((high - box_high) * scale).astype(int)
    if before.any() or after.any():
        part = _continue(part, before, after, square_side * float(scale.mean()))
    return part, scale, before - box_low * scale


def _continue(part: Image.Image, before: NDArray[Any], after: NDArray[Any], side: float) -> Image.Image:
    """Mirror a picture at its edges, with a blur that grows with the distance from the edge.

    Args:
        part: the picture.
        before: columns and rows to add left and above [2].
        after: columns and rows to add right and below [2].
        side: of the square, in pixels of the picture.
    """
    widths = ((before[1], after[1]), (before[0], after[0]), (0, 0))
    mirrored = Image.fromarray(np.pad(np.asarray(part), widths, mode="symmetric"))
    blurred = mirrored.filter(ImageFilter.GaussianBlur(BLUR * side))
    outside = [
        np.maximum.reduce([ahead - steps, steps - (ahead + inner - 1), np.zeros_like(steps)])
        for ahead, inner, steps in zip(before, part.size, map(np.arange, mirrored.size), strict=True)
    ]
    depth = np.maximum(outside[0][None, :], outside[1][:, None]) / (FADE * side)
    return Image.composite(blurred, mirrored, Image.fromarray((255 * depth.clip(0, 1)).astype(np.uint8)))
