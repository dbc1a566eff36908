"""Reads photos, upright and in sRGB, or says in one word why one cannot be used.

H and W are the height and the width of the upright photo in pixels.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from prognos.config.outcomes import PhotoOutcome

__all__ = ["PhotoError", "read_photo"]

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
"""Kinds of files that are opened, MPO of some phones as JPEG; the many others that Pillow knows are no photos and only
widen the border."""

LARGEST_PHOTO = 100_000_000
"""Pixels a photo may have (ours): 300 MB once decoded."""

MODES = frozenset({"RGB", "RGBA", "L", "LA", "P", "PA"})
"""Pixels that become 8-bit RGB without a guess."""

_MODE_NAMES = {
    "1": "black and white without grey",
    "CMYK": "CMYK, the colours of a printer",
    "F": "numbers with fractions",
    "I": "more than 8 bits",
    "I;16": "16-bit grey",
    "I;16B": "16-bit grey",
    "LAB": "Lab",
    "YCbCr": "YCbCr",
}
_WHITE = (255, 255, 255, 255)


class PhotoError(ValueError):
    """A photo cannot be used; the message says where, why and how to mend it, and names neither patient nor path.

    Args:
        message: what a person reads.
        outcome: the same in one word; None after the error crossed a process that keeps only the message.
    """

    def __init__(self, message: str, outcome: PhotoOutcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome

    @classmethod
    def of(cls, outcome: PhotoOutcome, *, where: str, detail: str = "") -> PhotoError:
        """Build the message: place, outcome, what was found, remedy."""
        found = f"{outcome.value} ({detail})" if detail else outcome.value
        return cls(f"{where}: {found}. {outcome.remedy}", outcome)


def read_photo(path: str | Path, *, where: str = "the photo") -> NDArray[np.uint8]:
    """Read a photo as a person sees it: turned as its EXIF tag says, in sRGB, transparent pixels white.

    Palettes and grey photos become RGB, PNG files with 16 bits a channel keep the upper eight, and an embedded colour
    profile is applied. Nothing but pixels is returned, so no EXIF, place or name travels on.

    Args:
        path: a JPEG, PNG, TIFF, BMP or WebP file; of several pictures in a file the first is read.
        where: what to call the photo in a message; never its path, which may name a patient.

    Returns:
        sRGB pixels, uint8 [H, W, 3].

    Raises:
        PhotoError: with the outcome ``missing_file``, ``not_an_image``, ``too_large``, ``unsupported_pixels`` or
            ``truncated``.
    """
    with _silence(), _open(Path(path), where) as image:
        if image.width * image.height > LARGEST_PHOTO:
            raise PhotoError.of(PhotoOutcome.TOO_LARGE, where=where, detail=f"{image.width} x {image.height} pixels")
        if image.mode not in MODES:
            detail = _MODE_NAMES.get(image.mode, f"mode {image.mode}")
            raise PhotoError.of(PhotoOutcome.UNSUPPORTED_PIXELS, where=where, detail=detail)
        try:
            if image.format == "PNG":  # Pillow looks at the checksums of the pixels only here, and then cannot go on
                with Image.open(path, formats=FORMATS) as checked:
                    checked.verify()
            image.load()
            upright = ImageOps.exif_transpose(image)
        except Exception:  # each decoder raises what it likes; their texts may quote the path
            raise PhotoError.of(PhotoOutcome.TRUNCATED, where=where) from None
        return np.asarray(_rgb(upright))


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Pillow quiet inside the block: where the level is debug, it logs every EXIF value."""
    pillow = logging.getLogger("PIL")
    level = pillow.level
    pillow.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        pillow.setLevel(level)


def _open(path: Path, where: str) -> Image.Image:
    """Open the file and read its header only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit follows
            return Image.open(path, formats=FORMATS)
    except (FileNotFoundError, PermissionError):
        raise PhotoError.of(PhotoOutcome.MISSING_FILE, where=where) from None
    except Image.DecompressionBombError:
        raise PhotoError.of(PhotoOutcome.TOO_LARGE, where=where) from None
    except UnidentifiedImageError:
        detail = "" if path.stat().st_size else "the file is empty"
        raise PhotoError.of(PhotoOutcome.NOT_AN_IMAGE, where=where, detail=detail) from None
    except Exception:  # a folder, or a header that no decoder understands
        raise PhotoError.of(PhotoOutcome.NOT_AN_IMAGE, where=where) from None


def _rgb(image: Image.Image) -> Image.Image:
    """Opaque sRGB."""
    profile = image.info.get("icc_profile")
    if image.mode in ("LA", "PA", "RGBA") or (image.mode == "P" and "transparency" in image.info):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    image = image.convert("RGB")
    return _to_srgb(image, profile) if profile else image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded colour profile: in another space than sRGB every skin would look pale or flushed."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB" or "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # a damaged profile is shown as sRGB by every viewer as well
    return converted or image
