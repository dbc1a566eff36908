"""What the package declares in its metadata exists and bears the name it is declared under."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, distribution

import pytest

from prognos.components import GROUPS, available

OURS = [(group, point) for group in GROUPS for point in available(group).values() if point.dist.name == "prognos"]


@pytest.mark.parametrize(("group", "point"), OURS, ids=lambda item: getattr(item, "name", item))
def test_every_entry_point_loads_the_class_of_its_name(group: str, point: EntryPoint) -> None:
    assert point.load().__name__ == point.name
    assert point.module.startswith(group), "the group is the folder, the value the public path"
    assert point.name in importlib.import_module(point.module).__all__


def test_every_room_offers_something() -> None:
    assert {group for group, _ in OURS} == set(GROUPS)


def test_the_command_is_declared() -> None:
    scripts = {point.name: point for point in distribution("prognos").entry_points if point.group == "console_scripts"}
    assert callable(scripts["prognos"].load())
