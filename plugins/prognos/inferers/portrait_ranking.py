"""Inferer of the portrait ranker."""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer

from prognos.config import keys
from prognos.networks.latent_space import latents_to_ws

__all__ = ["RECONSTRUCTION", "PortraitRankingInferer"]

RECONSTRUCTION = "reconstruction"
"""Key of what the generator draws from the latent of a photo, in [-1, 1], [B, 3, R, R]."""


class PortraitRankingInferer(Inferer):
    """Return, beside the log hazard, the latent that it was computed from and the face that stands there.

    Args:
        generator: whose latents the encoder predicts; None: no reconstruction.
    """

    def __init__(self, generator: Any | None = None) -> None:
        super().__init__()
        self.generator = None if generator is None else generator.eval()

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Rank photos.

        Args:
            inputs: aligned photos in [-1, 1], [B, 3, R, R].
            network: a :class:`prognos.networks.nets.PortraitRanker`.
            args: not used.
            kwargs: not used.

        Returns:
            ``log_hazard`` [B, 1] (no unit, higher = earlier event), ``latent`` [B, *latent_shape] and, with a
            generator, ``reconstruction`` [B, 3, R, R].
        """
        latent = network.encoder(inputs)
        found = {keys.LOG_HAZARD: network.head(latent.flatten(1)), keys.LATENT: latent}
        if self.generator is not None:
            ws = latents_to_ws(latent, self.generator, network.encoder.space)
            found[RECONSTRUCTION] = self.generator.synthesis(ws, noise_mode="const")
        return found
