"""An overlay puts the network of another package into a bundle; package and overlay are those of the how-to."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import monai.bundle
import pytest
import torch

from prognos.__main__ import main
from prognos.inferers import LesionRankingInferer
from third_party import make_distribution

CONFIGS = Path(__file__).parents[2] / "bundles" / "lesion_prioritization" / "configs"

HOW_TO = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md").read_text(encoding="utf-8")
THEIRS, METADATA, OVERLAY = (
    re.findall(rf"```{kind}\n(.*?)```", HOW_TO, re.DOTALL)[0] for kind in ("python", "toml", "json")
)


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The overlay, with the other package installed."""
    groups = tomllib.loads(METADATA)["project"]["entry-points"]
    entry_points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in groups.items()
    )
    make_distribution(tmp_path / "site", "their-package", entry_points, {"their_package": THEIRS})
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    path = tmp_path / "their_network.json"
    path.write_text(OVERLAY)
    return path


@pytest.mark.parametrize("stage", ["train", "inference"])
def test_the_network_of_a_bundle_is_swapped_by_an_overlay(stage: str, overlay: Path) -> None:
    parser = monai.bundle.ConfigParser()
    parser.read_config([str(CONFIGS / f"{stage}.json"), str(overlay)])
    parser["device"] = "cpu"
    network = parser.get_parsed_content("network")
    assert type(network).__name__ == "VolumeRanker"
    volume = torch.tensor([[torch.e**2, 0.0]])
    output = LesionRankingInferer()(torch.zeros(1, 2, 72, 72), network, volume)
    torch.testing.assert_close(output["log_hazard"], torch.tensor([[1.0]]))


def test_without_the_other_package_only_the_run_that_asks_for_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "their_network.json"
    path.write_text(OVERLAY)
    parser = monai.bundle.ConfigParser()
    parser.read_config([str(CONFIGS / "train.json"), str(path)])
    assert parser.get_parsed_content("loss") is not None
    with pytest.raises(RuntimeError) as caught:
        parser.get_parsed_content("network_def")
    assert "no component 'VolumeRanker' in 'prognos.networks'" in str(caught.value.__cause__)


def test_the_command_names_the_package_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    overlay = dict(json.loads(OVERLAY), initialize=["$@network_def"], run=["$1"])
    (tmp_path / "theirs.json").write_text(json.dumps(overlay))
    assert main(["run", "lesion_prioritization", "train", "--overlay", "theirs.json"]) == 1
    shown = capsys.readouterr()
    assert "error: no component 'VolumeRanker' in 'prognos.networks'" in shown.err
