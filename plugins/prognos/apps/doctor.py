"""``prognos doctor``: the usual reasons why an installation does not work, found without tripping over them."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

__all__ = ["InstallationError", "doctor"]

GIB = 2**30
"""Bytes in a gibibyte."""

MEMORY_NEEDED = 4
"""GiB of free memory that the shipped demo and an inference on one CT want."""

DISK_NEEDED = 5
"""GiB of free disk that a lesion cache and the runs of a cohort of 258 patients want."""


class InstallationError(ValueError):
    """The machine or the environment lacks something; the message says what and how to mend it."""


def doctor() -> None:
    """Look for what is wrong with this machine and installation.

    Prints versions, device, free memory and disk, optional packages and every problem with its remedy. The exit status
    is 1 when there is a problem.
    """
    print(f"Python {platform.python_version()} at {sys.executable}, {platform.platform()}")
    problems = _show_packages() + _torchvision_clash() + _show_machine()
    if not problems:
        print("No problem found.")
        return
    raise InstallationError(f"{len(problems)} problem(s):\n" + "\n".join(f"  {problem}" for problem in problems))


def _show_packages() -> list[str]:
    """Print the version of each package that we ask for; the required ones must be there."""
    problems = []
    wanted = [line for line in requires("prognos") or [] if not re.search(r"extra\s*==\s*['\"]test", line)]
    for line in wanted:
        name = re.split(r"[^\w.-]", line)[0]
        is_optional = "extra ==" in line
        found = _version(name)
        print(f"  {name:28} {found or ('not installed, optional' if is_optional else 'MISSING')}")
        if not found and not is_optional:
            problems.append(f"{name} is not installed. Install prognos again: pip install prognos")
    return problems


def _torchvision_clash() -> list[str]:
    """Compare torchvision with torch from their metadata: importing a clashing pair would fail."""
    torch, vision = _version("torch"), _version("torchvision")
    if vision is None:
        print("  torchvision                  not installed, and not needed")
        return []
    pattern = r"torch\s*\(?==\s*([\w.]+)"
    wanted = next((match[1] for line in requires("torchvision") or [] if (match := re.match(pattern, line))), None)
    print(f"  torchvision                  {vision}, made for torch {wanted or 'of any version'}")
    if torch is None or wanted is None or torch.split("+")[0] == wanted.split("+")[0]:
        return []
    return [
        f"torchvision {vision} was made for torch {wanted}, but torch {torch} is installed: importing torchmetrics, "
        f"and so torchsurv, then fails. prognos does not need it: pip uninstall torchvision"
    ]


def _show_machine() -> list[str]:
    """Print device, processors, free memory and free disk."""
    problems = []
    memory, disk = _free_memory(), shutil.disk_usage(Path.cwd()).free / GIB
    print(f"  device                       {_device()}")
    print(f"  processors                   {_processors()}")
    print(f"  free memory                  {'unknown' if memory is None else f'{memory:.1f} GiB'}")
    print(f"  free disk here               {disk:.1f} GiB")
    if memory is not None and memory < MEMORY_NEEDED:
        problems.append(f"only {memory:.1f} GiB of memory are free, expected {MEMORY_NEEDED}. Close other programs.")
    if disk < DISK_NEEDED:
        problems.append(f"only {disk:.1f} GiB of disk are free here, expected {DISK_NEEDED}. Work on another disk.")
    return problems


def _device() -> str:
    """Where a bundle would run."""
    try:
        import torch  # here, because a broken torch is one of the things to find
    except (ImportError, OSError) as error:
        return f"none: torch cannot be imported ({error})"
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name(0)}, {torch.cuda.mem_get_info(0)[0] / GIB:.1f} GiB free"
    build = "torch was built without CUDA" if torch.version.cuda is None else "no usable NVIDIA device"
    return f"CPU ({build})"


def _processors() -> int:
    """Number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free_memory() -> float | None:
    """Memory that new work can have, GiB; None where the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(found[1]) * 1024 / GIB if found else None


def _version(name: str) -> str | None:
    """Installed version of a distribution."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
