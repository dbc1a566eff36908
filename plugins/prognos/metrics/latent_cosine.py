"""How near predicted latents are to the true ones, over an epoch."""

from __future__ import annotations

import torch
from monai.metrics import CumulativeIterationMetric
from torch.nn import functional as F

__all__ = ["LatentCosineMetric"]


class LatentCosineMetric(CumulativeIterationMetric):
    """Mean cosine between predicted and true latents, both measured from the mean latent.

    1 is exact, 0 what an unrelated latent gives. Without the centre every pair looks alike, because the mean of w is
    far from zero. In w+ the cosine is taken layer by layer.

    Args:
        centre: the mean latent, [W] or [*latent]; 0 in z.
    """

    def __init__(self, centre: torch.Tensor | float = 0.0) -> None:
        super().__init__()
        self.centre = torch.as_tensor(centre)

    def _compute_tensor(self, y_pred: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Cosine of each photo, [B]; ``y_pred`` and ``y`` are latents [B, *latent]."""
        centre = self.centre.to(y)
        cosine = F.cosine_similarity(y_pred.to(y) - centre, y - centre, dim=-1)
        return cosine.flatten(1).mean(dim=1) if cosine.ndim > 1 else cosine

    def aggregate(self) -> float:
        """Return the mean cosine.

        Returns:
            The mean over the epoch, in [-1, 1].
        """
        return float(torch.as_tensor(self.get_buffer()).mean())
