"""Finding and copying bundles and overlays."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.apps.bundles import bundles, copy_bundle, find_bundle, find_overlay, list_bundles

NAME = "lesion_prioritization"


def test_a_bundle_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    assert find_bundle(NAME) == bundles()[NAME]
    (tmp_path / "own" / "configs").mkdir(parents=True)
    assert find_bundle(tmp_path / "own") == tmp_path / "own"


def test_a_mistyped_bundle_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=f"did you mean '{NAME}'"):
        find_bundle("lesion_prioritisation")


def test_the_list_shows_name_and_folder(capsys: pytest.CaptureFixture[str]) -> None:
    list_bundles()
    assert f"{bundles()[NAME]}\n" in capsys.readouterr().out


def test_a_copy_holds_every_file_of_the_bundle(tmp_path: Path) -> None:
    copy_bundle(NAME, str(tmp_path / "mine"))
    copied = {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    assert {Path("LICENSE"), Path("configs/train.json"), Path("configs/inference.json")} <= copied
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exists already"):
        copy_bundle(NAME, str(tmp_path))


def test_an_overlay_is_found_by_path_and_by_name_of_the_bundle(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text("{}")
    assert find_overlay(own, find_bundle(NAME)) == own
    assert find_overlay("evaluate", find_bundle(NAME)).parts[-2:] == ("configs", "evaluate.json")
    with pytest.raises(ValueError, match="did you mean 'evaluate'"):
        find_overlay("evaluat.json", find_bundle(NAME))
