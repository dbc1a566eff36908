"""A trained encoder with what its file says about it: whose latents it predicts, and what it was trained on."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open

from prognos.networks.latent_encoder_file import HEADER, load_latent_encoder
from prognos.networks.provenance import Origin, join_origins, read_provenance

__all__ = ["TrainedEncoder"]


class TrainedEncoder:
    """Read an encoder that another network will rest on.

    Args:
        path: file of :func:`prognos.networks.save_latent_encoder`.

    Attributes:
        network: the :class:`prognos.networks.nets.LatentEncoder`, in inference mode.
        generator: fingerprint of the generator whose latents it predicts, see :func:`prognos.networks.fingerprint`.
        provenance: what it was trained on.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is no encoder or is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.network = load_latent_encoder(path)
        with safe_open(path, framework="pt") as file:
            self.generator = str(json.loads(file.metadata()[HEADER])["generator"])
        self.provenance = read_provenance(path)

    def origin(self, trained_on: Origin) -> Origin:
        """Origin of a network that rests on this encoder and was trained further.

        Args:
            trained_on: origin of what it was trained on from here.
        """
        return join_origins(self.provenance.trained_on, trained_on)

    def describe(self, description: str) -> str:
        """Sentence on such a network: what it was trained on from here, and what its encoder was trained on."""
        return f"{description}; encoder: {self.provenance.description}"
