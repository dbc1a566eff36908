"""Marks planted into every text of scans and photos, and a search for them in everything that a run wrote.

A mark stands for what may name a person: it goes into each text, date and private field of a DICOM header, into EXIF,
XMP and comments of a photo, into the texts of a NIfTI header, and into the names of folders and files.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset

MARK = "QZXPLANT"
"""Core of every planted text; valid in each text field of DICOM."""

BIRTH = "19231117"
"""Planted in every date."""

LATITUDE = 271828183
"""Numerator of the planted place, of which no byte looks like text."""

_TEXTS = {"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
_DATES = {"DA", "DT"}


def folder_of(root: Path, name: str) -> Path:
    """A source folder whose very name must not travel."""
    return root / f"{MARK}HOSPITAL" / f"{MARK}NAME^{name}"


def plant_in_headers(header: Dataset, *, codes: bool = True) -> None:
    """Fill every text and date that pydicom knows, private fields and a nested sequence.

    Args:
        header: changed in place.
        codes: whether coded strings that the header lacks are filled as well; some readers obey them.
    """
    for tag, (kind, _, _, retired, keyword) in DicomDictionary.items():
        if (
            not 8 <= tag >> 16 < 0x7FE0
            or retired
            or not keyword
            or keyword in ("SpecificCharacterSet", "TimezoneOffsetFromUTC")
        ):
            continue
        if kind in _TEXTS:
            setattr(header, keyword, f"{MARK}{keyword[:8]}"[:16])
        elif kind in _DATES:
            setattr(header, keyword, BIRTH)
        elif kind == "CS" and codes and keyword not in header:
            setattr(header, keyword, f"{MARK}CS")
    block = header.private_block(0x0011, f"{MARK}VENDOR", create=True)
    block.add_new(0x01, "LO", f"{MARK}PRIVATE")
    block.add_new(0x02, "OB", f"{MARK}BYTES".encode() + b"\0")
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = f"{MARK}OTHER", f"{MARK}ISSUER"
    header.OtherPatientIDsSequence = [other]


def plant_in_series(folder: Path) -> None:
    """Fill the headers of every DICOM file of a folder."""
    import pydicom

    for file in folder.rglob("*.dcm"):
        header = pydicom.dcmread(file)
        plant_in_headers(header, codes=header.Modality == "CT")
        header.save_as(file)


def write_nifti(path: Path, array: np.ndarray[Any, Any], affine: np.ndarray[Any, Any]) -> Path:
    """A NIfTI file with a mark in every text of its header and in an extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = nibabel.Nifti1Image(array, affine)
    for field in ("descrip", "aux_file", "intent_name", "db_name"):
        volume.header[field] = f"{MARK}{field}"[: volume.header[field].dtype.itemsize].encode()
    volume.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", f"{MARK}EXTENSION".encode()))
    nibabel.save(volume, path)
    return path


def write_photo(path: Path, pixels: np.ndarray[Any, Any]) -> Path:
    """A JPEG or PNG with a mark in EXIF, GPS, maker note, XMP, comment and text chunks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    for tag in (
        0x010E,
        0x010F,
        0x0110,
        0x0131,
        0x013B,
        0x8298,
    ):  # description, make, model, software, artist, copyright
        exif[tag] = f"{MARK}{tag:04X}"
    for tag in (0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F):  # title, comment, author, keywords, subject of Windows
        exif[tag] = f"{MARK}XP".encode("utf-16-le")
    detail = exif.get_ifd(0x8769)
    detail |= {0x9003: "1923:11:17 11:43:59", 0xA430: f"{MARK}OWNER", 0xA431: f"{MARK}SERIAL", 0xA435: f"{MARK}LENS"}
    detail |= {0x927C: f"{MARK}MAKERNOTE".encode(), 0x9286: b"ASCII\0\0\0" + f"{MARK}COMMENT".encode()}
    place = exif.get_ifd(0x8825)
    place |= {1: "N", 2: (IFDRational(LATITUDE, 10**7), IFDRational(0), IFDRational(0)), 0x1C: f"{MARK}AREA".encode()}
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{MARK}XMP</dc:creator></x:xmpmeta>".encode()
    picture = Image.fromarray(pixels)
    if path.suffix == ".png":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", f"{MARK}TEXT")
        texts.add_text("Comment", f"{MARK}ZTXT", zip=True)
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        picture.save(path, pnginfo=texts, exif=exif)
    else:
        picture.save(path, quality=95, exif=exif, xmp=xmp, comment=f"{MARK}COM".encode())
    return path


def leaks(folder: Path) -> list[str]:
    """Every planted mark in names and contents below a folder, also inside gzip, zip, PNG and base64."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if MARK in name.upper():
            found.append(f"{name}: its name")
        if path.is_file():
            found += [f"{name}: {each}" for each in marks(path.read_bytes())]
    return found


def marks(content: bytes) -> list[str]:
    """Surroundings of every planted mark in bytes, whatever wraps them."""
    return [_around(layer, spot) for layer in _layers(content) for spot in _SPOTS.finditer(layer)]


def _coded(text: str) -> Iterator[bytes]:
    """The inner letters of a text in base64, at each alignment."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + text.encode())
        yield coded[4 if shift else 0 : (shift + len(text)) // 3 * 4]


def _around(layer: bytes, spot: re.Match[bytes]) -> str:
    return repr(layer[max(0, spot.start() - 60) : spot.end() + 30])


_SPOTS = re.compile(
    b"|".join(
        (
            *(b"(?i:%b)" % re.escape(MARK.encode(form)) for form in ("utf-8", "utf-16-le", "utf-16-be")),
            *map(re.escape, _coded(MARK)),
            rb"(?<![\d.])%b(?!\d)" % BIRTH.encode(),
            rb"1923[-:]11[-:]17",
            re.escape(struct.pack("<I", LATITUDE)),
            re.escape(struct.pack(">I", LATITUDE)),
        )
    )
)
"""How a mark may be written: as text of one or two bytes a letter, in base64, as a date, as a number."""


def _layers(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what is packed in them."""
    yield content
    if depth > 3:
        return
    if content[:2] == b"\x1f\x8b":
        yield from _layers(gzip.decompress(content), depth + 1)
    elif content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                if entry.compress_type != zipfile.ZIP_STORED:
                    yield from _layers(archive.read(entry), depth + 1)
    elif content[:4] == b"\x89PNG":
        with Image.open(io.BytesIO(content)) as picture:
            yield repr(dict(picture.info)).encode()
    elif content[:4] == b"%PDF":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            yield zlib.decompressobj().decompress(stream) if stream[:1] == b"x" else stream
    elif b";base64," in content:
        for coded in re.findall(rb";base64,([A-Za-z0-9+/=]{16,})", content):
            yield from _layers(base64.b64decode(coded + b"=="), depth + 1)
