"""Whose latents a stored encoder predicts."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open

from prognos.networks.latent_encoder_file import HEADER, load_latent_encoder

__all__ = ["encoder_generator"]


def encoder_generator(path: str | Path) -> str:
    """Fingerprint of the generator on whose draws an encoder was trained, see :func:`prognos.networks.fingerprint`.

    Args:
        path: file of :func:`prognos.networks.save_latent_encoder`.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is no encoder or is damaged.
    """
    load_latent_encoder(path)  # says in its own words what is wrong with a file
    with safe_open(path, framework="pt") as file:
        return str(json.loads(file.metadata()[HEADER])["generator"])
