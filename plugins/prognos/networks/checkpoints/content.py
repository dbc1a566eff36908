"""What every reader hands on: the tensors of one network under our names, its architecture, and remarks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch

from prognos.networks.checkpoints.pickles import CheckpointError

__all__ = ["Content", "LoadReport", "Which", "architecture_of", "check_which", "number"]

Which = Literal["G_ema", "G", "D"]
"""Averaged generator, generator as trained, discriminator."""


@dataclass
class Content:
    """One network of a file.

    Attributes:
        tensors: by our names, in the shapes of our networks.
        architecture: arguments of our network.
        unused: names of what the file holds for this network and ours does not take.
        remarks: what a user should know: what was assumed, folded or passed over.
    """

    tensors: dict[str, torch.Tensor]
    architecture: dict[str, Any]
    unused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LoadReport:
    """What loading a file did.

    Attributes:
        form: kind of the file.
        which: network that was asked for.
        architecture: arguments of the network.
        unused: names of what was not loaded.
        remarks: what was assumed, folded or passed over.
    """

    form: str
    which: Which
    architecture: dict[str, Any]
    unused: tuple[str, ...]
    remarks: tuple[str, ...]


def architecture_of(which: Which, tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Arguments of our network that the names and shapes of its tensors tell, so that a file cannot ask for more.

    Raises:
        CheckpointError: when a tensor that tells them is missing.
    """
    return _of_discriminator(tensors) if which == "D" else _of_generator(tensors)


def number(value: Any, name: str) -> float | int:
    """A setting of a file.

    Raises:
        CheckpointError: when it is no positive number of a sensible size.
    """
    if type(value) not in (int, float) or not 0 <= value < 1e6:
        raise CheckpointError(f"{name} is a {type(value).__name__} out of range, expected a positive number.")
    checked: float | int = value
    return checked


def _of_generator(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    resolutions = _resolutions(name.split(".")[1] for name in tensors if name.startswith("synthesis."))
    last = f"synthesis.b{resolutions[-1]}"
    z_dim = _size(tensors, "mapping.fc0.weight", 1)
    conditional = "mapping.embed.weight" in tensors
    if conditional:
        z_dim -= _size(tensors, "mapping.embed.weight", 0)
    return {
        "resolution": resolutions[-1],
        "channels": _size(tensors, f"{last}.torgb.weight", 0),
        "z_dim": z_dim,
        "w_dim": _size(tensors, f"{last}.conv1.affine.weight", 1),
        "c_dim": _size(tensors, "mapping.embed.weight", 1) if conditional else 0,
        "mapping_layers": _mapping_layers(tensors),
        "widths": [_size(tensors, f"synthesis.b{size}.conv1.weight", 0) for size in resolutions],
    }


def _of_discriminator(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    resolutions = _resolutions(name.split(".")[0] for name in tensors)
    widths = [_size(tensors, "b4.fc.weight", 0)] + [_size(tensors, f"b{r}.conv0.weight", 0) for r in resolutions[1:]]
    extra = _size(tensors, "b4.conv.weight", 1) - widths[0]
    found: dict[str, Any] = {
        "resolution": resolutions[-1],
        "channels": _size(tensors, f"b{resolutions[-1]}.fromrgb.weight", 1),
        "widths": widths,
        "group_size": 4 if extra else 0,
        "group_channels": max(extra, 1),
    }
    if "mapping.embed.weight" in tensors:
        found |= {
            "c_dim": _size(tensors, "mapping.embed.weight", 1),
            "c_features": _size(tensors, "b4.out.weight", 0),
            "mapping_layers": _mapping_layers(tensors),
        }
    return found


def _resolutions(parts: Iterable[str]) -> list[int]:
    """4, 8, ... of the blocks that are named ``b4``, ``b8``, ..."""
    found = {int(part[1:]) for part in parts if part[:1] == "b" and part[1:].isdecimal() and len(part) < 7}
    whole = {2**power for power in range(2, int(math.log2(max(found))) + 1)} if found else set()
    if len(found) < 2 or found != whole:
        raise CheckpointError(f"blocks of the resolutions {sorted(found)}, expected 4, 8, 16, ...")
    return sorted(found)


def _size(tensors: dict[str, torch.Tensor], name: str, axis: int) -> int:
    if name not in tensors or tensors[name].ndim <= axis:
        raise CheckpointError(f"the tensor {name!r} is missing or of another shape than in a StyleGAN2.")
    return tensors[name].shape[axis]


def _mapping_layers(tensors: dict[str, torch.Tensor]) -> int:
    return sum(name.startswith("mapping.fc") and name.endswith(".weight") for name in tensors)


def check_which(which: str) -> None:
    """Refuse another name than those of :data:`Which`."""
    if which not in get_args(Which):
        raise ValueError(f"which is {which!r}, expected one of {get_args(Which)}.")
