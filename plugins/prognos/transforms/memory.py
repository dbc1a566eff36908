"""Whether a volume fits into memory, asked before it is read: a header of a few bytes can promise terabytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import prod
from pathlib import Path

import itk

__all__ = ["available_memory", "memory_fault", "promised_bytes"]

VOLUMES = 3
"""Memory that the extraction of a scan is given, in volumes of its image; it was measured to take two."""

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that this process may still take without harm to others; None where the system does not say."""
    known = [value for value in (_of_system(), _of_container()) if value is not None]
    return min(known, default=None)


def memory_fault(shape: Sequence[int], bytes_each: int) -> str:
    """What keeps a volume from being read into memory; empty when it fits, or when nobody knows.

    Args:
        shape: voxels along each axis, as its header promises.
        bytes_each: size of a voxel.

    Returns:
        Found, expected and remedy, in words, without the path and without full stop.
    """
    needed, available = VOLUMES * prod(shape) * bytes_each, available_memory()
    if available is None or needed <= available:
        return ""
    return (
        f"its header promises {' x '.join(map(str, shape))} voxels, which need {needed / 1e9:.1f} GB of memory; "
        f"{available / 1e9:.1f} GB are free. Use fewer processes or a machine with more memory; if the scan is not "
        f"that large, its header is damaged: export it again"
    )


def promised_bytes(path: Path) -> tuple[tuple[int, ...], int] | None:
    """Shape and size of a voxel by the header of a NIfTI, NRRD or MHA file; None when ITK cannot read that.

    Args:
        path: the file; no voxel of it is read.
    """
    try:
        reader = itk.ImageIOFactory.CreateImageIO(str(path), itk.CommonEnums.IOFileMode_ReadMode)
        reader.SetFileName(str(path))
        reader.ReadImageInformation()
        shape = tuple(int(reader.GetDimensions(axis)) for axis in range(reader.GetNumberOfDimensions()))
        return shape, int(reader.GetComponentSize()) * int(reader.GetNumberOfComponents())
    except Exception:  # whoever reads the file says what is wrong with it
        return None


def _of_system() -> int | None:
    """Memory that the machine has left, swap aside."""
    try:
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _of_container() -> int | None:
    """Memory that the container has left, files it could forget included; None outside of one, or without a limit."""
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return None
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        counts = dict(line.split() for line in (_CGROUP / "memory.stat").read_text(encoding="ascii").splitlines())
        cached = sum(int(counts.get(name, 0)) for name in ("active_file", "inactive_file", "slab_reclaimable"))
        return max(0, min(int(limit), int(limit) - used + cached))
    except (OSError, ValueError):
        return None
