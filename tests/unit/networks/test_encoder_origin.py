"""An encoder file says whose latents it predicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.networks import encoder_generator, save_latent_encoder
from prognos.networks.nets import LatentEncoder


def test_the_generator_of_an_encoder_is_read_from_its_file(tmp_path: Path) -> None:
    save_latent_encoder(tmp_path / "encoder.safetensors", LatentEncoder(8, (4,), channels=2, features=2), "abc")
    assert encoder_generator(tmp_path / "encoder.safetensors") == "abc"


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder.safetensors").write_bytes(b"no encoder")
    with pytest.raises(ValueError, match="not a latent encoder, or damaged"):
        encoder_generator(tmp_path / "encoder.safetensors")
