"""``prognos plugins``: the list of what is installed."""

from __future__ import annotations

import pytest

from prognos import __version__
from prognos.apps.plugins import plugins


def test_group_name_path_package_and_version_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    plugins()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["prognos.losses"] in lines
    assert ["CoxLoss", "prognos.losses:CoxLoss", "prognos", __version__] in lines
