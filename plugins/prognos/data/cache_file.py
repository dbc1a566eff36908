"""A file of a cache: read where it is whole, made again where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from prognos.files import is_torn, written_whole

__all__ = ["load_or_make"]


def load_or_make(file: Path, make: Callable[[], Any], is_usable: Callable[[Any], bool]) -> Any:
    """Read a record of plain tensors from a cache, or make it and keep it there.

    Args:
        file: where the record is, or will be; written whole or not at all.
        make: what makes the record when there is no file, or one that is damaged, whatever the damage.
        is_usable: whether what the file holds is such a record; an error counts as no.

    Returns:
        The record.
    """
    record = _load(file, is_usable)
    if record is None:
        record = make()
        with written_whole(file) as temporary, temporary.open("wb") as stream:
            torch.save(record, stream)
    return record


def _load(file: Path, is_usable: Callable[[Any], bool]) -> Any:
    """Record of a file; None when there is none or it is damaged."""
    if not file.is_file() or is_torn(file):
        return None
    try:
        record = torch.load(file, weights_only=True)
        return record if is_usable(record) else None
    except Exception:  # torch raises a dozen kinds for a damaged file; whatever it is, the record is made anew
        return None
