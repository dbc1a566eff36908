"""Catalogue of the components that installed packages declare as entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

__all__ = ["GROUPS", "available", "create"]

GROUPS = (
    "prognos.networks",
    "prognos.losses",
    "prognos.metrics",
    "prognos.handlers",
    "prognos.transforms",
    "prognos.inferers",
)
"""Groups of entry points; each bears the name of the folder whose components it lists."""


def available(group: str) -> dict[str, EntryPoint]:
    """Entry points of one group by name, without importing them.

    Raises:
        ValueError: when the group is unknown, or when two packages declare the same name.
    """
    if group not in GROUPS:
        raise ValueError(f"unknown plugin group {group!r}; the groups are {', '.join(GROUPS)}.")
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise ValueError(
                f"{point.name!r} is declared twice in {group!r}: by {other.value} and by {point.value}. "
                f"Uninstall one of the packages or rename its entry point."
            )
    return dict(sorted(found.items()))


def create(group: str, name: str, **arguments: Any) -> Any:
    """Build a component by its entry point name, for use as ``_target_`` in a bundle.

    Args:
        group: one of :data:`GROUPS`.
        name: name of the entry point.
        arguments: given to the component as they are.

    Returns:
        What the component makes of ``arguments``.

    Raises:
        ValueError: when no installed package declares the name, or when the package that does cannot be imported.

    Example:
        >>> create("prognos.losses", "CoxLoss", ties="breslow").ties
        'breslow'
    """
    points = available(group)
    if name not in points:
        raise ValueError(f"no component {name!r} in {group!r}; installed: {', '.join(points) or 'none'}.")
    point = points[name]
    try:
        component = point.load()
    except Exception as error:  # whatever a foreign module may raise while it is imported
        package = point.dist.name if point.dist else "an installed package"
        raise ValueError(
            f"{name!r} of {group!r} cannot be loaded from {point.value}: {error!r}. "
            f"Mend or uninstall {package}; nothing else is affected."
        ) from error
    return component(**arguments)
