"""Files in the forms of the StyleGAN2 repositories, written here from our networks.

The classes that those files name live in modules that exist only while a file is written.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

import torch

from prognos.networks.layers import EqualizedConv2d, EqualizedLinear
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator

Network = StyleGAN2Generator | StyleGAN2Discriminator

SMALL = {"resolution": 16, "z_dim": 6, "w_dim": 6, "mapping_layers": 2, "widths": [6, 5, 4]}
"""Arguments of a generator that costs nothing."""


class _Record:
    """Stands for a module of those repositories; pickles as theirs do."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.meta = meta

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (self.meta,)


@contextlib.contextmanager
def foreign_modules() -> Iterator[None]:
    """Let the names of those repositories be importable."""
    persistence = types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta: Any) -> Any:
        raise AssertionError("a reader has called what a file names")

    _reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    package = types.ModuleType("torch_utils")
    package.persistence = persistence  # type: ignore[attr-defined]
    sys.modules |= {"torch_utils": package, "torch_utils.persistence": persistence}
    try:
        yield
    finally:
        del sys.modules["torch_utils"], sys.modules["torch_utils.persistence"]


def initialised(network: Network, seed: int = 0) -> Network:
    """Random biases, noise strengths and mean style, so that every tensor matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in network.state_dict().values():
            value.copy_(torch.randn(value.shape, generator=generator) * (0.3 if value.ndim < 2 else 1.0))
    return network.eval()


def official_module(
    network: Network, *, source: str = "", keywords: dict[str, Any] | None = None, layers: dict[str, Any] | None = None
) -> Any:
    """Record of a network.

    Args:
        network: whose tensors.
        source: text in place of the source code of its classes.
        keywords: what its constructor got.
        layers: attributes of single layers, by dotted name, merged into what the layer says by itself; ``None`` leaves
            every attribute out.
    """
    state = {name: value.detach().clone() for name, value in network.state_dict().items()}
    for name in [name for name in state if name.endswith("const") and "noise" not in name]:
        state[f"{name.removesuffix('const')}resample_filter"] = torch.outer(
            *[torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8] * 2
        )
    parts = dict(network.named_modules())

    def record(path: str, tensors: dict[str, torch.Tensor]) -> _Record:
        here = {name: value for name, value in tensors.items() if "." not in name}
        children = dict.fromkeys(name.partition(".")[0] for name in tensors if "." in name)
        buffers = ("w_avg", "noise_const", "resample_filter")
        fields: dict[str, Any] = {
            "training": False,
            "_parameters": {n: torch.nn.Parameter(v) for n, v in here.items() if n not in buffers},
            "_buffers": {n: v for n, v in here.items() if n in buffers},
            "_modules": {},
            "_non_persistent_buffers_set": set(),
        }
        for child in children:
            below = {n.partition(".")[2]: v for n, v in tensors.items() if n.startswith(f"{child}.")}
            fields["_modules"][child] = record(f"{path}.{child}" if path else child, below)
        if layers is not None:
            fields |= _attributes(parts.get(path)) | layers.get(path, {})
        if not path:
            fields["_init_kwargs"] = keywords or {}
        name = type(network).__name__.removeprefix("StyleGAN2") if not path else "Layer"
        return _Record({"type": "class", "version": 6, "module_src": source, "class_name": name, "state": fields})

    return record("", state)


def _attributes(part: Any) -> dict[str, Any]:
    """What layers of those repositories say of themselves."""
    if isinstance(part, EqualizedLinear):
        activation = "lrelu" if part.rectify else "linear"
        return {"activation": activation, "weight_gain": part.weight_gain, "bias_gain": part.bias_gain}
    if isinstance(part, EqualizedConv2d):
        return {
            "activation": "lrelu" if part.rectify else "linear",
            "weight_gain": part.weight_gain,
            "conv_clamp": None,
        }
    if type(part).__name__ in ("ModulatedConv2d", "ModulatedToImage"):
        return {"conv_clamp": part.clamp}
    return {}


def official_bytes(protocol: int = 4, **content: Any) -> bytes:
    """A pickle as those repositories write it; ``content`` is the dictionary in it."""
    stream = io.BytesIO()
    with foreign_modules():
        pickle.dump({"training_set_kwargs": {}, **content}, stream, protocol=protocol)
    return stream.getvalue()


def rosinality_state(network: Network) -> dict[str, torch.Tensor]:
    """State dictionary of a network under the names of that reimplementation."""
    ours = network.state_dict()
    taps = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8] * 2)
    if isinstance(network, StyleGAN2Discriminator):
        return _rosinality_discriminator(ours, network.resolution, taps)
    theirs = {"input.input": ours["synthesis.b4.const"][None]}
    for i in range(network.mapping_layers):
        theirs |= {f"style.{i + 1}.{n}": ours[f"mapping.fc{i}.{n}"] for n in ("weight", "bias")}

    def layer(name: str, path: str) -> None:
        theirs[f"{name}.conv.weight"] = ours[f"{path}.weight"][None]
        theirs[f"{name}.conv.modulation.weight"] = ours[f"{path}.affine.weight"]
        theirs[f"{name}.conv.modulation.bias"] = ours[f"{path}.affine.bias"]
        if "torgb" in path:
            theirs[f"{name}.bias"] = ours[f"{path}.bias"].reshape(1, -1, 1, 1)
            return
        theirs[f"{name}.noise.weight"] = ours[f"{path}.noise_strength"].reshape(1)
        theirs[f"{name}.activate.bias"] = ours[f"{path}.bias"]
        theirs[f"noises.noise_{sum(n.startswith('noises') for n in theirs)}"] = ours[f"{path}.noise_const"][None, None]

    layer("conv1", "synthesis.b4.conv1")
    layer("to_rgb1", "synthesis.b4.torgb")
    for k in range(len(network.widths) - 1):
        layer(f"convs.{2 * k}", f"synthesis.b{8 * 2**k}.conv0")
        theirs[f"convs.{2 * k}.conv.blur.kernel"] = taps * 4
        layer(f"convs.{2 * k + 1}", f"synthesis.b{8 * 2**k}.conv1")
        layer(f"to_rgbs.{k}", f"synthesis.b{8 * 2**k}.torgb")
    return theirs


def _rosinality_discriminator(ours: dict[str, torch.Tensor], resolution: int, taps: torch.Tensor) -> dict[str, Any]:
    names = {
        "convs.0.0.weight": f"b{resolution}.fromrgb.weight",
        "convs.0.1.bias": f"b{resolution}.fromrgb.bias",
        "final_conv.0.weight": "b4.conv.weight",
        "final_conv.1.bias": "b4.conv.bias",
        "final_linear.0.weight": "b4.fc.weight",
        "final_linear.0.bias": "b4.fc.bias",
        "final_linear.1.weight": "b4.out.weight",
        "final_linear.1.bias": "b4.out.bias",
    }
    size, number = resolution, 1
    while size > 4:
        names |= {
            f"convs.{number}.conv1.0.weight": f"b{size}.conv0.weight",
            f"convs.{number}.conv1.1.bias": f"b{size}.conv0.bias",
            f"convs.{number}.conv2.1.weight": f"b{size}.conv1.weight",
            f"convs.{number}.conv2.2.bias": f"b{size}.conv1.bias",
            f"convs.{number}.skip.1.weight": f"b{size}.skip.weight",
        }
        size, number = size // 2, number + 1
    theirs = {name: ours[path] for name, path in names.items()}
    return theirs | {"convs.1.conv2.0.kernel": taps}


def training_arguments() -> argparse.Namespace:
    """What training files of that reimplementation carry along."""
    return argparse.Namespace(path="/data", batch=4, lr=0.002)
