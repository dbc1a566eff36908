"""Reads DICOM headers without a word: pydicom's own warnings and errors quote values, and those may name a patient."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["DicomFault", "content_fault", "is_dicom", "open_header", "silence", "text"]

DICOM_SUFFIXES = (".dcm", ".dicom", ".ima", ".img")
"""Names of files that must be DICOM; others may lie between the slices unnoticed, such as a text file."""

_LIBRARIES = ("pydicom", "highdicom")


class DicomFault(ValueError):  # noqa: N818, as in stack_fault and nifti_fault: what is wrong, in words
    """What keeps DICOM files from being used: found, expected and remedy, in words of ours alone, without full stop."""


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM, by its first bytes; its name says nothing."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


@contextmanager
def silence() -> Iterator[None]:
    """Keep pydicom and highdicom quiet inside the block.

    Raises:
        DicomFault: when they are not installed.
    """
    try:
        import highdicom  # noqa: F401
        import pydicom
    except ImportError:
        raise DicomFault(
            "DICOM is read with pydicom and highdicom. Install them: pip install 'prognos[dicom]'"
        ) from None
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def open_header(path: Path) -> tuple[Any, int] | None:
    """Header of a DICOM file, and the bytes that follow it; call it in :func:`silence`.

    Args:
        path: a file.

    Returns:
        The data set without its pixels, and the number of bytes from the pixels' tag on. None when the file is no DICOM
        and does not claim to be by its name.

    Raises:
        DicomFault: when the file claims to be DICOM and cannot be read.
    """
    import pydicom

    try:
        with path.open("rb") as file:
            header = pydicom.dcmread(file, stop_before_pixels=True)
            following = path.stat().st_size - file.tell()
        for _ in header:  # an element of an unknown kind raises when it is first read
            pass
        return header, following
    except Exception:  # pydicom raises what comes, and quotes what it read
        if path.suffix.lower() in DICOM_SUFFIXES:
            raise DicomFault("holds a damaged file, or one that is no DICOM. Copy or export the series again") from None
        return None


def content_fault(header: Any, following: int) -> str:
    """What keeps the pixels of a file from being complete, as far as it can be told before they are read.

    Args:
        header: of the file.
        following: bytes from the pixels' tag on.
    """
    if header.file_meta.TransferSyntaxUID.is_compressed:
        return ""  # whoever decompresses it finds out
    bits = int(header.Rows) * int(header.Columns) * int(header.get("NumberOfFrames", 1) or 1)
    expected = (bits * int(header.BitsAllocated) * int(header.get("SamplesPerPixel", 1) or 1) + 7) // 8
    return "holds a truncated file. Copy or export it again" if following < expected else ""


def text(header: Any, keyword: str) -> str:
    """Value of an attribute as plain text, empty when it is missing."""
    value = header.get(keyword)
    return "" if value is None else str(value).strip()
