"""Two detectors behind one interface: on a real portrait, and on a model whose answer is known."""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from faces import draw_face
from prognos.transforms import CascadeDetector, FaceDetector, YuNetDetector
from prognos.transforms.detectors import YUNET_FILES, MissingPackageError
from yunet import FACE, SIDE, write_yunet

ASTRONAUT = np.array([[202.0, 101], [246, 103], [224, 127], [203, 139], [247, 139]])
"""Points of ``skimage.data.astronaut()``, marked by eye."""


@pytest.fixture
def astronaut() -> np.ndarray:
    return pytest.importorskip("skimage.data", reason="scikit-image brings the portrait").astronaut()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    pytest.importorskip("cv2", reason="YuNet runs in OpenCV, which the extra 'faces' brings")
    pytest.importorskip("onnx", reason="the model of the test is written with onnx")
    return write_yunet(tmp_path / "own.onnx")


def test_the_cascade_finds_the_one_face_of_a_real_portrait(astronaut: np.ndarray) -> None:
    detector = CascadeDetector()
    (face,) = detector.detect(astronaut)
    eyes = np.linalg.norm(ASTRONAUT[1] - ASTRONAUT[0])
    assert np.abs(face.points - ASTRONAUT).max() < 0.25 * eyes
    assert detector.is_approximate
    assert isinstance(detector, FaceDetector)
    assert "lbp_cascade" in detector.name


def test_the_cascade_finds_two_faces_and_none(astronaut: np.ndarray) -> None:
    face = astronaut[:300, 60:360]
    assert len(CascadeDetector().detect(np.hstack([face, face]))) == 2
    assert CascadeDetector().detect(np.full((200, 200, 3), 128, np.uint8)) == []
    assert CascadeDetector().detect(np.full((10, 200, 3), 128, np.uint8)) == []


def test_detectors_travel_to_other_processes(astronaut: np.ndarray, model: Path) -> None:
    cascade, yunet = CascadeDetector(), YuNetDetector(model, longest_side=SIDE)
    cascade.detect(astronaut)
    yunet.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    for detector in (cascade, yunet):
        assert pickle.loads(pickle.dumps(detector)).name == detector.name


def test_yunet_gives_points_on_the_sides_of_the_viewer(model: Path) -> None:
    detector = YuNetDetector(model, longest_side=SIDE)
    (face,) = detector.detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    np.testing.assert_allclose(face.points, FACE, atol=1e-3)
    np.testing.assert_allclose(face.box, (16, 12, 32, 40), atol=1e-3)
    assert face.score == pytest.approx(0.95)
    assert face.area == pytest.approx(32 * 40)
    assert not detector.is_approximate
    assert isinstance(detector, FaceDetector)


def test_yunet_answers_in_pixels_of_the_photo_it_was_given(model: Path) -> None:
    (face,) = YuNetDetector(model, longest_side=SIDE).detect(np.zeros((3 * SIDE, 3 * SIDE, 3), np.uint8))
    np.testing.assert_allclose(face.points, (FACE + 0.5) * 3 - 0.5, atol=1e-3)
    np.testing.assert_allclose(face.box, (48, 36, 96, 120), atol=1e-2)


def test_yunet_leaves_out_what_it_is_unsure_of(model: Path) -> None:
    assert (
        YuNetDetector(model, longest_side=SIDE, score_threshold=0.97).detect(np.zeros((SIDE, SIDE, 3), np.uint8)) == []
    )


def test_an_unpublished_model_is_used_with_a_warning_and_recorded(
    model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert YuNetDetector(model).name.startswith(f"yunet {digest[:12]}")
    assert digest in caplog.text


@pytest.mark.parametrize("name", YUNET_FILES)
def test_a_file_with_a_published_name_must_have_the_published_digest(name: str, model: Path) -> None:
    with pytest.raises(ValueError, match=YUNET_FILES[name]):
        YuNetDetector(model.rename(model.with_name(name)))


def test_a_pointer_of_git_lfs_is_named(model: Path) -> None:
    model.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(ValueError, match="pointer of Git LFS"):
        YuNetDetector(model)


def test_a_file_that_is_no_model_is_named(model: Path) -> None:
    model.write_bytes(b"hello")
    with pytest.raises(ValueError, match="is not one, or damaged"):
        YuNetDetector(model).detect(draw_face())


def test_impossible_settings_are_refused(model: Path) -> None:
    with pytest.raises(ValueError, match="confidence"):
        YuNetDetector(model, score_threshold=2)
    with pytest.raises(ValueError, match="share"):
        CascadeDetector(smallest_face=0)
    with pytest.raises(FileNotFoundError):
        YuNetDetector(model.with_name("absent.onnx"))


def test_without_its_package_a_detector_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'prognos\[faces\]'"):
        CascadeDetector()
