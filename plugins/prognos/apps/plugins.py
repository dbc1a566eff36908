"""``prognos plugins``: what installed packages offer as components."""

from __future__ import annotations

from prognos.components import GROUPS, available

__all__ = ["plugins"]


def plugins() -> None:
    """List the components that installed packages offer.

    Group, name, public path, package and version of each; nothing is imported, so a broken package is listed too.
    """
    for group in GROUPS:
        print(group)
        for name, point in available(group).items():
            package = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown package"
            print(f"  {name:28} {point.value:48} {package}")
