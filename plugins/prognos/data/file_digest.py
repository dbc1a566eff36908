"""Digest of a file's content: in the names of a cache, and for a file whose path must not travel."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["file_digest", "identify_file"]

SHOWN_DIGITS = 16
"""Hexadecimal digits of a digest that tell files apart, 64 bits."""


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file, computed once in a process for each state of the file.

    Args:
        path: of the file.

    Returns:
        Hexadecimal digits; empty when there is no such file or it cannot be opened, which whoever reads it says in
        better words, without its path.
    """
    path = Path(path)
    try:
        facts = path.stat()
        return _digest(str(path.resolve()), facts.st_size, facts.st_mtime_ns) if path.is_file() else ""
    except OSError:
        return ""


def identify_file(path: str | Path | None) -> str | None:
    """Name and content of a file for settings and reports, where its path could name a person or an institution.

    Args:
        path: of the file, or None where there is none.

    Returns:
        ``cohort.csv, sha256 0123456789abcdef``: the same wherever the file lies, another one when its content changes;
        the name alone of a file that cannot be read; None without a path.
    """
    if path is None:
        return None
    digest = file_digest(path)
    return f"{Path(path).name}, sha256 {digest[:SHOWN_DIGITS]}" if digest else Path(path).name


@cache
def _digest(path: str, size: int, modified: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
