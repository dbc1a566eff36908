"""Judges the compressed voxels of an MHA or NRRD file before they are read.

ITK takes compressed voxels that fail their checksum for what they are not, without an error.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import BinaryIO

__all__ = ["compressed_fault"]

_LONGEST_HEADER = 1 << 16  # bytes
_CHUNK = 1 << 22  # bytes

_MHA_END = b"ElementDataFile = LOCAL\n"
_MHA_SIZE = re.compile(rb"^CompressedDataSize = (\d+)\s*$", re.MULTILINE)
_NRRD_GZIP = re.compile(rb"^encoding: *gz(ip)?\s*$", re.MULTILINE)
_GZIP = 16 + zlib.MAX_WBITS


def compressed_fault(path: Path) -> str:
    """What keeps the compressed voxels of a file from being complete; empty when nothing does.

    Args:
        path: an MHA or NRRD file. Of voxels that are not compressed nothing is known, and of a file of another kind
            neither.

    Returns:
        Found, expected and remedy, in words, without the path.
    """
    with path.open("rb") as stream:
        start = stream.read(_LONGEST_HEADER)
        if path.name.lower().endswith(".mha"):
            head, end, first = start.partition(_MHA_END)
            size = _MHA_SIZE.search(head)
            if not end or b"CompressedData = True" not in head:
                return ""
            if size is None or int(size[1]) != path.stat().st_size - len(head) - len(end):
                return "is truncated or damaged: its compressed voxels have not the size its header says. Copy it again"
            return _stream_fault(first, stream, zlib.MAX_WBITS)
        if path.name.lower().endswith(".nrrd"):
            head, end, first = start.partition(b"\n\n")
            return _stream_fault(first, stream, _GZIP) if end and _NRRD_GZIP.search(head) else ""
    return ""


def _stream_fault(first: bytes, stream: BinaryIO, form: int) -> str:
    """Decompress everything once, a little at a time.

    Args:
        first: bytes that were read already.
        stream: the rest.
        form: of :func:`zlib.decompressobj`; says which checksum follows.
    """
    content = zlib.decompressobj(form)
    piece = first
    try:
        while piece and not content.eof:
            while piece and not content.eof:
                content.decompress(piece, _CHUNK)
                piece = content.unconsumed_tail
            piece = stream.read(_CHUNK)
    except zlib.error:
        return "is damaged: its compressed voxels fail their checksum. Copy it again"
    return "" if content.eof else "is truncated: its compressed voxels end early. Copy it again"
