"""Files of the StyleGAN2 reimplementation by rosinality: state dictionaries under names of their own.

Checked facts of the form: no kernel is flipped, kernels of the generator carry an axis of one in front, the filters are
stored with the gain of the upsampling, ``latent_avg`` lies beside the networks.
"""

from __future__ import annotations

import re
from typing import Any

import torch

from prognos.networks.checkpoints.content import Content, Which, architecture_of
from prognos.networks.checkpoints.pickles import CheckpointError
from prognos.networks.checkpoints.tensors import StoredTensor
from prognos.networks.layers.resampling import TAPS

__all__ = ["is_rosinality", "read_rosinality"]

KEYS: dict[Which, str] = {"G_ema": "g_ema", "G": "g", "D": "d"}
"""Our names of the networks to theirs."""

LAYER = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
}
"""Parts of a layer of their generator to ours."""


def is_rosinality(found: Any) -> bool:
    """Whether the content of a file is a dictionary of such state dictionaries."""
    return isinstance(found, dict) and any(isinstance(found.get(key), dict) for key in KEYS.values())


def read_rosinality(found: dict[str, Any], which: Which) -> Content:
    """Take one network of a file.

    Args:
        found: content of the file.
        which: the network.

    Raises:
        CheckpointError: when it is absent or not a StyleGAN2 of the usual parts.
    """
    states = found.get(KEYS[which])
    if not isinstance(states, dict):
        have = [name for name, key in KEYS.items() if isinstance(found.get(key), dict)]
        raise CheckpointError(f"no network {which!r} in it, only {', '.join(have)}.")
    stored = {
        str(name).removeprefix("module."): value.tensor().float()
        for name, value in states.items()
        if isinstance(value, StoredTensor)
    }
    content = Content({}, {})
    rename = _rename_discriminator(stored) if which == "D" else _rename_generator
    for name, value in stored.items():
        target = rename(name)
        if target is not None:
            content.tensors[target] = value
        elif name.endswith(".kernel"):
            _check_filter(name, value)
        else:
            content.unused.append(name)
    if which == "D":
        content.architecture = architecture_of("D", content.tensors)
    else:
        _finish_generator(content, found.get("latent_avg"))
    used = {KEYS[which], "latent_avg", *KEYS.values()}
    others = [str(name) for name in found if name not in used]
    if others:
        content.remarks.append(f"the file also holds {', '.join(others)}, which no network takes")
    return content


def _rename_generator(name: str) -> str | None:
    """Our name of a tensor of their generator; ``None`` when ours has no such."""
    if match := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if name == "input.input":
        return "synthesis.b4.const"
    if match := re.fullmatch(r"noises\.noise_(\d{1,2})", name):
        size = 2 ** ((int(match[1]) + 5) // 2)
        return f"synthesis.b{size}.conv{(int(match[1]) + 1) % 2}.noise_const"
    if match := re.fullmatch(r"(conv1|to_rgb1|convs\.\d{1,2}|to_rgbs\.\d{1,2})\.(.+)", name):
        return f"synthesis.{_layer(match[1])}.{LAYER[match[2]]}" if match[2] in LAYER else None
    return None


def _layer(name: str) -> str:
    kind, _, number = name.partition(".")
    if not number:
        return {"conv1": "b4.conv1", "to_rgb1": "b4.torgb"}[kind]
    if kind == "to_rgbs":
        return f"b{8 * 2 ** int(number)}.torgb"
    return f"b{8 * 2 ** (int(number) // 2)}.conv{int(number) % 2}"


def _rename_discriminator(stored: dict[str, torch.Tensor]) -> Any:
    """Make the function that gives our name of a tensor of their discriminator."""
    blocks = 1 + max((int(name.split(".")[1]) for name in stored if re.match(r"convs\.\d{1,2}\.", name)), default=0)
    fixed = {
        "convs.0.0.weight": "fromrgb.weight",
        "convs.0.1.bias": "fromrgb.bias",
        "final_conv.0.weight": "b4.conv.weight",
        "final_conv.1.bias": "b4.conv.bias",
        "final_linear.0.weight": "b4.fc.weight",
        "final_linear.0.bias": "b4.fc.bias",
        "final_linear.1.weight": "b4.out.weight",
        "final_linear.1.bias": "b4.out.bias",
    }
    parts = {
        "conv1.0.weight": "conv0.weight",
        "conv1.1.bias": "conv0.bias",
        "conv2.1.weight": "conv1.weight",
        "conv2.2.bias": "conv1.bias",
        "skip.1.weight": "skip.weight",
    }

    def rename(name: str) -> str | None:
        if name in fixed:
            target = fixed[name]
            return f"b{2 ** (blocks + 1)}.{target}" if target.startswith("fromrgb") else target
        match = re.fullmatch(r"convs\.(\d{1,2})\.(.+)", name)
        if match and match[2] in parts:
            return f"b{2 ** (blocks + 2 - int(match[1]))}.{parts[match[2]]}"
        return None

    return rename


def _finish_generator(content: Content, average: Any) -> None:
    """Remove axes of one, add the mean style, and read the architecture."""
    for name, value in content.tensors.items():
        if name.endswith("noise_strength"):
            content.tensors[name] = value.reshape([])
        elif name.endswith("noise_const"):
            content.tensors[name] = value.reshape(value.shape[-2:])
        elif name.endswith("torgb.bias"):
            content.tensors[name] = value.flatten()
        elif name.endswith(".const") or value.ndim == 5:
            content.tensors[name] = value[0]
    content.architecture = architecture_of("G_ema", content.tensors)
    for i in range(len(content.architecture["widths"])):
        size = 4 * 2**i
        for layer in ("conv0", "conv1") if i else ("conv1",):
            name = f"synthesis.b{size}.{layer}.noise_const"
            if name not in content.tensors:
                content.tensors[name] = torch.zeros(size, size)
                content.remarks.append(f"{name} is not in the file; zeros stand for it")
    if isinstance(average, StoredTensor):
        content.tensors["mapping.w_avg"] = average.tensor().float().flatten()


def _check_filter(name: str, kernel: torch.Tensor) -> None:
    """Another filter than ours, up to its gain, would make another network."""
    taps = torch.tensor(TAPS)
    total = kernel.sum()
    if kernel.shape != (4, 4) or not torch.allclose(kernel / total, torch.outer(taps, taps), atol=1e-6):
        raise CheckpointError(f"{name} is another filter than [1, 3, 3, 1]; such networks cannot be loaded.")
