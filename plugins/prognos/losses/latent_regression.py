"""Loss of a latent encoder on photos whose latent is known."""

from __future__ import annotations

import torch
from torch.nn.modules.loss import _Loss

__all__ = ["LatentRegressionLoss"]


class LatentRegressionLoss(_Loss):
    """Mean squared error of latents in units of their spread: 1 = no better than the mean latent, 0 = exact.

    Args:
        scale: standard deviation of each coordinate over the generator's draws, such as ``encoder.scale``; any shape
            that broadcasts with the latents.
    """

    scale: torch.Tensor

    def __init__(self, scale: torch.Tensor | float = 1.0) -> None:
        super().__init__(reduction="mean")
        self.register_buffer("scale", torch.as_tensor(scale).detach().clone())

    def forward(self, latent: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Compare latents.

        Args:
            latent: predicted latents, [B, ...].
            target: the latents the photos were made from, [B, ...].

        Returns:
            Scalar, no unit.

        Raises:
            ValueError: when the shapes differ.
        """
        if latent.shape != target.shape:
            raise ValueError(
                f"LatentRegressionLoss: predicted latents are {list(latent.shape)}, true ones {list(target.shape)}: "
                f"encoder and draws use different spaces."
            )
        return ((latent.float() - target.float()) / self.scale.to(latent.device)).square().mean()
