"""Distance of two photos in the features of a fixed network, which weighs what is seen rather than single pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch.nn.modules.loss import _Loss

__all__ = ["PerceptualLoss"]

Features = Callable[[torch.Tensor], Sequence[torch.Tensor]]


class PerceptualLoss(_Loss):
    """Squared distance of features that are normalised to unit length at each place, summed over the layers.

    0 for equal photos. No unit; comparable between photos, not between feature networks.

    Args:
        features: maps photos [B, C, R, R] in [-1, 1] to feature maps, one for each layer, [B, c, H, W]. Offline there
            is the discriminator that came with the generator (``discriminator.features``); a VGG16 file of the user's
            serves through :class:`prognos.networks.nets.VGG16Features`.
        reduction: ``"mean"`` over the photos, or ``"none"`` for one value each, [B].

    Raises:
        ValueError: when the reduction is neither.

    Source:
        Zhang, Isola, Efros, Shechtman and Wang 2018, "The unreasonable effectiveness of deep features as a perceptual
        metric", arXiv:1801.03924, equation 1, with equal weights of the channels (the paper's uncalibrated form).
    """

    def __init__(self, features: Features, reduction: str = "mean") -> None:
        if reduction not in ("mean", "none"):
            raise ValueError(f"PerceptualLoss: reduction is {reduction!r}, expected 'mean' or 'none'.")
        super().__init__(reduction=reduction)
        self.features = features

    def forward(self, image: torch.Tensor, target: torch.Tensor | Sequence[torch.Tensor]) -> torch.Tensor:
        """Compare photos.

        Args:
            image: photos in [-1, 1], [B, C, R, R].
            target: the photos to compare with, [B, C, R, R], or what :meth:`describe` made of them, which spares
                their features in a loop.

        Returns:
            Scalar, or [B] without reduction.
        """
        described = self.describe(target) if isinstance(target, torch.Tensor) else target
        distance = torch.stack(
            [
                (ours - theirs).square().sum(dim=1).mean(dim=(1, 2))
                for ours, theirs in zip(self.describe(image), described, strict=True)
            ]
        ).sum(dim=0)
        return distance.mean() if self.reduction == "mean" else distance

    def describe(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Features with unit length at each place, one [B, c, H, W] for each layer."""
        return [
            layer.float() * torch.rsqrt(layer.float().square().sum(dim=1, keepdim=True) + 1e-10)
            for layer in self.features(image)
        ]
