"""StyleGAN2 networks from and to files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from prognos.files import written_whole
from prognos.networks.checkpoints import official, rosinality
from prognos.networks.checkpoints.archives import read_archive
from prognos.networks.checkpoints.content import Content, LoadReport, Which, architecture_of, check_which, number
from prognos.networks.checkpoints.pickles import CheckpointError
from prognos.networks.nets.stylegan2_discriminator import StyleGAN2Discriminator
from prognos.networks.nets.stylegan2_generator import StyleGAN2Generator
from prognos.networks.provenance import require_intact

__all__ = ["load_stylegan2", "read_stylegan2", "save_stylegan2"]

logger = logging.getLogger(__name__)

Network = StyleGAN2Generator | StyleGAN2Discriminator

METADATA_KEY = "prognos.stylegan2"
"""Where our files keep the architectures, as JSON."""

MEAN_STYLE_DRAWS = 10_000
"""Latents whose mean style stands for one that a file lacks."""


def load_stylegan2(path: str | Path, which: Which = "G_ema") -> Any:
    """Load one network of a file; nothing in the file is run.

    Reads pickles of the StyleGAN2-ADA and StyleGAN3 repositories (StyleGAN2 networks alone), files of the rosinality
    reimplementation, and ours. What was assumed or not loaded is logged; :func:`read_stylegan2` returns it as well.

    Args:
        path: the file.
        which: ``"G_ema"`` (averaged generator), ``"G"`` (as trained) or ``"D"`` (discriminator).

    Returns:
        :class:`~prognos.networks.nets.StyleGAN2Generator` or :class:`~prognos.networks.nets.StyleGAN2Discriminator`,
        on the CPU, in float32, in evaluation mode.

    Raises:
        FileNotFoundError: when there is no file.
        CheckpointError: when the file is damaged, hostile, of another kind, or lacks the network or a part of it. It
            is a ValueError.
        ValueError: when the file is not that of the provenance beside it.
    """
    return read_stylegan2(path, which)[0]


def read_stylegan2(path: str | Path, which: Which = "G_ema") -> tuple[Network, LoadReport]:
    """Load one network of a file, and report what that did; see :func:`load_stylegan2`."""
    path = Path(path)
    check_which(which)
    if not path.is_file():
        raise FileNotFoundError(f"no file of weights at {path}.")
    require_intact(path)
    try:
        form, content = _read(path, which)
        network = _build(content, which)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}") from error
    report = LoadReport(form, which, content.architecture, tuple(content.unused), tuple(content.remarks))
    _log(path.name, report)
    return network, report


def save_stylegan2(path: str | Path, *, dtype: torch.dtype = torch.float32, **networks: Network) -> None:
    """Write networks into one file: plain tensors (safetensors), with the architectures beside them.

    Args:
        path: the file, replaced when it exists.
        dtype: type of the numbers in the file; float16 halves it.
        networks: any of ``G_ema``, ``G`` and ``D``.

    Raises:
        ValueError: when a name or a network is of another kind.
    """
    tensors: dict[str, torch.Tensor] = {}
    architectures: dict[str, Any] = {}
    if not networks:
        raise ValueError("no network to save; give G_ema=, G= or D=.")
    for name, network in networks.items():
        check_which(name)
        if not isinstance(network, StyleGAN2Discriminator if name == "D" else StyleGAN2Generator):
            raise ValueError(f"{name} is a {type(network).__name__}, not a StyleGAN2 network of that role.")
        architectures[name] = network.architecture()
        for key, value in network.state_dict().items():
            tensors[f"{name}.{key}"] = value.detach().to("cpu", dtype).contiguous().clone()
    with written_whole(path) as target:
        target.write_bytes(save(tensors, {METADATA_KEY: json.dumps(architectures)}))


def _read(path: Path, which: Which) -> tuple[str, Content]:
    if _is_safetensors(path):
        return "prognos", _read_ours(path, which)
    found = read_archive(path, official.BUILDERS)
    if official.is_official(found):
        return "official pickle", official.read_official(found, which)
    if rosinality.is_rosinality(found):
        return "rosinality", rosinality.read_rosinality(found, which)
    raise CheckpointError(
        "readable, but no StyleGAN2 in it: expected a dictionary with G_ema (official) or g_ema (rosinality), or a "
        "file of save_stylegan2."
    )


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(9)
    return path.suffix == ".safetensors" or (len(start) == 9 and start[8:] == b"{" and start[:1] != b"\x80")


def _read_ours(path: Path, which: Which) -> Content:
    try:
        with safe_open(path, framework="pt") as file:
            architectures = json.loads((file.metadata() or {}).get(METADATA_KEY, "{}"))
            if not isinstance(architectures, dict) or not isinstance(architectures.get(which), dict):
                raise CheckpointError(
                    f"no network {which!r} in it, only {', '.join(map(str, architectures)) or 'none'}."
                )
            names = [name for name in file.keys() if name.startswith(f"{which}.")]  # noqa: SIM118, it is no dictionary
            tensors = {name.removeprefix(f"{which}."): file.get_tensor(name).float() for name in names}
    except (SafetensorError, json.JSONDecodeError) as error:
        raise CheckpointError(f"damaged or cut off ({error}).") from error
    content = Content(tensors, architecture_of(which, tensors))
    settings = ("conv_clamp", "group_size") if which == "D" else ("conv_clamp", "mapping_learning_rate")
    for name in settings:
        value = architectures[which].get(name)
        content.architecture[name] = None if value is None else number(value, name)
    return content


def _build(content: Content, which: Which) -> Network:
    """Make the network and fill it; every tensor of ours must be there."""
    kind = StyleGAN2Discriminator if which == "D" else StyleGAN2Generator
    try:
        with torch.device("meta"):  # sizes are compared before memory is taken
            network: Network = kind(**content.architecture)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"its architecture cannot be built: {error}") from error
    wanted = {name: value.shape for name, value in network.state_dict().items()}
    lacks_average = which != "D" and "mapping.w_avg" not in content.tensors
    missing = [name for name in wanted if name not in content.tensors]
    if lacks_average:
        missing.remove("mapping.w_avg")
        content.tensors["mapping.w_avg"] = torch.zeros(wanted["mapping.w_avg"])
    if missing:
        raise CheckpointError(f"{len(missing)} tensors are missing, such as {', '.join(missing[:3])}.")
    for name, shape in wanted.items():
        if content.tensors[name].shape != shape:
            found = list(content.tensors[name].shape)
            raise CheckpointError(f"{name} has shape {found}, expected {list(shape)}.")
    content.unused += [name for name in content.tensors if name not in wanted]
    network.load_state_dict({name: content.tensors[name].contiguous() for name in wanted}, assign=True)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    if lacks_average and isinstance(network, StyleGAN2Generator):
        _estimate_average(network, content)
    return network.eval()


@torch.no_grad()
def _estimate_average(network: StyleGAN2Generator, content: Content) -> None:
    """Mean style over seeded latents, without which truncation would pull towards zero."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(MEAN_STYLE_DRAWS, network.z_dim, generator=generator)
    c = torch.zeros(MEAN_STYLE_DRAWS, network.c_dim) if network.c_dim else None
    network.mapping.track_average(network.mapping(z, c), decay=0.0)
    content.remarks.append(f"the file has no mean style; that of {MEAN_STYLE_DRAWS} seeded latents stands for it")


def _log(name: str, report: LoadReport) -> None:
    logger.info("%s: %s, %s %s", name, report.form, report.which, report.architecture)
    for remark in report.remarks:
        logger.info("%s: %s", name, remark)
    if report.unused:
        shown = ", ".join(report.unused[:8]) + (", ..." if len(report.unused) > 8 else "")
        logger.warning("%s: %d entries were not loaded: %s", name, len(report.unused), shown)
