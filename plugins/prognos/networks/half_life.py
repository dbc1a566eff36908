"""Running average of a generator: what is shown, measured and saved in place of the weights being trained."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

__all__ = ["HalfLifeAverage"]


class HalfLifeAverage(nn.Module):
    """Exponential moving average whose memory is stated in images, so that it does not depend on the batch size.

    Args:
        network: whose weights; a copy of it is kept.
        half_life: images after which a weight counts half.
        ramp: while few images were seen, the half-life is at most this part of them, so that a random start is soon
            forgotten; 0 for none, as in fine-tuning, where the start is good.

    Attributes:
        module: the network with the averaged weights, in evaluation mode, without gradients.

    Raises:
        ValueError: when the half-life is not positive or the ramp negative.

    Source:
        Karras et al. 2018, arXiv:1710.10196, section 4.1 (average of the generator); the half-life of 10 000 images at
        a batch of 32 is that of Karras et al. 2020, arXiv:1912.04958, appendix B.
    """

    def __init__(self, network: nn.Module, half_life: float, ramp: float = 0.05) -> None:
        super().__init__()
        if half_life <= 0 or ramp < 0:
            raise ValueError(f"got {half_life=}, {ramp=}; expected a positive number and a ramp of 0 or more.")
        self.half_life = half_life
        self.ramp = ramp
        self.module = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, network: nn.Module, images_seen: int, batch_size: int) -> None:
        """Move the average towards the network's weights; other buffers, such as the mean style, are copied.

        Args:
            network: the network being trained.
            images_seen: real images over which it was trained so far, this batch included.
            batch_size: images of this batch, over all processes.
        """
        half_life = min(self.half_life, self.ramp * images_seen) if self.ramp else self.half_life
        weight = 1.0 - 0.5 ** (batch_size / half_life)
        torch._foreach_lerp_(list(self.module.parameters()), list(network.parameters()), weight)
        for mean, new in zip(self.module.buffers(), network.buffers(), strict=True):
            mean.copy_(new)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged network."""
        return self.module(*args, **kwargs)
