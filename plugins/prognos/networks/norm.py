"""The normalisation of a network by a word of the config."""

from __future__ import annotations

from typing import Literal

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

__all__ = ["with_norm"]


def with_norm(network: nn.Module, norm: Literal["batch", "group"], groups: int = 32) -> nn.Module:
    """Give a network that normalises by batches the wanted normalisation in every layer.

    MONAI's ResNets hand their argument ``norm`` to the first layer alone and keep batch norms in all others; this
    reaches them all. Group norms serve small batches, and training over several processes, each of which sees its own
    batch.

    Args:
        network: with batch norms; changed in place. Its weights stay, those of new norms start at 1 and 0.
        norm: ``"batch"`` leaves the network as it is, ``"group"`` replaces every batch norm by a group norm.
        groups: of channels, in each group norm.

    Returns:
        The network.

    Raises:
        ValueError: when ``norm`` is another word, or the channels of a norm cannot be divided into so many groups.

    Source:
        Wu and He 2018, "Group normalization", arXiv:1803.08494, with 32 groups.
    """
    if norm not in ("batch", "group"):
        raise ValueError(f"norm is {norm!r}, expected 'batch' or 'group'.")
    if norm == "batch":
        return network
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm):
                if child.num_features % groups:
                    raise ValueError(f"{child.num_features} channels cannot be divided into {groups} groups.")
                setattr(module, name, nn.GroupNorm(groups, child.num_features, eps=child.eps))
    return network
