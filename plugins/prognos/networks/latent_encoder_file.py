"""Files of latent encoders: plain tensors, the architecture, and whose latents they predict."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from prognos.files import written_whole
from prognos.networks.latent_space import draw_latents, latent_shape
from prognos.networks.nets.latent_encoder import LatentEncoder
from prognos.networks.provenance import require_intact

__all__ = ["build_latent_encoder", "load_latent_encoder", "save_latent_encoder"]

HEADER = "prognos.latent_encoder"
"""The one entry in the header of the file: several would be written in an order that changes from run to run."""

VERSION = 1
"""Rises when the content of the files changes its meaning."""


def build_latent_encoder(
    generator: Any, space: str = "w", *, draws: int = 10_000, seed: int = 0, **settings: int
) -> LatentEncoder:
    """Make an encoder that fits a generator, with mean and spread of its latents set from draws.

    Args:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        space: ``"z"``, ``"w"`` or ``"w+"``.
        draws: latents that mean and spread are computed from.
        seed: of the draws and of the encoder's first weights; torch's global draws go on as if nothing had happened.
        settings: sizes of :class:`prognos.networks.nets.LatentEncoder`.

    Raises:
        ValueError: when the space is unknown.
    """
    shape = latent_shape(generator, space)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = LatentEncoder(generator.resolution, shape, space=space, in_channels=generator.channels, **settings)
    if space == "z":
        return encoder
    random = torch.Generator().manual_seed(seed)
    w = draw_latents(generator, "w", draws, random=random).cpu()
    return encoder.standardise(w if space == "w" else w[:, None].expand(-1, *shape))


def save_latent_encoder(path: str | Path, encoder: LatentEncoder, generator: str) -> None:
    """Write an encoder.

    Args:
        path: ``.safetensors`` file, written whole or not at all.
        encoder: what to write.
        generator: fingerprint of the generator on whose draws it was trained, see :func:`prognos.networks.fingerprint`.
    """
    architecture = {
        "resolution": encoder.resolution,
        "latent_shape": encoder.latent_shape,
        "space": encoder.space,
        **encoder.settings,
    }
    about = {"version": VERSION, "architecture": architecture, "generator": generator}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in encoder.state_dict().items()}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(tensors, {HEADER: json.dumps(about, sort_keys=True)}))


def load_latent_encoder(path: str | Path, generator: str | None = None) -> LatentEncoder:
    """Read an encoder.

    Args:
        path: file of :func:`save_latent_encoder`.
        generator: fingerprint of the generator it shall be used with; None where no generator is at hand.

    Returns:
        The encoder on the processor, in inference mode.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is no encoder, is damaged or not that of the provenance beside it, or when the encoder
            was trained for another generator.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no latent encoder at {path}; train one with the bundle's train_encoder stage.")
    require_intact(path)
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            if about.get("version") != VERSION:
                raise ValueError(f"its header has no {HEADER!r} of version {VERSION}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - a file, not a dictionary
            architecture = about["architecture"]
        if math.prod(architecture["latent_shape"]) != tensors["mean"].numel():
            raise ValueError("its latents have another shape than its tensors")
        encoder = LatentEncoder(**architecture)
        encoder.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{path}: not a latent encoder, or damaged ({error}). Train it again, or copy it again."
        ) from error
    if generator is not None and about.get("generator") != generator:
        raise ValueError(
            f"{path}: this encoder predicts latents of the generator {str(about.get('generator'))[:12]}..., the one "
            f"given is {generator[:12]}...: its latents would mean other faces. Train an encoder for this generator."
        )
    return encoder.eval()
