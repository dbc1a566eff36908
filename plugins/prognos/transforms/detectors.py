"""Finds faces and their five points in a photo, behind one interface; each detector needs the extra ``faces``.

A detector is optional: where the table has landmarks, none is asked. Whatever has ``name``, ``is_approximate`` and
``detect`` can take the place of the two that are here.
"""

from __future__ import annotations

import hashlib
import logging
import math
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["CascadeDetector", "DetectedFace", "FaceDetector", "MissingPackageError", "YuNetDetector"]

YUNET_FILES = {
    "face_detection_yunet_2023mar.onnx": "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    "face_detection_yunet_2023mar_int8bq.onnx": "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
}
"""SHA-256 of published model files, as the repository github.com/opencv/opencv_zoo states them (MIT licence)."""

CASCADE_POINTS = np.array([[0.28, 0.37], [0.72, 0.37], [0.50, 0.61], [0.32, 0.78], [0.68, 0.78]])
"""Where the five points of a face lie on average in a box of the cascade, in sides of the box (ours)."""

_YUNET_POINTS = slice(4, 14)
_YUNET_SCORE = 14
_LFS_POINTER = b"version https://git-lfs"

_logger = logging.getLogger(__name__)


class MissingPackageError(ImportError):
    """A detector needs a package that is not installed."""


@dataclass(frozen=True)
class DetectedFace:
    """A face in a photo.

    Args:
        points: left eye, right eye, nose, left and right corner of the mouth; pixels, the viewer's sides [5, 2].
        box: left, top, width, height; pixels.
        score: the detector's confidence, higher is surer; NaN where it gives none.
    """

    points: NDArray[np.float64]
    box: tuple[float, float, float, float]
    score: float

    @property
    def area(self) -> float:
        """Pixels in the box."""
        return self.box[2] * self.box[3]


@runtime_checkable
class FaceDetector(Protocol):
    """What a detector offers."""

    @property
    def name(self) -> str:
        """What is recorded with each photo: the detector, its model and its settings."""

    @property
    def is_approximate(self) -> bool:
        """Whether the points are guessed from the box of the face."""

    def detect(self, photo: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces of an upright photo, RGB, uint8 [H, W, 3]."""


class YuNetDetector:
    """OpenCV's face detector with five points, on a model file of the user's.

    The bytes whose digest is checked are the bytes that are used; OpenCV is given no path.

    Args:
        model_file: ONNX file, such as ``face_detection_yunet_2023mar.onnx`` of github.com/opencv/opencv_zoo.
        score_threshold: least confidence of a face, in [0, 1] (ours; lower finds more, also what is none).
        longest_side: pixels to which a larger photo is shrunk first, because the model knows faces of about 10 to 300
            pixels, and a portrait is mostly face.

    Raises:
        FileNotFoundError: when the file does not exist.
        MissingPackageError: when OpenCV is not installed.
        ValueError: when the file bears a published name but not the published digest, is a pointer of Git LFS instead
            of the model, or a setting is impossible.

    Source:
        Wu, Peng and Yu 2023, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20:656-665.
    """

    is_approximate = False

    def __init__(self, model_file: str | Path, *, score_threshold: float = 0.8, longest_side: int = 320) -> None:
        if not 0 <= score_threshold <= 1 or longest_side < 32:
            raise ValueError(
                f"score_threshold is {score_threshold} and longest_side {longest_side}; expected a confidence in "
                f"[0, 1] and at least 32 pixels."
            )
        _require("cv2", "opencv-python-headless")
        self.model = Path(model_file).read_bytes()
        self.digest = hashlib.sha256(self.model).hexdigest()
        self.score_threshold, self.longest_side = score_threshold, longest_side
        _check_model(Path(model_file), self.model, self.digest)
        self._network: Any = None

    @property
    def name(self) -> str:
        """``yunet``, start of the model's SHA-256, settings."""
        return f"yunet {self.digest[:12]} score {self.score_threshold:g} side {self.longest_side}"

    def detect(self, photo: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces of a photo.

        Args:
            photo: RGB, uint8 [H, W, 3], upright.

        Raises:
            ValueError: when OpenCV cannot use the model.
        """
        small, scale = _shrink(photo, self.longest_side)
        cv2 = _require("cv2", "opencv-python-headless")
        try:
            if self._network is None:
                model, empty = np.frombuffer(self.model, np.uint8), np.zeros(0, np.uint8)
                create = cv2.FaceDetectorYN.create
                self._network = create("onnx", model, empty, (32, 32), self.score_threshold)
            self._network.setInputSize((small.shape[1], small.shape[0]))
            rows = self._network.detect(np.ascontiguousarray(small[..., ::-1]))[1]  # OpenCV wants BGR
        except cv2.error as error:
            raise ValueError(
                f"OpenCV {cv2.__version__} cannot use the YuNet model with SHA-256 {self.digest[:12]}...: it is not "
                f"one, or damaged. Get face_detection_yunet_2023mar.onnx again."
            ) from error
        return [_yunet_face(row, scale) for row in ([] if rows is None else np.asarray(rows, dtype=np.float64))]

    def __getstate__(self) -> dict[str, Any]:
        """State without OpenCV's network, which cannot travel to another process and is built again there."""
        return {**self.__dict__, "_network": None}


class CascadeDetector:
    """Scikit-image's cascade of local binary patterns: needs no file, finds frontal upright faces, gives a box only.

    The five points are those of an average face in that box: good enough to try things, marked as approximate wherever
    they are used. Tilted heads stay tilted.

    Args:
        longest_side: pixels to which a larger photo is shrunk first.
        smallest_face: least side of a face, in shorter sides of the photo (ours; lower finds more, also what is none).

    Raises:
        MissingPackageError: when scikit-image is not installed.
        ValueError: when a setting is impossible.
    """

    is_approximate = True

    def __init__(self, *, longest_side: int = 256, smallest_face: float = 0.15) -> None:
        if longest_side < 32 or not 0 < smallest_face <= 1:
            raise ValueError(
                f"longest_side is {longest_side} and smallest_face {smallest_face}; expected at least 32 pixels and a "
                f"share in (0, 1]."
            )
        _require("skimage", "scikit-image")
        self.longest_side, self.smallest_face = longest_side, smallest_face
        self._cascade: Any = None

    @property
    def name(self) -> str:
        """``lbp_cascade`` and settings."""
        return f"lbp_cascade side {self.longest_side} face {self.smallest_face:g}"

    def detect(self, photo: NDArray[np.uint8]) -> list[DetectedFace]:
        """Find the faces of a photo.

        Args:
            photo: RGB, uint8 [H, W, 3], upright.
        """
        if self._cascade is None:
            data, feature = import_module("skimage.data"), import_module("skimage.feature")
            self._cascade = feature.Cascade(data.lbp_frontal_face_cascade_filename())
        small, scale = _shrink(photo, self.longest_side)
        shorter = min(small.shape[:2])
        least = max(24, math.ceil(self.smallest_face * shorter))
        if shorter < least:
            return []
        found = self._cascade.detect_multi_scale(
            img=small, scale_factor=1.2, step_ratio=1, min_size=(least, least), max_size=(shorter, shorter)
        )
        boxes = [np.array([box["c"], box["r"], box["width"], box["height"]]) / np.tile(scale, 2) for box in found]
        return [DetectedFace(box[:2] + CASCADE_POINTS * box[2:] - 0.5, tuple(box.tolist()), math.nan) for box in boxes]

    def __getstate__(self) -> dict[str, Any]:
        """State without the compiled cascade, which is built again in another process."""
        return {**self.__dict__, "_cascade": None}


def _require(module: str, package: str) -> ModuleType:
    """Import an optional package, or say how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackageError(f"this detector needs {package}: pip install 'prognos[faces]'.") from error


def _check_model(path: Path, content: bytes, digest: str) -> None:
    """Refuse a file that only pretends to be a published one; note one that nobody published."""
    if content.startswith(_LFS_POINTER):
        raise ValueError(
            f"{path}: is a pointer of Git LFS (a text of {len(content)} bytes), not the model. Download the raw file."
        )
    published = YUNET_FILES.get(path.name)
    if published not in (None, digest):
        raise ValueError(
            f"{path}: has SHA-256 {digest}, but {path.name} was published with {published}. Download it again, or "
            f"rename a model of your own."
        )
    if digest not in YUNET_FILES.values():
        _logger.warning("%s: no published YuNet model has its SHA-256 %s; it is used and recorded.", path, digest)


def _shrink(photo: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Photo no longer than ``longest``, and its scale along x and y."""
    height, width = photo.shape[:2]
    factor = min(1.0, longest / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if factor < 1.0:
        photo = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR))
    return photo, np.array([size[0] / width, size[1] / height])


def _yunet_face(row: NDArray[np.float64], scale: NDArray[np.float64]) -> DetectedFace:
    """Face of one row of OpenCV's answer; what it calls the right eye is on the viewer's left."""
    points = (row[_YUNET_POINTS].reshape(5, 2) + 0.5) / scale - 0.5
    left, top, width, height = (row[:4] / np.tile(scale, 2)).tolist()
    return DetectedFace(points, (left, top, width, height), float(row[_YUNET_SCORE]))
