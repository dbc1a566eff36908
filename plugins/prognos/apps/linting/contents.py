"""The files of a bundle that are no configs: weights and a log format without code in them, and no code."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from prognos.apps.linting.findings import Finding

__all__ = ["judge_files", "judge_importable", "judge_logging", "unknown_origins"]

IMPORTABLE = frozenset({".py", ".pyc", ".pyd", ".so"})
"""Endings of files that Python imports."""

CODE = IMPORTABLE | {
    ".bat",
    ".dll",
    ".dylib",
    ".egg",
    ".exe",
    ".jar",
    ".pth",
    ".ps1",
    ".pyo",
    ".pyw",
    ".pyx",
    ".sh",
    ".whl",
}
"""Endings of files that are, or may be, programs. ``.pth`` is one unless it lies in ``models/``."""

PICKLED = frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth", ".th", ".ts"})
"""Endings of files that torch or pickle wrote."""

ARRAYS = frozenset({".npy", ".npz"})
"""Endings of files that numpy wrote; an array of Python objects is a pickle."""

WEIGHTS = PICKLED | {".safetensors"}
"""Endings of files whose origin somebody should have written down."""

CACHES = frozenset({".git", "__pycache__", "runs"})
"""Folders that are no part of a bundle, except for the code in them."""


def judge_files(root: Path) -> Iterator[Finding]:
    """Yield files of a bundle that are code, may run code when read, or are not what their digest says.

    Nothing is executed: safetensors have a header of text, and torch's restricted reader stops before anything in a
    pickle could run.

    Args:
        root: folder of the bundle.
    """
    for path in _files(root):
        name, kind = str(path.relative_to(root)), path.suffix.lower()
        if kind in CODE and not (kind == ".pth" and path.parent.name == "models"):
            yield Finding(name, "", "is code; a bundle holds values alone. Install the code as a package.")
            continue
        reason = ""
        if kind == ".safetensors":
            reason = _judge_safetensors(path)
        elif kind in PICKLED:
            reason = _judge_pickled(path)
        elif kind in ARRAYS:
            reason = _judge_array(path)
        if reason := reason or (_judge_digest(path) if kind in WEIGHTS else ""):
            yield Finding(name, "", reason)
    yield from _judge_downloads(root)


def judge_importable(root: Path) -> Iterator[Finding]:
    """Yield files that a run could import by mistake, because MONAI puts the bundle before the installed packages.

    Args:
        root: folder of the bundle.
    """
    for path in sorted([*root.glob("*"), *root.glob("*/*")]):
        if path.suffix.lower() in IMPORTABLE and path.is_file():
            message = (
                "is code that a run would prefer to installed packages. Install it as a package, outside the bundle."
            )
            yield Finding(str(path.relative_to(root)), "", message)


def unknown_origins(root: Path) -> list[str]:
    """Weights of which no file says what they were trained on."""
    found = [path for path in _files(root) if path.suffix.lower() in WEIGHTS]
    return [str(path.relative_to(root)) for path in found if not _beside(path).is_file()]


def judge_logging(root: Path) -> Iterator[Finding]:
    """Yield what a bundle's log format would run: Python evaluates parts of it.

    Args:
        root: folder of the bundle.
    """
    from monai.bundle import workflows  # here: it takes seconds

    for path in sorted((root / "configs").glob("*.conf")):
        try:
            workflows._reject_executable_logging_config(str(path))
        except ValueError as error:
            reason = str(error).replace(str(path), path.name)
            yield Finding(str(path.relative_to(root)), "", f"{reason} Use StreamHandler and plain values.")


def _files(root: Path) -> list[Path]:
    """Files of a bundle in a fixed order."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in found if not CACHES & set(path.relative_to(root).parts) or path.suffix.lower() in CODE]


def _judge_safetensors(path: Path) -> str:
    """Reason against a safetensors file; empty when its header is whole."""
    from safetensors import SafetensorError, safe_open  # here: it loads torch

    try:
        with safe_open(path, framework="numpy") as file:
            file.keys()
    except (SafetensorError, OSError) as error:
        return f"is no whole safetensors file ({error}). Copy it again."
    return ""


def _judge_pickled(path: Path) -> str:
    """Reason against a file of torch; empty when it holds tensors and plain values alone."""
    import torch  # here: it takes seconds

    if _is_program(path):
        return "is a TorchScript program, not weights. Ship the weights; the network is built by the config."
    try:
        torch.load(path, map_location="meta", weights_only=True)
    except pickle.UnpicklingError:
        return "holds more than tensors: reading it could run code. Save a state dictionary, best as safetensors."
    except Exception as error:  # a damaged file raises many kinds
        return f"cannot be read as weights ({type(error).__name__}). Save a state dictionary, best as safetensors."
    return ""


def _is_program(path: Path) -> bool:
    """Whether a file is a TorchScript archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("constants.pkl") or "/code/" in name for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _judge_array(path: Path) -> str:
    """Reason against a file of numpy; empty when its headers promise numbers."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                has_objects = _has_objects(file)
        else:
            with zipfile.ZipFile(path) as archive:
                has_objects = any(_has_objects(archive.open(name)) for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        return f"is no file of numpy ({type(error).__name__}). Copy it again."
    return "holds objects of Python: reading it could run code. Save numbers alone." if has_objects else ""


def _has_objects(stream: IO[bytes]) -> bool:
    """Whether the header of an array says that it was pickled."""
    from numpy.lib import format as layout  # here: it takes a while

    version = layout.read_magic(stream)
    read = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
    return bool(read(stream)[2].hasobject)


def _judge_digest(path: Path) -> str:
    """Reason against weights that are not those of the provenance beside them; empty when there is none."""
    from prognos.networks import require_intact  # here: it loads torch

    try:
        require_intact(path)
    except ValueError as error:
        return str(error).removeprefix(f"{path}: ").replace(f"{path.parent}/", "")
    return ""


def _judge_downloads(root: Path) -> Iterator[Finding]:
    """Yield what MONAI would download, or has downloaded, without anybody knowing its content."""
    from monai.bundle import ConfigParser  # here: it takes seconds

    for path in sorted(root.glob("large_files.*")):
        try:
            entries = [dict(entry) for entry in ConfigParser.load_config_file(str(path))["large_files"]]
        except Exception as error:  # of JSON, YAML or its absence
            yield Finding(path.name, "", f"is no list of large_files ({type(error).__name__}). Write it as MONAI does.")
            continue
        for number, entry in enumerate(entries):
            if reason := _judge_download(root, entry):
                yield Finding(path.name, f"large_files::{number}", reason)


def _judge_download(root: Path, entry: Mapping[str, Any]) -> str:
    """Reason against one file that is downloaded; empty when its digest is given, and fits where the file is there."""
    file = (root / str(entry.get("path"))).resolve()
    wanted, kind = str(entry.get("hash_val") or ""), str(entry.get("hash_type") or "md5")
    if not file.is_relative_to(root.resolve()):
        return "lies outside of the bundle. Name a place in it."
    if not wanted or kind not in hashlib.algorithms_guaranteed:
        return "is downloaded without a digest, so that nobody would notice other content. Add hash_val and hash_type."
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, kind).hexdigest()
    return (
        "" if found == wanted.lower() else f"has another {kind} than {wanted[:12]}...: it was changed. Copy it again."
    )


def _beside(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.provenance.json")
