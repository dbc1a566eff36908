"""Handlers of the generator's training: numbers of an epoch, pictures, files, distance from the photos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine

from generators import write_photos
from prognos.data import AlignedPhotos
from prognos.handlers import EpochMeansHandler, FrechetDistanceHandler, GeneratorGridHandler, GeneratorWriter
from prognos.networks import StartingNetworks, fingerprint, generate_images, load_stylegan2, read_provenance
from prognos.networks.nets import PortraitFeatures

SIZES: dict[str, Any] = {
    "resolution": 16,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channel_base": 64,
    "channel_max": 8,
}


@pytest.fixture
def start() -> StartingNetworks:
    torch.manual_seed(0)
    return StartingNetworks(None, **SIZES)


def run(handlers: list[Any], outputs: list[dict[str, Any]] | None = None, epochs: int = 1, step: Any = None) -> Engine:
    """An engine whose iterations report ``outputs`` in turn."""
    outputs = outputs or [{}]

    def process(engine: Engine, batch: int) -> dict[str, Any]:
        if step is not None:
            step()
        return outputs[batch]

    engine = Engine(process)
    for handler in handlers:
        handler.attach(engine)
    engine.run(range(len(outputs)), max_epochs=epochs)
    return engine


def test_means_are_taken_over_the_iterations_that_reported() -> None:
    outputs = [{"loss": torch.tensor(1.0), "r1": 6.0}, {"loss": torch.tensor(2.0)}, {"loss": torch.tensor(6.0)}]
    engine = run([EpochMeansHandler(batch_size=100)], outputs, epochs=2)
    assert engine.state.metrics["loss"] == pytest.approx(3.0)
    assert engine.state.metrics["r1"] == pytest.approx(6.0)
    assert engine.state.metrics["kimg"] == pytest.approx(0.6)
    assert engine.state.metrics["images_per_second"] > 0


def test_a_diverged_epoch_ends_the_training_before_it_is_saved() -> None:
    with pytest.raises(FloatingPointError, match=r"loss became infinite in epoch 1.*lower learning rate"):
        run([EpochMeansHandler(batch_size=1)], [{"loss": float("nan")}])


def test_pictures_of_the_start_and_of_the_end_show_the_same_latents(start: StartingNetworks, tmp_path: Path) -> None:
    handler = GeneratorGridHandler(start.averaged, tmp_path, batch_size=500, count=4, trained_on="patients")
    first = generate_images(start.averaged, handler.z)
    run([handler], [{}, {}], epochs=2, step=lambda: start.averaged.synthesis.b16.torgb.bias.data.add_(0.5))
    assert [file.name for file in sorted((tmp_path / "images").iterdir())] == ["kimg_000001.png", "kimg_000002.png"]
    assert (tmp_path / "fine_tuning.png").is_file()
    before = torch.from_numpy(handler.before).permute(0, 3, 1, 2)
    torch.testing.assert_close(before, first.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8))
    assert "PATIENTS" in handler.notice


def test_the_generator_is_written_with_its_origin(start: StartingNetworks, tmp_path: Path) -> None:
    arguments = {"trained_on": "synthetic", "description": "squares", "batch_size": 8}
    run([GeneratorWriter(start.averaged, start.discriminator, tmp_path, **arguments)], [{}, {}])
    file = tmp_path / "generator.safetensors"
    assert fingerprint(load_stylegan2(file)) == fingerprint(start.averaged)
    assert fingerprint(load_stylegan2(file, which="D")) == fingerprint(start.discriminator)
    assert read_provenance(file).description == "16 images of squares"


def test_the_distance_is_measured_when_due_and_is_the_same_for_the_same_generator(
    start: StartingNetworks, tmp_path: Path
) -> None:
    dataset = AlignedPhotos(write_photos(tmp_path))
    torch.manual_seed(1)
    handler = FrechetDistanceHandler(start.averaged, PortraitFeatures(3), dataset, count=20, interval=2)
    metrics = [run([handler], epochs=epochs).state.metrics for epochs in (1, 2, 2)]
    assert metrics[0]["frechet_distance"] > 0  # the last epoch always
    assert metrics[1] == metrics[2] == metrics[0]


def test_the_generator_that_training_began_with_is_measured_beside_the_last(
    start: StartingNetworks, tmp_path: Path
) -> None:
    features, dataset = PortraitFeatures(3), AlignedPhotos(write_photos(tmp_path))
    unchanged = run([FrechetDistanceHandler(start.averaged, features, dataset, count=20)]).state.metrics
    distance = FrechetDistanceHandler(start.averaged, features, dataset, count=20, interval=5, at_start=True)
    grid = GeneratorGridHandler(start.averaged, tmp_path, batch_size=1, count=2, distance=distance)
    metrics = run(
        [distance, grid], epochs=2, step=lambda: start.averaged.synthesis.b16.torgb.bias.data.add_(0.5)
    ).state.metrics
    assert metrics["frechet_distance_at_start"] == distance.before == unchanged["frechet_distance"]
    assert metrics["frechet_distance"] != distance.before
    assert run([FrechetDistanceHandler(start.averaged, None, dataset, interval=0)]).state.metrics == {}


def test_drawing_pictures_does_not_change_the_random_draws_of_the_training(
    start: StartingNetworks, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    run([GeneratorGridHandler(start.averaged, tmp_path, batch_size=1, count=2)])
    assert torch.equal(torch.rand(1), expected)
