"""Photos are read as a person sees them, or refused in one word that names neither path nor patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from faces import draw_face
from prognos.config.outcomes import PhotoOutcome
from prognos.transforms import PhotoError, photos, read_photo

ORIENTATION = 0x0112
STORED = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
}
"""How a camera stores an upright photo under each EXIF orientation."""


@pytest.fixture
def face() -> Image.Image:
    return Image.fromarray(draw_face())


def refused(path: Path) -> PhotoOutcome:
    with pytest.raises(PhotoError) as caught:
        read_photo(path, where="photos.csv, line 7")
    assert str(caught.value).startswith("photos.csv, line 7: ")
    assert path.name not in str(caught.value)
    assert "Anna" not in "".join(map(str, (caught.value, caught.value.__cause__)))
    assert caught.value.outcome is not None
    return caught.value.outcome


@pytest.mark.parametrize("tag", STORED)
def test_every_exif_orientation_gives_the_upright_photo(tag: int, face: Image.Image, tmp_path: Path) -> None:
    wide = face.crop((0, 0, 128, 100))
    exif = Image.Exif()
    exif[ORIENTATION] = tag
    STORED[tag](wide).save(tmp_path / "photo.png", exif=exif)
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.png"), np.asarray(wide))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA"])
def test_grey_palette_and_opaque_alpha_become_rgb(mode: str, face: Image.Image, tmp_path: Path) -> None:
    stored = face.convert(mode)
    stored.save(tmp_path / "photo.png")
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.png"), np.asarray(stored.convert("RGB")))


def test_transparent_pixels_are_white(face: Image.Image, tmp_path: Path) -> None:
    stored = face.convert("RGBA")
    stored.putalpha(0)
    stored.save(tmp_path / "photo.png")
    assert (read_photo(tmp_path / "photo.png") == 255).all()


def test_an_embedded_profile_is_applied(face: Image.Image, tmp_path: Path) -> None:
    # A profile that swaps nothing but white point and primaries is long to build; the profile of XYZ is at hand.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    face.save(tmp_path / "srgb.png", icc_profile=srgb)
    np.testing.assert_array_equal(read_photo(tmp_path / "srgb.png"), np.asarray(face))
    face.save(tmp_path / "damaged.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_photo(tmp_path / "damaged.png"), np.asarray(face))
    swapped = _swap_red_and_blue(srgb)
    face.save(tmp_path / "swapped.png", icc_profile=swapped)
    difference = read_photo(tmp_path / "swapped.png").astype(int) - np.asarray(face)[..., ::-1]
    assert np.abs(difference).max() <= 2


def _swap_red_and_blue(profile: bytes) -> bytes:
    """The sRGB profile under another name, with the primaries of red and blue exchanged."""
    return (
        profile.replace(b"rXYZ", b"tmp_", 1)
        .replace(b"bXYZ", b"rXYZ", 1)
        .replace(b"tmp_", b"bXYZ", 1)
        .replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    )


@pytest.mark.parametrize(
    ("mode", "suffix", "words"),
    [("CMYK", "jpg", "printer"), ("1", "png", "black"), ("I;16", "png", "16-bit"), ("F", "tiff", "fractions")],
)
def test_pixels_whose_colours_would_be_guessed_are_refused(
    mode: str, suffix: str, words: str, face: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / f"Anna.{suffix}"
    image = Image.fromarray(draw_face()[..., 0].astype(np.uint16) * 256) if mode == "I;16" else face.convert(mode)
    image.save(path)
    assert refused(path) is PhotoOutcome.UNSUPPORTED_PIXELS
    with pytest.raises(PhotoError, match=words):
        read_photo(path)


def test_what_is_no_photo_is_refused_by_name(face: Image.Image, tmp_path: Path) -> None:
    assert refused(tmp_path / "Anna.png") is PhotoOutcome.MISSING_FILE
    assert refused(tmp_path) is PhotoOutcome.NOT_AN_IMAGE
    text = tmp_path / "Anna.jpg"
    text.write_bytes(b"")
    assert refused(text) is PhotoOutcome.NOT_AN_IMAGE
    text.write_text("%!PS-Adobe-3.0 EPSF-3.0")
    assert refused(text) is PhotoOutcome.NOT_AN_IMAGE
    face.save(tmp_path / "Anna.gif")
    assert refused(tmp_path / "Anna.gif") is PhotoOutcome.NOT_AN_IMAGE


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_cut_off_is_refused(suffix: str, part: float, face: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / f"Anna.{suffix}"
    face.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    assert refused(path) is PhotoOutcome.TRUNCATED


def test_a_huge_photo_is_refused_before_it_is_decoded(
    face: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    face.save(tmp_path / "Anna.png")
    monkeypatch.setattr(photos, "LARGEST_PHOTO", 128 * 128 - 1)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert refused(tmp_path / "Anna.png") is PhotoOutcome.TOO_LARGE


def test_a_decompression_bomb_is_refused(face: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    face.save(tmp_path / "Anna.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert refused(tmp_path / "Anna.png") is PhotoOutcome.TOO_LARGE


def test_an_error_keeps_its_words_across_processes() -> None:
    error = PhotoError.of(PhotoOutcome.NO_FACE, where="photos.csv, line 2")
    assert str(type(error)(str(error))) == str(error)
