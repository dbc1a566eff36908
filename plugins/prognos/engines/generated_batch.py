"""Batches that a generator draws while a network is trained on them."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, Literal

import torch
from monai.engines import PrepareBatch

from prognos.networks import draw_latents, latents_to_ws

__all__ = ["PrepareGeneratedBatch"]


class PrepareGeneratedBatch(PrepareBatch):
    """Answer each batch with as many photos that the generator draws, and their latents as labels.

    The data loader only counts: its dataset may be ``range(n)``. No photo is shown twice unless it is asked for.

    Args:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`; used without gradient.
        space: of the labels: ``"z"``, ``"w"`` or ``"w+"``.
        noise_mode: ``"random"`` draws fresh noise, so that the noise of the generator tells nothing; ``"const"``.
        seed: with a number, the draws are a function of it and of the first number of the batch, the same at each
            epoch, as for validation. Without, they come from torch's global source, which
            :class:`prognos.handlers.SeedHandler` ties to epoch and iteration.
        precision: of the drawing; ``"bfloat16"`` is shorter on processors with AMX and on GPUs.
    """

    def __init__(
        self,
        generator: Any,
        space: str = "w",
        *,
        noise_mode: Literal["random", "const"] = "random",
        seed: int | None = None,
        precision: Literal["float32", "bfloat16"] = "float32",
    ) -> None:
        self.generator = generator.eval().requires_grad_(False)
        self.space = space
        self.noise_mode = noise_mode
        self.seed = seed
        self.dtype = getattr(torch, precision)

    @torch.no_grad()
    def __call__(
        self,
        batchdata: Sized,
        device: str | torch.device | None = None,
        non_blocking: bool = False,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return photos [B, C, R, R] in [-1, 1] and their latents [B, *latent]; B is the length of ``batchdata``."""
        random = None
        if self.seed is not None:
            first = int(next(iter(batchdata)))  # type: ignore[call-overload]  # a batch of numbers
            random = torch.Generator().manual_seed(self.seed * 1_000_003 + first)
        latents = draw_latents(self.generator, self.space, len(batchdata), random=random)
        with torch.autocast(latents.device.type, self.dtype, enabled=self.dtype != torch.float32):
            ws = latents_to_ws(latents, self.generator, self.space)
            photos = self.generator.synthesis(ws, noise_mode=self.noise_mode).float()
        return photos.clamp(-1.0, 1.0).to(device), latents.to(device)
