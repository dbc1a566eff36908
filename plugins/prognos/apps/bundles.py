"""``prognos bundles``: where the bundles and overlays lie, and a copy of a bundle to work on."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

from fire.decorators import SetParseFn

import prognos

__all__ = ["BUNDLES", "bundles", "copy_bundle", "find_bundle", "find_overlay", "list_bundles"]


def bundles() -> dict[str, Path]:
    """Folder of each bundle by name: those of the installed package, or of the repository it is installed from."""
    folders = sorted(path.parent.parent for path in (_share() / "bundles").glob("*/configs/metadata.json"))
    return {folder.name: folder for folder in folders}


def find_bundle(name: str | Path) -> Path:
    """Folder of a bundle.

    Args:
        name: name of one of :func:`bundles`, or the path of any bundle.

    Raises:
        ValueError: when it is neither.
    """
    known = bundles()
    if (Path(name) / "configs").is_dir():
        return Path(name).resolve()
    if str(name) not in known:
        raise ValueError(
            f"{str(name)!r} is neither a folder with configs/ nor the name of a bundle{_nearest(str(name), known)}"
        )
    return known[str(name)]


def find_overlay(name: str | Path, bundle: Path) -> Path:
    """Config file that changes a run.

    Args:
        name: path of a file, or the name, with or without ``.json``, of one of the bundle's configs or of the overlays
            that serve every bundle.
        bundle: folder of the bundle.

    Raises:
        ValueError: when there is no such file.
    """
    if Path(name).is_file():
        return Path(name)
    folders = bundle / "configs", _share() / "configs"
    known = {path.stem: path for folder in reversed(folders) for path in folder.rglob("*.json")}
    known.pop("metadata", None)
    if Path(name).stem not in known or len(Path(name).parts) > 1:
        raise ValueError(
            f"{str(name)!r} is neither a file nor the name of an overlay{_nearest(Path(name).stem, known)}"
        )
    return known[Path(name).stem]


def list_bundles() -> None:
    """Print the name and the folder of each bundle."""
    for name, folder in bundles().items():
        print(f"{name:24} {folder}")


@SetParseFn(str)  # fire reads the folder 2024 as a number
def copy_bundle(name: str, folder: str) -> None:
    """Copy a bundle, to change its configs or to train in it.

    Args:
        name: name of the bundle.
        folder: where to; must not exist yet.

    Raises:
        ValueError: when there is no such bundle, or when the folder exists.
    """
    source, target = find_bundle(name), Path(folder)
    if target.exists():
        raise ValueError(f"{target} exists already and is left as it is. Name a new folder.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    unfinished.replace(target)
    print(f"{source.name} was copied to {target}. Run it with: prognos run {target} inference")


BUNDLES = {"list": list_bundles, "copy": copy_bundle}
"""The two things ``prognos bundles`` can do."""


def _share() -> Path:
    """Folder that holds ``bundles/`` and ``configs/``: inside an installed package, at the top of a repository."""
    package = Path(prognos.__file__).parent
    return package / "share" if (package / "share").is_dir() else package.parents[1]


def _nearest(name: str, known: dict[str, Path]) -> str:
    """End of a sentence that offers the most similar name, or all."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known)) or 'none'}."
