"""The catalogue of entry points, with a third-party package that is a folder on the path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from prognos.components import GROUPS, available, create
from third_party import make_distribution


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one working and one broken network."""
    make_distribution(
        tmp_path,
        "third-party",
        "[prognos.networks]\nTheirs = third_party_good:Theirs\nBroken = third_party_broken:Broken\n",
        {
            "third_party_good": "class Theirs:\n    def __init__(self, width):\n        self.width = width\n",
            "third_party_broken": "import a_module_that_is_not_installed\n",
        },
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_component_of_another_package_is_created_by_name(third_party: Path) -> None:
    assert create("prognos.networks", "Theirs", width=3).width == 3


def test_listing_imports_nothing(third_party: Path) -> None:
    assert {"Theirs", "Broken"} <= available("prognos.networks").keys()
    assert "third_party_broken" not in sys.modules


def test_a_broken_package_breaks_only_the_run_that_asks_for_it(third_party: Path) -> None:
    assert create("prognos.networks", "Theirs", width=1).width == 1
    with pytest.raises(ValueError, match="Mend or uninstall third-party"):
        create("prognos.networks", "Broken")


def test_a_name_that_two_packages_declare_is_refused(third_party: Path) -> None:
    make_distribution(third_party / "other", "other", "[prognos.networks]\nTheirs = elsewhere:Theirs\n", {})
    sys.path.insert(0, str(third_party / "other"))
    try:
        with pytest.raises(ValueError, match="declared twice"):
            available("prognos.networks")
    finally:
        sys.path.remove(str(third_party / "other"))


def test_an_unknown_name_is_answered_with_those_installed() -> None:
    with pytest.raises(ValueError, match=r"installed: .*CoxLoss"):
        create("prognos.losses", "CoxLos")


def test_an_unknown_group_is_answered_with_the_groups() -> None:
    with pytest.raises(ValueError, match=r"the groups are prognos\.networks"):
        available("prognos.models")


def test_every_group_is_a_room_of_the_package() -> None:
    import prognos

    rooms = {path.parent.name for path in Path(prognos.__file__).parent.glob("*/__init__.py")}
    assert {group.removeprefix("prognos.") for group in GROUPS} <= rooms
