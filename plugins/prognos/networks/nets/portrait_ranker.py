"""Portrait ranker: from an aligned photo to the log hazard of a patient, in one pass.

Data flow, with B photos of side R, P coordinates of a latent::

    image [B, 3, R, R] -> encoder -> latent [B, *latent_shape] -> flatten [B, P] -> head -> log hazard [B, 1]
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from prognos.networks.nets.latent_encoder import LatentEncoder

__all__ = ["PortraitRanker"]


class PortraitRanker(nn.Module):
    """Put a survival head on a latent encoder.

    The encoder stays as it was trained on the generator's own samples; the head belongs to this encoder's latents,
    never to latents that were found by optimisation, which lie elsewhere.

    Args:
        encoder: image -> latent, such as :class:`prognos.networks.nets.LatentEncoder`.
        head: latent [B, P] -> log hazard [B, 1], such as :class:`prognos.networks.nets.DeepSurv`.

    Source:
        The task is that of Hagag et al., "Deep learning for cancer prognosis prediction using portrait photos by
        StyleGAN embedding"; there each photo is optimised. The pass through an encoder is ours.
    """

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    @torch.no_grad()
    def take_encoder(self, trained: LatentEncoder) -> None:
        """Take over the weights of a trained encoder.

        Args:
            trained: of the same architecture, see :func:`prognos.networks.load_latent_encoder`.

        Raises:
            ValueError: when its architecture differs; the message names the settings that would fit.
        """
        theirs, ours = _architecture(trained), _architecture(self.encoder)
        different = [name for name in theirs if theirs[name] != ours.get(name)]
        if different:
            found = ", ".join(f"{name} {theirs[name]} (here {ours.get(name)})" for name in different)
            raise ValueError(
                f"the trained encoder has {found}. Set these in the config, in training and in inference, or name "
                f"another encoder_file."
            )
        self.encoder.load_state_dict(trained.state_dict())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Rank photos.

        Args:
            image: aligned photos, RGB in [-1, 1], [B, 3, R, R].

        Returns:
            Log hazard [B, 1]; no unit, higher = earlier event.
        """
        log_hazard: torch.Tensor = self.head(self.encoder(image).flatten(1))
        return log_hazard


def _architecture(encoder: nn.Module) -> dict[str, Any]:
    """Settings of an encoder by the names that they have in a config."""
    names = ("resolution", "latent_shape", "space")
    return {name: getattr(encoder, name, None) for name in names} | dict(getattr(encoder, "settings", {}))
