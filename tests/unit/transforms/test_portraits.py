"""A row of the photo table becomes a tensor, or an outcome with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from faces import POINTS, draw_face, place
from prognos.config.outcomes import WARNINGS, PhotoOutcome
from prognos.transforms import AlignFace, AlignFaced, CascadeDetector, DetectedFace, PhotoError


class Detector:
    """Finds what the test says."""

    name = "stub 1"
    is_approximate = True

    def __init__(self, *points: np.ndarray) -> None:
        self.faces = [DetectedFace(each, (0, 0, np.ptp(each), np.ptp(each)), 1.0) for each in points]

    def detect(self, photo: np.ndarray) -> list[DetectedFace]:
        assert photo.shape[2] == 3
        return self.faces


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def make(photo: np.ndarray | None = None, landmarks: np.ndarray | None = POINTS, **more: Any) -> dict[str, Any]:
        Image.fromarray(draw_face() if photo is None else photo).save(tmp_path / "Anna.png")
        return {"image": str(tmp_path / "Anna.png"), "landmarks": landmarks, "where": "photos.csv, line 2", **more}

    return make


def test_the_image_is_the_aligned_face_in_the_range_of_the_networks(sample: Callable[..., dict[str, Any]]) -> None:
    found = AlignFaced(64)(sample(label="kept"))
    face = AlignFace(64)(draw_face(), POINTS)
    assert found["image"].dtype == torch.float32
    torch.testing.assert_close(found["image"], torch.from_numpy(face.copy()).permute(2, 0, 1) / 127.5 - 1.0)
    assert found["outcome"] == "aligned"
    assert found["label"] == "kept"
    np.testing.assert_allclose(found["landmarks"][:2, 1], found["landmarks"][0, 1])


def test_an_aligned_face_is_only_resized(sample: Callable[..., dict[str, Any]]) -> None:
    portrait = AlignFaced(128).prepare(sample(aligned=True))
    np.testing.assert_array_equal(portrait.image, draw_face())
    np.testing.assert_allclose(portrait.landmarks, POINTS)
    half = AlignFaced(64).prepare(sample(aligned=True))
    assert half.image.shape == (64, 64, 3)
    np.testing.assert_allclose(half.landmarks, (POINTS + 0.5) / 2 - 0.5)
    assert AlignFaced(64).prepare(sample(draw_face()[:100], aligned=True)).outcome is PhotoOutcome.NOT_SQUARE


def test_aligning_twice_through_the_table_moves_nothing(sample: Callable[..., dict[str, Any]]) -> None:
    first = AlignFaced(64).prepare(sample())
    again = AlignFaced(64).prepare(sample(first.image, first.landmarks, aligned=True))
    np.testing.assert_array_equal(again.image, first.image)


def test_landmarks_of_the_table_win_over_the_detector(sample: Callable[..., dict[str, Any]]) -> None:
    transform = AlignFaced(64, detector=Detector(POINTS + 3))
    assert transform.prepare(sample()).landmarks_from == "table"
    found = transform.prepare(sample(landmarks=None))
    assert (found.landmarks_from, found.is_approximate, found.faces) == ("stub 1", True, 1)


def test_no_face_several_faces_and_no_detector_are_named(sample: Callable[..., dict[str, Any]]) -> None:
    row = sample(landmarks=None)
    small = place(POINTS - 64, angle=0, scale=0.5, shift=(64, 64))
    assert AlignFaced(64).prepare(row).outcome is PhotoOutcome.NO_LANDMARKS
    assert AlignFaced(64, detector=Detector()).prepare(row).outcome is PhotoOutcome.NO_FACE
    assert AlignFaced(64, detector=Detector(small, POINTS)).prepare(row).outcome is PhotoOutcome.SEVERAL_FACES
    largest = AlignFaced(64, detector=Detector(small, POINTS), several="largest").prepare(row)
    np.testing.assert_array_equal(largest.image, AlignFace(64)(draw_face(), POINTS))
    assert largest.faces == 2


def test_tiny_outside_and_implausible_are_named(sample: Callable[..., dict[str, Any]]) -> None:
    assert AlignFaced(512).prepare(sample()).outcome is PhotoOutcome.TOO_SMALL
    assert AlignFaced(64).prepare(sample(landmarks=POINTS + 90)).outcome is PhotoOutcome.LANDMARKS_OUTSIDE
    assert (
        AlignFaced(64).prepare(sample(landmarks=POINTS[[1, 0, 2, 3, 4]])).outcome is PhotoOutcome.LANDMARKS_IMPLAUSIBLE
    )


def test_warnings_keep_the_photo_unless_refused(sample: Callable[..., dict[str, Any]]) -> None:
    blurred = np.asarray(Image.fromarray(draw_face()).filter(ImageFilter.GaussianBlur(7)))
    grey = np.repeat(draw_face().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    cut_off = draw_face()[50:106, 36:92]
    for outcome, row in {
        PhotoOutcome.BLURRED: sample(blurred),
        PhotoOutcome.GREY: sample(grey),
        PhotoOutcome.CUT_OFF: sample(cut_off, POINTS - [36, 50]),
    }.items():
        Image.fromarray({"blurred": blurred, "grey": grey, "cut_off": cut_off}[outcome]).save(row["image"])
        kept, dropped = AlignFaced(64).prepare(row), AlignFaced(64, refuse=[outcome.value]).prepare(row)
        assert outcome in WARNINGS
        assert (kept.outcome, kept.is_usable) == (outcome, True)
        assert (dropped.outcome, dropped.is_usable) == (outcome, False)


def test_a_call_raises_the_outcome_with_its_place_and_without_the_path(sample: Callable[..., dict[str, Any]]) -> None:
    row = sample()
    Path(row["image"]).unlink()
    with pytest.raises(PhotoError, match=r"photos\.csv, line 2: missing_file\. Check that") as caught:
        AlignFaced(64)(row)
    assert "Anna" not in str(caught.value)


def test_exif_orientation_changes_nothing(sample: Callable[..., dict[str, Any]]) -> None:
    row = sample()
    upright = AlignFaced(64)(row)["image"]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(draw_face()).transpose(Image.Transpose.ROTATE_90).save(row["image"], exif=exif)
    torch.testing.assert_close(AlignFaced(64)(row)["image"], upright, rtol=0, atol=0)


def test_settings_name_all_that_the_face_depends_on() -> None:
    plain = AlignFaced(64).settings
    others = [
        AlignFaced(128),
        AlignFaced(64, detector=Detector()),
        AlignFaced(64, several="largest"),
        AlignFaced(64, refuse=["grey"]),
    ]
    assert all(other.settings != plain for other in others)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 'refuse' or 'largest'"):
        AlignFaced(64, several="first")
    with pytest.raises(ValueError, match="expected cut_off, blurred, grey"):
        AlignFaced(64, refuse=["dark"])


def test_every_outcome_has_a_remedy_of_one_sentence() -> None:
    assert all(outcome.remedy.endswith(".") and outcome.remedy.count(". ") == 0 for outcome in PhotoOutcome)


def test_a_real_portrait_is_aligned_without_any_file(tmp_path: Path) -> None:
    astronaut = pytest.importorskip("skimage.data", reason="scikit-image brings the portrait").astronaut()
    Image.fromarray(astronaut).save(tmp_path / "photo.jpg", quality=92)
    portrait = AlignFaced(128, detector=CascadeDetector()).prepare({"image": tmp_path / "photo.jpg"})
    assert portrait.outcome is PhotoOutcome.ALIGNED
    assert portrait.is_approximate
    by_eye = AlignFace(128)(astronaut, [[202, 101], [246, 103], [224, 127], [203, 139], [247, 139]])
    shades = [face[30:110, 24:104].mean(axis=2).ravel() for face in (portrait.image, by_eye)]
    assert np.corrcoef(*shades)[0, 1] > 0.6
