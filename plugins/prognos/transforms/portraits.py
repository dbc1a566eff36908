"""From a row of the photo table to an aligned face: reading, landmarks, checks, alignment, quality.

S is the side of the aligned picture in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from monai.transforms import Transform
from numpy.typing import NDArray
from PIL import Image

from prognos.config import keys
from prognos.config.outcomes import WARNINGS, PhotoOutcome
from prognos.transforms.alignment import AlignFace, alignment_matrix, covered_fraction, face_square
from prognos.transforms.detectors import FaceDetector
from prognos.transforms.landmarks import five_points, judge_points
from prognos.transforms.photos import PhotoError, read_photo
from prognos.transforms.quality import colourfulness, sharpness

__all__ = ["AlignFaced", "Portrait"]

VERSION = 1
"""Raised when the same photo and settings would give other pixels; part of the name of every cache file."""

SMALLEST_SIDE = 0.5
"""Least side of the square around a face, in sides of the aligned picture (ours): beyond, half of it is invented."""

LEAST_COVERED = 0.5
"""Share of the square inside the photo below which a face counts as cut off (ours): most of the rest is made up."""

LEAST_SHARPNESS = 0.12
"""Sharpness below which a face counts as blurred (ours): a blur of about 2 % of the side of the aligned picture."""

LEAST_COLOUR = 8.0
"""Colourfulness below which a face counts as grey, in levels of 8 bits (ours)."""


@dataclass(frozen=True)
class Portrait:
    """What became of one photo.

    Args:
        outcome: in one word.
        is_usable: whether the aligned face may be used.
        image: aligned face, RGB, uint8 [S, S, 3]; None when there is none.
        landmarks: its five points, in its own pixels [5, 2].
        landmarks_from: ``table`` or the name of the detector; empty when it came to neither.
        is_approximate: whether the points were guessed from the box of the face.
        faces: how many the detector found; None when it was not asked.
        side: of the square around the face in the photo, pixels; NaN like the following when unknown.
        covered: share of that square inside the photo, in [0, 1].
        sharpness: see :func:`prognos.transforms.sharpness`; lower is more blurred.
        colourfulness: see :func:`prognos.transforms.colourfulness`; 0 is grey.
    """

    outcome: PhotoOutcome
    is_usable: bool = False
    image: NDArray[np.uint8] | None = None
    landmarks: NDArray[np.float64] | None = None
    landmarks_from: str = ""
    is_approximate: bool = False
    faces: int | None = None
    side: float = math.nan
    covered: float = math.nan
    sharpness: float = math.nan
    colourfulness: float = math.nan


class AlignFaced(Transform):
    """Read the photo of a sample and replace it by the aligned face, float32 [3, S, S], RGB in [-1, 1].

    A sample that says ``aligned`` holds a face that was aligned before: it is read and resized, nothing else. Otherwise
    the landmarks come from the sample or, where it has none, from the detector.

    Args:
        size: S, pixels.
        detector: asked where a sample has no landmarks; None: such a photo cannot be used.
        several: what to do when the detector finds several faces: ``"refuse"``, or take the ``"largest"``.
        refuse: outcomes among ``cut_off``, ``blurred`` and ``grey`` that make a photo unusable; by default they warn.

    Raises:
        ValueError: when a setting is none of these.
    """

    def __init__(
        self,
        size: int = 256,
        *,
        detector: FaceDetector | None = None,
        several: Literal["refuse", "largest"] = "refuse",
        refuse: Sequence[str] = (),
    ) -> None:
        if several not in ("refuse", "largest"):
            raise ValueError(f"several is {several!r}, expected 'refuse' or 'largest'.")
        if unknown := [word for word in refuse if word not in WARNINGS]:
            raise ValueError(f"refuse holds {', '.join(map(repr, unknown))}, expected {', '.join(WARNINGS)}.")
        self.align = AlignFace(size)
        self.detector, self.several = detector, several
        self.refused = tuple(sorted(PhotoOutcome(word) for word in refuse))

    @property
    def settings(self) -> dict[str, Any]:
        """Everything, besides photo and landmarks, that the aligned face depends on."""
        return {
            "version": VERSION,
            "size": self.align.size,
            "detector": self.detector.name if self.detector else None,
            "several": self.several,
            "refuse": list(self.refused),
        }

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Align the face of one sample.

        Args:
            data: sample with ``image`` (path of the photo) and, optionally, ``landmarks`` ([5, 2] or [68, 2], pixels),
                ``aligned`` (whether the photo is an aligned face) and ``where`` (its place in the table).

        Returns:
            The sample with the face under ``image``, its ``landmarks`` (float64 [5, 2], pixels of the aligned picture;
            NaN where the sample said ``aligned`` without points) and its ``outcome`` (str).

        Raises:
            PhotoError: when the photo cannot be used.
        """
        portrait = self.prepare(data)
        if not portrait.is_usable or portrait.image is None:
            raise PhotoError.of(portrait.outcome, where=str(data.get("where", "the photo")))
        image = torch.from_numpy(portrait.image.copy()).permute(2, 0, 1).to(torch.float32) / 127.5 - 1.0
        points = np.full((5, 2), np.nan) if portrait.landmarks is None else portrait.landmarks
        return {**data, keys.IMAGE: image, keys.LANDMARKS: points, keys.OUTCOME: portrait.outcome.value}

    def prepare(self, data: Mapping[Hashable, Any]) -> Portrait:
        """Align the face of one sample, or say why that cannot be done; a bad photo raises nothing.

        Args:
            data: as for a call.
        """
        try:
            photo = read_photo(data[keys.IMAGE])
        except PhotoError as error:
            return Portrait(error.outcome or PhotoOutcome.NOT_AN_IMAGE)
        landmarks = data.get(keys.LANDMARKS)
        if data.get("aligned"):
            return self._resize(photo, landmarks)
        if landmarks is not None:
            return self._align(photo, five_points(landmarks), landmarks_from="table")
        return self._detect(photo)

    def _resize(self, photo: NDArray[np.uint8], landmarks: Any) -> Portrait:
        """Take a face that was aligned before."""
        height, width = photo.shape[:2]
        if height != width:
            return Portrait(PhotoOutcome.NOT_SQUARE)
        size = self.align.size
        if size != width:
            photo = np.asarray(Image.fromarray(photo).resize((size, size), Image.Resampling.LANCZOS))
        points = None if landmarks is None else (five_points(landmarks) + 0.5) * (size / width) - 0.5
        return Portrait(PhotoOutcome.ALIGNED, True, photo, points, "table", side=float(width), covered=1.0)

    def _detect(self, photo: NDArray[np.uint8]) -> Portrait:
        """Ask the detector for the face, and align it."""
        if self.detector is None:
            return Portrait(PhotoOutcome.NO_LANDMARKS)
        found = self.detector.detect(photo)
        source: dict[str, Any] = {
            "landmarks_from": self.detector.name,
            "is_approximate": self.detector.is_approximate,
            "faces": len(found),
        }
        if not found:
            return Portrait(PhotoOutcome.NO_FACE, **source)
        if len(found) > 1 and self.several == "refuse":
            return Portrait(PhotoOutcome.SEVERAL_FACES, **source)
        return self._align(photo, max(found, key=lambda face: face.area).points, **source)

    def _align(self, photo: NDArray[np.uint8], points: NDArray[np.float64], **source: Any) -> Portrait:
        """Align a face whose points are known, and measure it."""
        height, width = photo.shape[:2]
        if fault := judge_points(points, width, height):
            return Portrait(fault, **source)
        size = self.align.size
        side = 2 * math.hypot(*face_square(points)[1])
        source |= {"side": side, "covered": covered_fraction(points, width, height)}
        if side < SMALLEST_SIDE * size:
            return Portrait(PhotoOutcome.TOO_SMALL, **source)
        matrix = alignment_matrix(points, size)
        source |= {"image": self.align(photo, points), "landmarks": points @ matrix[:, :2].T + matrix[:, 2]}
        source |= {name: measure(source["image"]) for name, measure in _MEASURES.items()}
        outcome = PhotoOutcome.ALIGNED
        if source["covered"] < LEAST_COVERED:
            outcome = PhotoOutcome.CUT_OFF
        elif source["sharpness"] < LEAST_SHARPNESS:
            outcome = PhotoOutcome.BLURRED
        elif source["colourfulness"] < LEAST_COLOUR:
            outcome = PhotoOutcome.GREY
        return Portrait(outcome, outcome not in self.refused, **source)


_MEASURES = {"sharpness": sharpness, "colourfulness": colourfulness}
