"""The stages train_encoder and embed of the portrait bundle, on a generator of 16 pixels and ten photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.bundle import ConfigWorkflow
from PIL import Image

from drawn_faces import drawn_photos, tiny_generator
from prognos.data import read_latents
from prognos.networks import fingerprint, load_latent_encoder, save_stylegan2, write_provenance

BUNDLES = Path(__file__).parents[2] / "bundles"
CONFIGS = BUNDLES / "face_prognosis/configs"
METADATA = BUNDLES / "lesion_prioritization/configs/metadata.json"
PHOTOS = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator, and a cohort of photos that it drew, two of one patient."""
    folder = tmp_path_factory.mktemp("embedding")
    generator = tiny_generator()
    save_stylegan2(folder / "generator.safetensors", G_ema=generator)
    write_provenance(folder / "generator.safetensors", "synthetic", "random weights")
    photos, _ = drawn_photos(generator, PHOTOS)
    (folder / "cohort" / "photos").mkdir(parents=True)
    rows = ["patient_id,image,aligned"]
    for index, photo in enumerate(photos):
        pixels = ((photo.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / "cohort" / "photos" / f"{index}.png")
        rows.append(f"p{index // 2 if index < 2 else index},photos/{index}.png,1")
    (folder / "cohort" / "photos.csv").write_text("\n".join(rows) + "\n")
    return folder


def stage(name: str, folder: Path, output: Path, **overrides: Any) -> ConfigWorkflow:
    """Read the config of a stage with the small settings of this test."""
    files = {"generator_file": str(folder / "generator.safetensors"), "dataset_dir": str(folder / "cohort")}
    kind = "train" if name == "train_encoder" else "inference"
    settings = {"device": "$torch.device('cpu')", "output_dir": str(output), **files, **overrides}
    config, metadata = str(CONFIGS / f"{name}.json"), str(METADATA)
    return ConfigWorkflow(config, metadata, logging_file=False, workflow_type=kind, **settings)


def run(workflow: ConfigWorkflow) -> None:
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def embedding(folder: Path, output: Path, **overrides: Any) -> ConfigWorkflow:
    """The stage embed without an encoder."""
    small = {"encoder": "$None", "evaluations": 4, "batch_size": 4, "cache_dir": str(folder / "cache")}
    return stage("embed", folder, output, **(small | overrides))


def training(folder: Path, output: Path, epochs: int = 2) -> ConfigWorkflow:
    sizes = {"network_def::channels": 4, "network_def::features": 8}
    return stage(
        "train_encoder", folder, output, epochs=epochs, iterations=3, batch_size=4, validation_draws=8, **sizes
    )


def test_the_encoder_is_trained_written_and_tied_to_its_generator(folder: Path, tmp_path: Path) -> None:
    workflow = training(folder, tmp_path)
    workflow.initialize()
    assert workflow.check_properties() == []
    workflow.run()
    encoder = load_latent_encoder(tmp_path / "encoder.safetensors", fingerprint(tiny_generator()))
    assert encoder.space == "w"
    provenance = json.loads((tmp_path / "encoder.safetensors.provenance.json").read_text())
    assert provenance["trained_on"] == "synthetic"
    assert -1.0 <= workflow.parser.get_parsed_content("validate::evaluator").state.metrics["val_cosine"] <= 1.0


def test_embedding_writes_latents_record_and_picture(folder: Path, tmp_path: Path) -> None:
    workflow = embedding(folder, tmp_path, show_portraits=True)
    workflow.initialize()
    assert workflow.check_properties() == []
    workflow.run()
    latents = read_latents(tmp_path / "latents.csv")
    assert latents.values.shape == (PHOTOS, 8)
    assert (latents.space, latents.method, latents.shape) == ("w", "quasi-newton", (8,))
    assert latents.require_generator(fingerprint(tiny_generator())) is latents
    assert latents.patient_ids[:3] == ("p0", "p0", "p2")
    assert (latents.record["steps"] <= 4).all()
    assert (tmp_path / "reconstructions.png").is_file()
    assert (tmp_path / "reconstructions.csv").is_file()


def test_portraits_of_patients_are_drawn_only_when_the_config_says_so(folder: Path, tmp_path: Path) -> None:
    run(embedding(folder, tmp_path))
    assert (tmp_path / "latents.csv").is_file()
    assert not (tmp_path / "reconstructions.png").exists()


def test_a_second_run_searches_nothing_and_writes_the_same(folder: Path, tmp_path: Path) -> None:
    run(embedding(folder, tmp_path))
    before = (tmp_path / "latents.csv").read_bytes()
    (tmp_path / "latents.csv").unlink()
    again = embedding(folder, tmp_path)
    again.initialize()
    assert len(again.parser.get_parsed_content("dataset")) == 0
    with pytest.warns(UserWarning, match="`dataloader` is empty"):
        again.run()
    assert (tmp_path / "latents.csv").read_bytes() == before


def test_processes_share_the_photos_and_the_last_writes_the_table(folder: Path, tmp_path: Path) -> None:
    run(embedding(folder, tmp_path / "shared", rank=1, world_size=2))
    assert not (tmp_path / "shared" / "latents.csv").exists()
    run(embedding(folder, tmp_path / "shared", rank=0, world_size=2))
    run(embedding(folder, tmp_path / "alone"))
    shared, alone = (read_latents(tmp_path / name / "latents.csv") for name in ("shared", "alone"))
    assert shared.images == alone.images
    np.testing.assert_allclose(shared.values, alone.values, atol=1e-3)


def test_an_encoder_of_another_generator_is_refused(folder: Path, tmp_path: Path) -> None:
    from prognos.networks import build_latent_encoder, save_latent_encoder

    other = tiny_generator(seed=1)
    encoder = build_latent_encoder(other, channels=4, features=8)
    save_latent_encoder(tmp_path / "encoder.safetensors", encoder, fingerprint(other))
    path = str(tmp_path / "encoder.safetensors")
    workflow = stage("embed", folder, tmp_path, encoder_file=path, cache_dir=str(folder / "cache"))
    workflow.initialize()
    with pytest.raises(RuntimeError) as caught:
        workflow.run()
    assert "its latents would mean other faces" in str(caught.value.__cause__)
