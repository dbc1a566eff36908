"""The stage manipulate runs as its config says, on a tiny generator and latents with a planted hazard."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow

from prognos.inferers import EncoderGuess, LatentInversionInferer
from prognos.networks import (
    fingerprint,
    load_latent_encoder,
    load_stylegan2,
    save_latent_encoder,
    save_stylegan2,
    write_provenance,
)
from prognos.networks.nets import LatentEncoder, StyleGAN2Generator

CONFIG = Path(__file__).parents[2] / "bundles/face_prognosis/configs/manipulate.json"
PATIENTS, WIDTH = 60, 8


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generator, encoder, latents and cohort in one folder."""
    folder = tmp_path_factory.mktemp("faces")
    torch.manual_seed(0)
    generator = StyleGAN2Generator(
        resolution=16, z_dim=WIDTH, w_dim=WIDTH, mapping_layers=2, channel_base=128, channel_max=8
    )
    save_stylegan2(folder / "generator.safetensors", G_ema=generator)
    write_provenance(folder / "generator.safetensors", "synthetic", "random weights of a test")
    generator = load_stylegan2(folder / "generator.safetensors")
    encoder = LatentEncoder(16, (WIDTH,), channels=8, channels_max=16, features=16).eval()
    save_latent_encoder(folder / "encoder.safetensors", encoder, fingerprint(generator))
    encoder = load_latent_encoder(folder / "encoder.safetensors")
    header = LatentInversionInferer(EncoderGuess(), encoder=encoder).describe(generator) | {"shape": [WIDTH]}
    random = np.random.default_rng(0)
    latents = random.standard_normal((PATIENTS, WIDTH))
    death = random.exponential(np.exp(-latents[:, 0])) * 1000 + 1
    with (folder / "latents.csv").open("w", newline="") as file:
        file.write(f"# {json.dumps(header)}\n")
        writer = csv.writer(file)
        writer.writerow(["patient_id", "image", *(f"latent_{i:04d}" for i in range(WIDTH))])
        writer.writerows([f"p{i}", f"{i}.png", *row] for i, row in enumerate(latents))
    with (folder / "cohort.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["patient_id", "time", "event", "fold", "age"])
        writer.writerows([f"p{i}", death[i], int(i % 5 > 0), i % 3, 60 + 9 * latents[i, 1]] for i in range(PATIENTS))
    (folder / "dataset.json").write_text(json.dumps({"description": "synthetic latents"}))
    return folder


def manipulate(world: Path, output: Path, **overrides: Any) -> ConfigWorkflow:
    settings = {
        "bundle_root": str(CONFIG.parents[1]),
        "dataset_dir": str(world),
        "latents_file": str(world / "latents.csv"),
        "generator_file": str(world / "generator.safetensors"),
        "encoder_file": str(world / "encoder.safetensors"),
        "output_dir": str(output),
        "search": "@searches::encoder",
        "device": "$torch.device('cpu')",
        "random_directions": 3,
        "checked_patients": 6,
        "drawn_patients": 2,
        "held_portraits": 4,
        "held_iterations": 3,
    }
    workflow = ConfigWorkflow(str(CONFIG), workflow_type="inference", logging_file=False, **(settings | overrides))
    workflow.initialize()
    return workflow


def test_no_property_that_monai_asks_for_is_missing(world: Path, tmp_path: Path) -> None:
    if not CONFIG.with_name("metadata.json").is_file():
        pytest.skip("the bundle has no metadata yet")
    assert manipulate(world, tmp_path).check_properties() == []


def test_the_stage_writes_grids_and_checks(world: Path, tmp_path: Path) -> None:
    manipulate(world, tmp_path).run()
    content = json.loads((tmp_path / "checks.json").read_text())
    assert content["patients"] == content["patients_also_in_the_fit"] == 6
    assert set(content["attributes"]) == {"health", "age"}
    assert len(content["attributes"]["health"]["random"]["random_changes"]) == 3
    assert content["attributes"]["age"]["random"] is None
    assert set(content["saliency"]) == {"face", "around", "clothes", "background"}
    assert "SYNTHETIC" in content["notice"]
    assert len(list(tmp_path.glob("grid_*.png"))) == 6
    assert content["attributes"]["health"]["held"]["regions"] == ["background", "clothes"]
    assert content["directions"]["health, surroundings held"]["price"] >= 1


def test_holding_the_surroundings_can_be_switched_off(world: Path, tmp_path: Path) -> None:
    manipulate(world, tmp_path, held_regions=[], attributes=[]).run()
    content = json.loads((tmp_path / "checks.json").read_text())
    assert content["attributes"]["health"]["held"] is None
    assert "health, surroundings held" not in content["directions"]


def test_patients_can_be_shown_that_no_direction_was_fitted_on(world: Path, tmp_path: Path) -> None:
    manipulate(world, tmp_path, fold=0, fitted_subset="train", shown_subset="test", show_portraits=False).run()
    assert json.loads((tmp_path / "checks.json").read_text())["patients_also_in_the_fit"] == 0


def test_both_stages_search_alike_unless_told_otherwise() -> None:
    """With other defaults, portraits could not be edited with latents that the embed stage found by its defaults."""
    embed, edit = (json.loads(CONFIG.with_name(name).read_text()) for name in ("embed.json", "manipulate.json"))
    shared = ("seed", "precision", "evaluations", "prior", "perceptual", "perceptual_weight", "searches", "search")
    assert {name: edit[name] for name in shared} == {name: embed[name] for name in shared}


def test_latents_found_by_another_search_are_refused(world: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as caught:
        manipulate(world, tmp_path, search="@searches::fast").run()
    assert "embedded differently" in _messages(caught.value)
    assert "method: encoder there, quasi-newton here" in _messages(caught.value)


def test_latents_of_another_generator_are_refused(world: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    other = StyleGAN2Generator(
        resolution=16, z_dim=WIDTH, w_dim=WIDTH, mapping_layers=2, channel_base=128, channel_max=8
    )
    save_stylegan2(tmp_path / "other.safetensors", G_ema=other)
    encoder = load_latent_encoder(world / "encoder.safetensors")
    save_latent_encoder(
        tmp_path / "encoder.safetensors", encoder, fingerprint(load_stylegan2(tmp_path / "other.safetensors"))
    )
    with pytest.raises(RuntimeError) as caught:
        manipulate(
            world,
            tmp_path,
            generator_file=str(tmp_path / "other.safetensors"),
            encoder_file=str(tmp_path / "encoder.safetensors"),
        ).run()
    assert "these latents were made with the generator" in _messages(caught.value)


def _messages(error: BaseException | None) -> str:
    """All messages of a chain of errors."""
    text = ""
    while error is not None:
        text, error = f"{text}\n{error}", error.__cause__ or error.__context__
    return text
