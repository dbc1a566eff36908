"""The name under which a cache keeps what was made from a scan: its files and the settings, nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prognos.config import keys
from prognos.config.parts import split_part
from prognos.data.file_digest import file_digest

__all__ = ["scan_digest"]


def scan_digest(scan: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """SHA-256 of the content of a scan's files and of the settings; no path, reader, outcome or identifier enters.

    Args:
        scan: ``image``, ``annotations`` and perhaps ``organ_mask``, as :func:`prognos.data.join_annotations` gives it.
        settings: everything else the outcome depends on, as plain values.

    Returns:
        Hexadecimal digits.
    """
    content = {
        keys.IMAGE: _digest_path(scan[keys.IMAGE]),
        keys.ORGAN_MASK: _digest_path(scan.get(keys.ORGAN_MASK)),
        keys.ANNOTATIONS: [
            [_digest_files(annotation[keys.MASK]), _digest_files(annotation.get("followup_mask"))]
            for annotation in scan[keys.ANNOTATIONS]
        ],
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _digest_files(paths: Sequence[str] | None) -> list[list[str]]:
    """Name and content of each file; the name, because it identifies a lesion where each file is one, and a part."""
    return [[Path(path).name, _digest_path(path)] for path in paths or []]


def _digest_path(path: str | None) -> str:
    """Digest of the content of a file, or of the files of a folder; empty when there is none."""
    if not path:
        return ""
    whole, part = split_part(path)
    try:
        files = sorted(file for file in whole.iterdir() if file.is_file()) if whole.is_dir() else [whole]
    except OSError:
        files = []  # whoever reads it says so in better words, without its path
    return ",".join(file_digest(file) for file in files) + (f"::{part}" if part else "")
