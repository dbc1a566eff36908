"""Images that a generator makes of given latents: without any draw, so the same latents always give the same images."""

from __future__ import annotations

import torch

from prognos.networks.nets import StyleGAN2Generator

__all__ = ["generate_images"]


@torch.no_grad()
def generate_images(
    generator: StyleGAN2Generator, z: torch.Tensor, *, truncation_psi: float = 1.0, batch_size: int = 32
) -> torch.Tensor:
    """Images of latents, with the layers' own noise, so that nothing is drawn.

    Args:
        generator: any.
        z: latents [N, Z].
        truncation_psi: distance from the mean style that is kept.
        batch_size: images at once.

    Returns:
        About [-1, 1], on the CPU, float32. Shape [N, C, R, R].
    """
    device = next(generator.parameters()).device
    parts = [
        generator(part.to(device), truncation_psi=truncation_psi, noise_mode="const").float().cpu()
        for part in torch.split(z, batch_size)
    ]
    return torch.cat(parts)
