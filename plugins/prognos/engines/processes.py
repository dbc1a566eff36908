"""What the processes of a training share: equal weights at the start, equal gradients ever after.

Plain functions instead of ``DistributedDataParallel``, which cannot follow steps that differentiate twice or reach only
some of the weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.distributed as dist
from torch import nn

__all__ = ["average_gradients", "average_over_processes", "number_of_processes", "share_weights"]


def number_of_processes() -> int:
    """Processes that train together; 1 without ``torch.distributed``."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def share_weights(networks: Iterable[nn.Module]) -> None:
    """Give every process the weights and buffers of the first one."""
    if number_of_processes() == 1:
        return
    for network in networks:
        for tensor in network.state_dict().values():
            dist.broadcast(tensor, src=0)


def average_over_processes(tensor: torch.Tensor) -> torch.Tensor:
    """Mean of a tensor over the processes, in place."""
    processes = number_of_processes()
    if processes > 1:
        dist.all_reduce(tensor)
        tensor /= processes
    return tensor


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes, in one message.

    Args:
        parameters: those of one step; every process must have reached the same ones.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if number_of_processes() == 1 or not gradients:
        return
    flat = average_over_processes(torch.cat([gradient.flatten() for gradient in gradients]))
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
