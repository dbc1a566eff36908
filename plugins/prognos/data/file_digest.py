"""Digest of a file's content, the part of a cache's names that follows the data."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["file_digest"]


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


@cache
def _digest(path: str, size: int, modified: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
