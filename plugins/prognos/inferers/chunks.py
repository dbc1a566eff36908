"""Batches larger than the memory of a network's activations, with their exact gradient."""

from __future__ import annotations

from typing import Any, cast

import torch
from monai.inferers import Inferer
from torch.utils.checkpoint import checkpoint

__all__ = ["ChunkedInferer"]


class ChunkedInferer(Inferer):
    """Apply the network to a few samples at a time, and again in the backward pass instead of keeping activations.

    A loss over risk sets, such as :class:`prognos.losses.CoxLoss`, needs many samples in one call; accumulating the
    gradients of small batches is no substitute. With this inferer the batch may hold as many samples as their *images*
    fit into memory, and the gradient is that of the whole batch. It costs one more forward pass.

    Args:
        size: number of samples whose activations are held at once.

    Raises:
        ValueError: when ``size`` is not positive.

    Note:
        Batch normalisation sees chunks, as it would with small batches: prefer group or instance normalisation.

    Source:
        Chen, Xu, Zhang and Guestrin 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174.
    """

    def __init__(self, size: int = 2) -> None:
        if size < 1:
            raise ValueError(f"ChunkedInferer: size is {size}, expected a positive number of samples.")
        self.size = size

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Apply the network.

        Args:
            inputs: batch of images, [B, ...].
            network: called with each chunk; returns one tensor [b, ...].
            args: further arguments of the network, the same for each chunk.
            kwargs: further arguments of the network, the same for each chunk.

        Returns:
            Predictions [B, ...].
        """
        chunks = torch.split(inputs, self.size)
        if not torch.is_grad_enabled():
            return torch.cat([network(chunk, *args, **kwargs) for chunk in chunks])
        parts = [checkpoint(network, chunk, *args, use_reentrant=False, **kwargs) for chunk in chunks]
        return torch.cat([cast(torch.Tensor, part) for part in parts])
