"""A distribution of somebody else, as pip would leave it behind in a folder of the path."""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_distribution"]


def make_distribution(folder: Path, name: str, entry_points: str, modules: dict[str, str]) -> None:
    """Write metadata, entry points and modules.

    Args:
        folder: what the caller puts on ``sys.path``.
        name: name of the distribution; its version is 1.2.
        entry_points: content of ``entry_points.txt``.
        modules: source of each module by its name.
    """
    info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source)
