"""train_generator.json as a user runs it: from nothing, from a file, on two processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from generators import train, write_photos
from prognos.networks import StartingNetworks, load_stylegan2, read_provenance

SCRIPT = Path(__file__).parents[1] / "processes" / "generator_training.py"
EPOCHS = 6


@pytest.fixture(scope="module")
def dataset_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos")).parent


@pytest.fixture(scope="module")
def finished(dataset_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("finished")
    train(dataset_dir, folder, epochs=EPOCHS)
    return folder


def test_a_run_leaves_a_generator_of_known_origin_and_pictures(finished: Path) -> None:
    generator = load_stylegan2(finished / "generator.safetensors")
    assert generator.resolution == 16
    assert load_stylegan2(finished / "generator.safetensors", which="D").resolution == 16
    provenance = read_provenance(finished / "generator.safetensors")
    assert provenance.trained_on == "synthetic"
    assert provenance.description == (
        "144 images of synthetic portraits, 40 photos, training seed 0; begun with random weights"
    )
    assert (finished / "fine_tuning.png").stat().st_size > 1000
    assert len(list((finished / "images").glob("kimg_*.png"))) >= 1


def test_tensorboard_shows_losses_the_augmentation_and_the_grid(finished: Path) -> None:
    events = EventAccumulator(str(finished / "tensorboard")).Reload()
    assert {"generator_loss", "discriminator_loss", "r1", "path_length", "augmentation", "kimg"} <= {
        *events.Tags()["scalars"]
    }
    assert events.Tags()["images"] == ["fixed_latents"]


def test_the_augmentation_acts_on_a_small_data_set(finished: Path) -> None:
    events = EventAccumulator(str(finished / "tensorboard")).Reload()
    values = [event.value for event in events.Scalars("augmentation")]
    assert values[-1] > 0.5


def test_a_generator_of_patients_draws_pictures_only_when_told_to(dataset_dir: Path, tmp_path: Path) -> None:
    patients = tmp_path / "patients"
    shutil.copytree(dataset_dir, patients)
    (patients / "dataset.json").unlink()  # the file that says that the portraits are drawn
    train(patients, tmp_path / "hidden", epochs=1)
    assert read_provenance(tmp_path / "hidden/generator.safetensors").trained_on == "patients"
    assert not list((tmp_path / "hidden").rglob("*.png"))
    assert EventAccumulator(str(tmp_path / "hidden/tensorboard")).Reload().Tags()["images"] == []
    train(patients, tmp_path / "shown", epochs=1, show_portraits=True)
    assert list((tmp_path / "shown").rglob("*.png"))


def test_fine_tuning_starts_where_the_file_ends(dataset_dir: Path, finished: Path, tmp_path: Path) -> None:
    file = finished / "generator.safetensors"
    workflow = train(dataset_dir, tmp_path, epochs=1, start_file=str(file), frozen_blocks=1)
    start: StartingNetworks = workflow.parser.get_parsed_content("start")
    trained, before = load_stylegan2(tmp_path / "generator.safetensors", which="D"), load_stylegan2(file, which="D")
    assert start.file == file
    lineage = read_provenance(tmp_path / "generator.safetensors").description
    assert lineage.endswith(f"begun with generator.safetensors: {read_provenance(file).description}")
    assert torch.equal(trained.b16.conv0.weight, before.b16.conv0.weight)
    assert not torch.equal(trained.b8.conv0.weight, before.b8.conv0.weight)


def test_another_setting_in_the_same_folder_is_refused(dataset_dir: Path, finished: Path) -> None:
    with pytest.raises(RuntimeError) as caught:  # MONAI's, around ours
        train(dataset_dir, finished, epochs=EPOCHS + 1, learning_rate=0.001)
    assert "learning_rate was 0.0025, is now 0.001. Choose another output_dir" in str(caught.value.__cause__)


def test_two_processes_hold_the_same_networks(dataset_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(dataset_dir), str(tmp_path), str(tmp_path / "meeting")]
    children = [subprocess.Popen([*command, str(rank)], stderr=subprocess.PIPE, text=True) for rank in range(2)]
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors[-2000:]
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert first["p"] == second["p"] > 0
    assert all(torch.equal(value, second["average"][name]) for name, value in first["average"].items())
