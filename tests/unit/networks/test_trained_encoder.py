"""An encoder hands on whose latents it predicts and what it was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from prognos.networks import Origin, TrainedEncoder, join_origins, save_latent_encoder, write_provenance
from prognos.networks.nets import LatentEncoder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    encoder = LatentEncoder(8, (4,), channels=2, features=2)
    save_latent_encoder(tmp_path / "encoder.safetensors", encoder, "abc")
    return tmp_path / "encoder.safetensors"


def test_the_generator_of_an_encoder_is_read_from_its_file(file: Path) -> None:
    trained = TrainedEncoder(file)
    assert trained.generator == "abc"
    assert trained.network(torch.zeros(1, 3, 8, 8)).shape == (1, 4)
    assert not trained.network.training


@pytest.mark.parametrize(
    ("encoder", "cohort", "both"),
    [
        ("synthetic", "synthetic", "synthetic"),
        ("synthetic", "patients", "patients"),
        ("patients", "synthetic", "patients"),
        ("unknown", "synthetic", "unknown"),
        ("unknown", "patients", "patients"),
    ],
)
def test_what_rests_on_an_encoder_inherits_its_origin(file: Path, encoder: Origin, cohort: Origin, both: str) -> None:
    write_provenance(file, encoder, "these photos")
    trained = TrainedEncoder(file)
    assert trained.origin(cohort) == both == join_origins(cohort, encoder)
    assert trained.describe("20 patients") == "20 patients; encoder: these photos"


def test_an_encoder_without_provenance_leaves_doubt(file: Path) -> None:
    assert TrainedEncoder(file).origin("synthetic") == "unknown"


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder.safetensors").write_bytes(b"no encoder")
    with pytest.raises(ValueError, match="not a latent encoder, or damaged"):
        TrainedEncoder(tmp_path / "encoder.safetensors")
