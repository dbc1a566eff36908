"""Public names of a room that are imported at first use.

``import monai`` alone loads itk and tensorboard. A room whose parts extend MONAI's classes therefore announces their
names without importing them, so that its plain functions, and a look at what it holds, need no image library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_exports"]


def lazy_exports(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a package (PEP 562).

    Args:
        package: name of the package, its ``__name__``.
        homes: module inside the package in which each public name lives.

    Returns:
        Function that imports the module of a name and returns what the name stands for.

    Example:
        >>> import sys
        >>> lazy_exports("prognos.config", {"EVENT": "keys"})("EVENT")
        1
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return get
