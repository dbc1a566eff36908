"""What docs/how-to/own-weights.md shows of files of weights is so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from documents import ROOT, blocks
from prognos.apps.run import open_stage
from prognos.networks import fingerprint, read_provenance
from prognos.networks.nets import StyleGAN2Generator
from stylegan2_files import initialised, official_bytes, official_module

PAGE = ROOT / "docs" / "how-to" / "own-weights.md"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_look_at_a_foreign_generator_and_a_provenance_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    look, write = blocks(PAGE, "python")
    network = initialised(StyleGAN2Generator(16, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8))
    Path("generator.pkl").write_bytes(official_bytes(G_ema=official_module(network)))
    exec(compile(look, str(PAGE), "exec"), {})
    said = capsys.readouterr().out
    assert "'resolution': 16" in said
    assert fingerprint(network) in said

    Path("ranker").mkdir()
    Path("ranker/model.pt").write_bytes(b"weights")
    exec(compile(write, str(PAGE), "exec"), {})
    assert read_provenance("ranker/model.pt").trained_on == "patients"


def test_the_overlay_begins_network_and_average_with_the_file() -> None:
    (overlay,) = blocks(PAGE, "json")
    Path("from_ranker.json").write_text(overlay)
    parser = open_stage("lesion_prioritization", "train", overlay="from_ranker.json", device="cpu").parser
    given = {
        name: torch.full_like(tensor, 3)
        for name, tensor in parser.get_parsed_content("network_def").state_dict().items()
    }
    Path("ranker").mkdir()
    save_file(given, Path(json.loads(overlay)["start_file"]))
    parser.get_parsed_content("initialize")
    for name in ("network", "averaged_network"):
        state = parser.get_parsed_content(name).state_dict()
        assert [key for key, tensor in state.items() if not torch.equal(tensor, given[key])] == []
