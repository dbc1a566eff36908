"""Digest of a network's weights, which ties latents and directions to the network they were made with."""

from __future__ import annotations

import hashlib

import torch
from torch import nn

__all__ = ["fingerprint"]


def fingerprint(network: nn.Module) -> str:
    """Digest the weights of a network.

    Args:
        network: any; its device, mode and the order of its parts are irrelevant.

    Returns:
        SHA-256 over names, shapes and float32 bytes of all parameters and buffers, hexadecimal.
    """
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        numbers = value.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(f"{name} {list(value.shape)}\n".encode())
        digest.update(numbers.astype("<f4", copy=False).tobytes())
    return digest.hexdigest()
