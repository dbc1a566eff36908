"""Losses of the two-player training of a StyleGAN2: one that both players share, and one regulariser for each.

B is the number of images, C of their channels, R their side, L the number of style inputs and W their size.

Source:
    Goodfellow et al. 2014, arXiv:1406.2661, section 3 (non-saturating loss); Mescheder et al. 2018, arXiv:1801.04406,
    section 4.1 (R1); Karras et al. 2020, arXiv:1912.04958, section 3.2 and appendix B (path lengths). Written from the
    papers.
"""

from __future__ import annotations

import math

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.loss import _Loss

__all__ = ["NonSaturatingLoss", "PathLengthPenalty", "R1Penalty"]


class NonSaturatingLoss(_Loss):
    """Logistic loss of a judgement: how surprised one is when logits are held against what the images are said to be.

    The discriminator minimises it for real images (target 1) plus for generated ones (target 0), the generator for its
    own images under the target 1, so that its gradient does not vanish when it is losing.
    """

    def __init__(self) -> None:
        super().__init__(reduction="mean")

    def forward(self, logits: torch.Tensor, target: torch.Tensor | float) -> torch.Tensor:
        """Compute the mean over a batch.

        Args:
            logits: judgements of the discriminator, higher = more likely real, no unit. Shape [B, 1].
            target: 1 = said to be real, 0 = said to be generated. A number for the whole batch, or of shape [B, 1].

        Returns:
            Scalar, nats per image; 0 = certain and right, ln 2 = undecided. Never below float32.
        """
        logits = logits if logits.dtype == torch.float64 else logits.float()
        loss: torch.Tensor = F.softplus((1.0 - 2.0 * target) * logits).mean()
        return loss


class R1Penalty(_Loss):
    """Penalise the slope of the discriminator at real images, so that it stays smooth where the generator must arrive.

    Args:
        weight: gamma; :meth:`suggest_weight` gives the usual one.

    Raises:
        ValueError: when the weight is negative.
    """

    def __init__(self, weight: float) -> None:
        super().__init__(reduction="mean")
        if weight < 0:
            raise ValueError(f"the weight of R1 is {weight}, expected 0 or more.")
        self.weight = weight

    @staticmethod
    def suggest_weight(resolution: int, batch_size: int) -> float:
        """Gamma that suits a resolution (pixels) and a batch over all processes (images).

        Source:
            Karras et al. 2020, arXiv:2006.06676, appendix C: 0.0002 R² / B.
        """
        return 0.0002 * resolution**2 / batch_size

    def forward(self, logits: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Compute the penalty of a batch.

        Args:
            logits: judgements of ``image``. Shape [B, 1].
            image: what the discriminator saw; must require a gradient. Shape [B, C, R, R].

        Returns:
            Scalar: weight / 2 x the mean over the batch of the squared slope, differentiable once more.
        """
        return self.weight / 2 * self.squared_slopes(logits, image).mean()

    def squared_slopes(self, logits: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Squared norm of the gradient of each judgement with respect to its image. Shape [B]."""
        (slope,) = torch.autograd.grad(logits.sum(), image, create_graph=True)
        return slope.square().flatten(1).sum(dim=1)


class PathLengthPenalty(nn.Module):
    """Penalise styles whose small steps change the image more, or less, than steps elsewhere have done so far.

    The length of a step is the norm of J'y, where J is the derivative of the image by the style and y noise of the
    image's shape scaled by 1 / R. Its running mean is a buffer, so a checkpoint carries it.

    Args:
        weight: of the penalty.
        decay: part of the running mean that each batch replaces, in (0, 1].

    Attributes:
        mean: running mean of the lengths over all batches, and over all processes. Scalar.

    Raises:
        ValueError: when the weight is negative or the decay is not in (0, 1].
    """

    mean: torch.Tensor

    def __init__(self, weight: float = 2.0, decay: float = 0.01) -> None:
        super().__init__()
        if weight < 0 or not 0 < decay <= 1:
            raise ValueError(f"got {weight=}, {decay=}; expected a weight of 0 or more and a decay in (0, 1].")
        self.weight = weight
        self.decay = decay
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, image: torch.Tensor, ws: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        """Compute the penalty of a batch and move the running mean towards its lengths.

        Args:
            image: what the generator made of ``ws``, with its graph. Shape [B, C, R, R].
            ws: styles, before they enter the generator; must require a gradient. Shape [B, L, W].
            noise: y before scaling, standard normal. Shape [B, C, R, R]. None: drawn from torch's generator.

        Returns:
            Scalar: weight x the mean over the batch of (length - mean)², differentiable once more.
        """
        lengths = self.lengths(image, ws, noise)
        now = lengths.detach().mean()
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(now)
            now = now / dist.get_world_size()
        self.mean.lerp_(now.to(self.mean.dtype), self.decay)
        return self.weight * (lengths - self.mean).square().mean()

    def lengths(self, image: torch.Tensor, ws: torch.Tensor, noise: torch.Tensor | None = None) -> torch.Tensor:
        """Path length of each image, root mean square over the L style inputs. Shape [B]."""
        noise = torch.randn_like(image) if noise is None else noise
        # Scaled by the number of pixels, lengths do not depend on the resolution.
        along = (image * noise).sum() / math.sqrt(image.shape[2] * image.shape[3])
        (slope,) = torch.autograd.grad(along, ws, create_graph=True)
        return slope.square().sum(dim=2).mean(dim=1).sqrt()
