"""Photos embedded exactly as those of a table were."""

from __future__ import annotations

from typing import Any

import torch

from prognos.data.latents import Latents, LatentTableError
from prognos.inferers import LatentInversionInferer

__all__ = ["PhotoEmbedder"]

CHANGES_NOTHING = ("shape",)
"""Entries of the table's first line that the search does not decide."""


class PhotoEmbedder:
    """Callable from photos [B, C, R, R] to latents [B, *latent_shape], for new photos beside a table of latents.

    Latents of two methods differ systematically, so a regression fitted on one must not read the other.

    Args:
        inferer: finds latents.
        generator: for which; in inference mode.
        latents: the table that the new latents shall be comparable with.

    Raises:
        LatentTableError: when the table was made with another generator, space, search or setting.
    """

    def __init__(self, inferer: LatentInversionInferer, generator: Any, latents: Latents) -> None:
        found = inferer.describe(generator)
        latents.require_generator(found["generator"])
        other = [
            name for name, value in latents.header.items() if name not in CHANGES_NOTHING and found.get(name) != value
        ]
        if other:
            differences = "; ".join(f"{name}: {latents.header[name]} there, {found.get(name)} here" for name in other)
            raise LatentTableError(
                f"{latents.path}: the photos of this table were embedded differently than the edited ones would be "
                f"({differences}). Give the same search and settings as the embed stage had, or embed again."
            )
        self.inferer = inferer
        self.generator = generator

    @torch.no_grad()
    def __call__(self, photos: torch.Tensor) -> torch.Tensor:
        """Find the latents."""
        latents: torch.Tensor = self.inferer.invert(photos, self.generator).latent
        return latents
