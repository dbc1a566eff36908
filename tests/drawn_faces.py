"""A StyleGAN2 generator that is small enough for tests, and photos whose latent is known."""

from __future__ import annotations

from typing import Any

import torch

from prognos.networks import draw_latents, latents_to_ws
from prognos.networks.nets import StyleGAN2Generator


def tiny_generator(seed: int = 0, **settings: Any) -> StyleGAN2Generator:
    """Random weights, 16 x 16 pixels, Z = W = 8; its constant noise is seen in the images."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sizes: dict[str, Any] = {"resolution": 16, "z_dim": 8, "w_dim": 8, "mapping_layers": 2, "widths": [8, 8, 8]}
        generator = StyleGAN2Generator(**(sizes | settings))
        for name, parameter in generator.named_parameters():
            if name.endswith("noise_strength"):
                parameter.data.fill_(0.05)
    return generator.eval()


def drawn_photos(generator: StyleGAN2Generator, count: int, space: str = "w") -> tuple[torch.Tensor, torch.Tensor]:
    """Photos that the generator draws, [B, 3, R, R], and their latents."""
    latents = draw_latents(generator, space, count, random=torch.Generator().manual_seed(5))
    with torch.no_grad():
        return generator.synthesis(latents_to_ws(latents, generator, space), noise_mode="const"), latents
