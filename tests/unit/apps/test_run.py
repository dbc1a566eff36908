"""``prognos run``: which files a stage means and which overrides are refused, on a bundle of three lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prognos.apps.run import run
from third_party import make_distribution

TRAIN = {
    "bundle_root": ".",
    "output": "$@bundle_root + '/out.txt'",
    "epochs": 3,
    "train": {"trainer": {"max_epochs": "@epochs"}, "handlers": [{"name": "first"}]},
    "write": {"_target_": "tiny_parts.write", "path": "@output", "number": "@train::trainer::max_epochs"},
    "run": ["@write"],
}


PARTS = "def write(path, number):\n    open(path, 'w').write(str(number))\n"


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle whose run writes its number of epochs, with a part of an installed plugin."""
    make_distribution(
        tmp_path / "site", "tiny-parts", "[prognos.handlers]\nwrite = tiny_parts:write\n", {"tiny_parts": PARTS}
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    configs = tmp_path / "tiny" / "configs"
    configs.mkdir(parents=True)
    (configs / "train.json").write_text(json.dumps(TRAIN))
    (configs / "evaluate.json").write_text(json.dumps({"epochs": 7}))
    (configs / "metadata.json").write_text("{}")
    return configs.parent


def test_a_stage_runs_with_the_root_of_its_bundle(bundle: Path) -> None:
    run(str(bundle), "train")
    assert (bundle / "out.txt").read_text() == "3"


def test_evaluate_is_an_overlay_on_train(bundle: Path) -> None:
    run(str(bundle), "evaluate")
    assert (bundle / "out.txt").read_text() == "7"


def test_overlays_and_overrides_are_applied_in_this_order(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "five.json").write_text(json.dumps({"epochs": 5, "extra": 1}))
    run(str(bundle), "train", overlay=str(tmp_path / "five.json"))
    assert (bundle / "out.txt").read_text() == "5"
    run(str(bundle), "train", overlay=str(tmp_path / "five.json"), epochs=6)
    assert (bundle / "out.txt").read_text() == "6"


@pytest.mark.parametrize("key", ["train::trainer::max_epochs", "train#trainer#max_epochs"])
def test_a_nested_override_is_accepted_in_both_spellings(bundle: Path, key: str) -> None:
    run(str(bundle), "train", **{key: 9})
    assert (bundle / "out.txt").read_text() == "9"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("epoch", "epochs"),
        ("max_epoch", "train::trainer::max_epochs"),
        ("train::trainer::maxepochs", "train::trainer::max_epochs"),
        ("train#trainr#max_epochs", "train::trainer::max_epochs"),
        ("trackin", "tracking"),
    ],
)
def test_a_mistyped_override_is_refused_with_the_nearest_key(bundle: Path, typed: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"no --{typed}; did you mean --{meant}"):
        run(str(bundle), "train", **{typed: 1})
    assert not (bundle / "out.txt").exists()


def test_a_none_that_monai_would_drop_is_refused(bundle: Path) -> None:
    with pytest.raises(ValueError, match=r"write --epochs '\$None'"):
        run(str(bundle), "train", epochs=None)


def test_an_unknown_stage_is_refused_with_the_nearest(bundle: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'train'"):
        run(str(bundle), "trian")
    with pytest.raises(ValueError, match=r"tiny has no stage 'inference': configs/inference.json is missing"):
        run(str(bundle), "inference")
