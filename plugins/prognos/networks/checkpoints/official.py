"""Pickled networks of the StyleGAN2-ADA and StyleGAN3 repositories.

Each module of such a file is a record of its class name, the source text of its class, and its state. The source text
is never looked at: the names and shapes of the tensors tell the network, and the numbers saved beside them tell the
rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from prognos.networks.checkpoints.archives import read_bytes_of_storage
from prognos.networks.checkpoints.content import Content, Which, architecture_of, number
from prognos.networks.checkpoints.pickles import Builders, CheckpointError
from prognos.networks.checkpoints.tensors import StoredTensor
from prognos.networks.layers.resampling import TAPS

__all__ = ["BUILDERS", "is_official", "read_official"]

DEEPEST = 16
"""Bound of modules within modules."""

MOST_MODULES = 2_000
"""Bound of the modules of one network; one of 1024 pixels has about 100."""

LATER_KEYWORDS = ("channel_base", "channel_max", "num_fp16_res", "conv_clamp", "fused_modconv_default")
"""Keywords of a generator that the StyleGAN3 repository gives side by side with its sizes."""

LATER_CLAMP, LATER_HALF_BLOCKS = 256, 4
"""Clamp and number of half-precision blocks that the StyleGAN3 repository assumes where a file does not say."""


@dataclass(eq=False)
class Module:
    """Record of one module: name of its class, its state."""

    class_name: str
    state: dict[str, Any]

    def part(self, name: str) -> dict[str, Any]:
        """Parameters, buffers or modules."""
        part = self.state.get(name)
        return part if isinstance(part, dict) else {}


def _module(record: Any, *_: Any) -> Module:
    if not isinstance(record, dict) or not isinstance(record.get("state"), dict):
        raise CheckpointError("damaged: a module without a state.")
    return Module(str(record.get("class_name")), record["state"])


def _tensorflow(*_: Any) -> None:
    raise CheckpointError(
        "a file of the TensorFlow repository. Convert it with legacy.py of the StyleGAN2-ADA (PyTorch) repository, "
        "--source this.pkl --dest converted.pkl, on a machine where you may run that code; then load the result."
    )


BUILDERS: Builders = {
    "torch.storage._load_from_bytes": read_bytes_of_storage,
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
    "dnnlib.tflib.network.Network": _tensorflow,
}
"""What these files name beside tensors and plain containers."""


def is_official(found: Any) -> bool:
    """Whether the content of a file is a dictionary of such networks."""
    return isinstance(found, dict) and any(isinstance(value, Module) for value in found.values())


def read_official(found: dict[str, Any], which: Which) -> Content:
    """Take one network of a file.

    Args:
        found: content of the file.
        which: the network.

    Raises:
        CheckpointError: when it is absent or not a StyleGAN2 of the usual parts.
    """
    if not isinstance(found.get(which), Module):
        have = [str(name) for name, value in found.items() if isinstance(value, Module)]
        raise CheckpointError(f"no network {which!r} in it, only {', '.join(have)}.")
    modules = dict(itertools.islice(_walk(found[which], ""), MOST_MODULES + 1))
    if len(modules) > MOST_MODULES:
        raise CheckpointError(f"more than {MOST_MODULES} modules; the file is refused.")
    _refuse_alias_free(modules)
    stored = _stored(modules)
    content = Content({name: value.tensor().float() for name, value in stored.items()}, {})
    _drop_filters(content)
    content.architecture = architecture_of(which, content.tensors)
    if which != "D":
        content.architecture["mapping_learning_rate"] = _gain(modules["mapping.fc0"], "bias_gain", 0.01)
        _add_absent_noise(content)
    elif "b4.mbstd" in modules and modules["b4.mbstd"].state.get("group_size") is not None:
        content.architecture["group_size"] = int(number(modules["b4.mbstd"].state["group_size"], "group_size"))
    _refuse_other_layers(modules)
    _read_precision(content, modules, found)
    _fold_gains(content, modules)
    others = [str(name) for name, value in found.items() if name not in ("G", "D", "G_ema") and value is not None]
    if others:
        content.remarks.append(f"the file also holds {', '.join(others)}, which no network takes")
    return content


def _walk(module: Module, path: str, depth: int = 0) -> Iterator[tuple[str, Module]]:
    """Modules by dotted name; the topmost has an empty one."""
    if depth > DEEPEST:
        raise CheckpointError("modules are nested too deeply; the file is refused.")
    yield path, module
    for name, child in module.part("_modules").items():
        if isinstance(child, Module):
            yield from _walk(child, f"{path}.{name}" if path else str(name), depth + 1)


def _refuse_alias_free(modules: dict[str, Module]) -> None:
    names = {module.class_name for module in modules.values()}
    if "SynthesisInput" in names or any(name.startswith("synthesis.L0_") for name in modules):
        raise CheckpointError(
            "an alias-free StyleGAN3 generator: other layers, other filters, no noise. Only StyleGAN2 networks can be "
            "loaded; use one, such as stylegan2-ffhq-256x256.pkl of the same collection."
        )


def _stored(modules: dict[str, Module]) -> dict[str, StoredTensor]:
    """Tensors by dotted name; frozen layers keep their weights among the buffers."""
    return {
        f"{path}.{name}" if path else str(name): value
        for path, module in modules.items()
        for part in ("_parameters", "_buffers")
        for name, value in module.part(part).items()
        if isinstance(value, StoredTensor)
    }


def _drop_filters(content: Content) -> None:
    """Take the resampling filters out; another filter than ours would make another network."""
    taps = torch.tensor(TAPS)
    ours = (taps, torch.outer(taps, taps))
    for name in [name for name in content.tensors if name.endswith("resample_filter")]:
        kernel = content.tensors.pop(name)
        if not any(kernel.shape == known.shape and torch.allclose(kernel, known, atol=1e-6) for known in ours):
            raise CheckpointError(f"{name} is another filter than [1, 3, 3, 1]; such networks cannot be loaded.")


def _add_absent_noise(content: Content) -> None:
    """Layers that were built without noise get noise of strength 0."""
    for size in [4 * 2**i for i in range(len(content.architecture["widths"]))]:
        for layer in ("conv0", "conv1") if size > 4 else ("conv1",):
            name = f"synthesis.b{size}.{layer}"
            if f"{name}.weight" in content.tensors and f"{name}.noise_strength" not in content.tensors:
                content.tensors[f"{name}.noise_strength"] = torch.zeros([])
                content.tensors[f"{name}.noise_const"] = torch.zeros(size, size)
                content.remarks.append(f"{name} was built without noise")


def _refuse_other_layers(modules: dict[str, Module]) -> None:
    for path, module in modules.items():
        architecture, activation = module.state.get("architecture"), module.state.get("activation")
        wanted = "skip" if path.startswith("synthesis") else "resnet"
        if architecture not in (None, wanted):
            raise CheckpointError(f"{path} has the architecture {str(architecture)[:40]!r}, expected {wanted}.")
        if activation not in (None, "lrelu", "linear"):
            raise CheckpointError(f"{path} has the activation {str(activation)[:40]!r}, expected lrelu.")


def _read_precision(content: Content, modules: dict[str, Module], found: dict[str, Any]) -> None:
    """Clamp and number of half-precision blocks: as the layers say, else as given, else as their repository assumes."""
    top = modules[""].part("_init_kwargs")
    given = {**_nested(top, "block_kwargs"), **_nested(top, "synthesis_kwargs"), **top}
    later = any(_is_later(found.get(name)) for name in ("G", "G_ema"))
    saved = [module.state["conv_clamp"] for path, module in modules.items() if _clamps(path, module)]
    saved = saved or [given.get("conv_clamp", LATER_CLAMP if later else None)]
    clamps = {None if clamp is None else float(number(clamp, "conv_clamp")) for clamp in saved}
    if len(clamps) > 1:
        raise CheckpointError("its layers have different clamps; such networks cannot be loaded.")
    content.architecture["conv_clamp"] = clamps.pop()
    blocks = [module for module in modules.values() if "use_fp16" in module.state]
    half = sum(bool(module.state["use_fp16"]) for module in blocks)
    if not blocks:
        half = int(number(given.get("num_fp16_res", LATER_HALF_BLOCKS if later else 0), "num_fp16_res"))
    if half:
        content.remarks.append(f"trained with half precision in {half} blocks; here the autocast of the caller decides")


def _is_later(generator: Any) -> bool:
    """Whether a generator was built as in the StyleGAN3 repository: no dictionary of keywords for its synthesis."""
    if not isinstance(generator, Module):
        return False
    top = generator.part("_init_kwargs")
    return "synthesis_kwargs" not in top and any(name in top for name in LATER_KEYWORDS)


def _clamps(path: str, module: Module) -> bool:
    """Whether the module is a layer that says its clamp; skip connections have none in any file."""
    return "conv_clamp" in module.state and not path.endswith(".skip")


def _fold_gains(content: Content, modules: dict[str, Module]) -> None:
    """Where a file says another gain of a kernel than ours, multiply the kernel by the ratio."""
    for path, module in modules.items():
        weight = content.tensors.get(f"{path}.weight")
        if weight is None or "weight_gain" not in module.state:
            continue
        slow = content.architecture.get("mapping_learning_rate", 0.01) if path.startswith("mapping.fc") else 1.0
        ours = slow / math.sqrt(weight[0].numel())
        ratio = _gain(module, "weight_gain", ours) / ours
        if abs(ratio - 1.0) > 1e-6:
            content.tensors[f"{path}.weight"] = weight * ratio
            content.remarks.append(f"{path}.weight was multiplied by {ratio:.6g}, the file's own gain")
        bias_ratio = _gain(module, "bias_gain", slow) / slow
        if f"{path}.bias" in content.tensors and abs(bias_ratio - 1.0) > 1e-6:
            content.tensors[f"{path}.bias"] = content.tensors[f"{path}.bias"] * bias_ratio
            content.remarks.append(f"{path}.bias was multiplied by {bias_ratio:.6g}, the file's own gain")


def _nested(keywords: dict[str, Any], name: str) -> dict[str, Any]:
    value = keywords.get(name)
    return value if isinstance(value, dict) else {}


def _gain(module: Module, name: str, default: float) -> float:
    """Positive number in the state of a module."""
    value = float(number(module.state.get(name, default), name))
    if value == 0.0:
        raise CheckpointError(f"{name} is 0, which would make its layer mute.")
    return value
