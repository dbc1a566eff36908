"""Paths that name a part of what lies at them: ``seg.dcm::2`` is the second segment, ``study::1`` the first series."""

from __future__ import annotations

from pathlib import Path

__all__ = ["split_part"]

MARK = "::"
"""Stands between a path and the part of it that is meant, as between the names of an identifier in a bundle."""


def split_part(path: str | Path) -> tuple[Path, str]:
    """Path of the file or folder, and the part of it that is meant.

    Args:
        path: a path, with or without ``::`` and a part after the last of its names. A file whose own name holds the
            mark is taken as it is; a part holds no ``/``.

    Returns:
        The path without the part, and the part; empty when the whole is meant.
    """
    text = str(path)
    head, mark, part = text.rpartition(MARK)
    if not mark or not head or "/" in part or Path(text).exists():
        return Path(text), ""
    return Path(head), part.strip()
