"""The layout of a network's weights in memory."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["with_channels_last"]


def with_channels_last(network: nn.Module) -> nn.Module:
    """Lay out the weights of 2-D convolutions channels last, as processors and GPUs multiply them fastest in bfloat16.

    Args:
        network: changed in place; weights of other layers, such as 3-D convolutions, stay as they are.

    Returns:
        The network.
    """
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network
