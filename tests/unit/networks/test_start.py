"""Where a training begins, and whose faces are in it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from prognos.networks import StartingNetworks, fingerprint, save_stylegan2, write_provenance

SIZES: dict[str, Any] = {
    "resolution": 16,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "channel_base": 64,
    "channel_max": 8,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as a training leaves it: the average and the discriminator."""
    torch.manual_seed(0)
    start = StartingNetworks(None, **SIZES)
    save_stylegan2(tmp_path / "start.safetensors", G_ema=start.averaged, D=start.discriminator)
    return tmp_path / "start.safetensors"


def test_a_file_gives_back_its_networks_and_its_average_stands_for_a_missing_generator(file: Path, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        first, second = (StartingNetworks(file, **SIZES) for _ in range(2))
    assert fingerprint(first.generator) == fingerprint(first.averaged) == fingerprint(second.averaged)
    assert fingerprint(first.discriminator) == fingerprint(second.discriminator)
    assert "the averaged generator is trained on" in caplog.text


def test_a_file_without_a_discriminator_starts_with_a_new_one_and_says_so(file: Path, caplog) -> None:
    save_stylegan2(file, G_ema=StartingNetworks(None, **SIZES).averaged)
    with caplog.at_level(logging.WARNING):
        start = StartingNetworks(file, **SIZES)
    assert start.discriminator.resolution == 16
    assert "a new discriminator begins" in caplog.text


def test_another_resolution_is_refused_with_the_remedy(file: Path) -> None:
    with pytest.raises(ValueError, match=r"16 x 16 pixels.*Set resolution to 16"):
        StartingNetworks(file, **(SIZES | {"resolution": 32}))


def test_patients_stay_patients_and_doubt_stays_doubt(file: Path) -> None:
    assert StartingNetworks(None, **SIZES).origin("synthetic") == "synthetic"
    assert StartingNetworks(file, **SIZES).origin("synthetic") == "unknown"
    write_provenance(file, "patients", "a clinic")
    assert StartingNetworks(file, **SIZES).origin("synthetic") == "patients"
    write_provenance(file, "synthetic", "drawn")
    assert StartingNetworks(file, **SIZES).origin("synthetic") == "synthetic"
    assert StartingNetworks(file, **SIZES).origin("patients") == "patients"


def test_the_description_names_what_the_training_began_with(file: Path) -> None:
    assert StartingNetworks(None, **SIZES).describe("3 photos") == "3 photos; begun with random weights"
    write_provenance(file, "synthetic", "drawn; begun with random weights")
    expected = "3 photos; begun with start.safetensors: drawn; begun with random weights"
    assert StartingNetworks(file, **SIZES).describe("3 photos") == expected
