"""Imports go only down the rooms, and nobody opens a room without a topic."""

from __future__ import annotations

from pathlib import Path

import prognos

PACKAGE = Path(prognos.__file__).parent
ROOMS = {
    "apps",
    "config",
    "data",
    "engines",
    "estimators",
    "handlers",
    "inferers",
    "losses",
    "metrics",
    "networks",
    "transforms",
    "visualize",
}


def test_the_layers_hold(capfd) -> None:
    from importlinter.api import read_configuration  # noqa: F401 - the tool must be installed
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    status = lint_imports(config_filename=str(Path(__file__).parents[2] / "pyproject.toml"), is_debug_mode=False)
    assert status == EXIT_STATUS_SUCCESS, capfd.readouterr().out


def test_every_room_is_one_of_the_layers() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == ROOMS


def test_no_file_is_without_a_topic() -> None:
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "helpers", "common", "misc", "base"}
