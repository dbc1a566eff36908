"""The three spaces in which a StyleGAN2 generator can be given a photo, and draws from them.

B is a number of latents, Z the size of z, W the size of w, L the number of style inputs of the synthesis::

    z  [B, Z]     what the mapping network reads; it normalises its input, so only the direction counts and z is kept
                  on the sphere of radius sqrt(Z), where the mass of a standard normal draw lies
    w  [B, W]     what the mapping network writes, the same for all layers
    w+ [B, L, W]  a w for each layer

Source:
    Karras, Laine and Aila 2019, "A style-based generator architecture for generative adversarial networks"; Abdal, Qin
    and Wonka 2019, "Image2StyleGAN" (w+).
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch

__all__ = ["LatentSpace", "draw_latents", "latent_shape", "latents_to_ws", "to_sphere"]

LatentSpace = Literal["z", "w", "w+"]


def latent_shape(generator: Any, space: str) -> tuple[int, ...]:
    """Shape of one latent: (Z,), (W,) or (L, W).

    Args:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        space: ``"z"``, ``"w"`` or ``"w+"``.

    Raises:
        ValueError: when the space is none of these.
    """
    if space not in get_args(LatentSpace):
        raise ValueError(f"space is {space!r}, expected one of {', '.join(get_args(LatentSpace))}.")
    shapes = {"z": (generator.z_dim,), "w": (generator.w_dim,), "w+": (generator.num_ws, generator.w_dim)}
    return shapes[space]


def latents_to_ws(latents: torch.Tensor, generator: Any, space: str) -> torch.Tensor:
    """Style inputs of the synthesis.

    Args:
        latents: [B, *latent_shape].
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        space: the space the latents are in.

    Returns:
        ws, [B, L, W].
    """
    if space == "w+":
        return latents
    if space == "w":
        return latents.unsqueeze(1).expand(-1, generator.num_ws, -1)
    ws: torch.Tensor = generator.mapping(latents)
    return ws


def to_sphere(z: torch.Tensor) -> torch.Tensor:
    """Latents z [..., Z] scaled to the radius sqrt(Z)."""
    return z * torch.rsqrt(z.square().mean(dim=-1, keepdim=True).clamp_min(1e-12))


@torch.no_grad()
def draw_latents(
    generator: Any, space: str, count: int, *, random: torch.Generator | None = None, mixing: float = 0.9
) -> torch.Tensor:
    """Latents as the generator's training saw them.

    Args:
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        space: ``"z"``, ``"w"`` or ``"w+"``.
        count: B.
        random: source of the draws, on the processor; torch's global one by default.
        mixing: in w+, share of the latents that take the layers after a random one from a second draw; the others have
            the same w in every layer.

    Returns:
        [B, *latent_shape], on the device of the generator, without gradient.
    """
    shape = latent_shape(generator, space)
    device = generator.mapping.w_avg.device

    def sphere() -> torch.Tensor:
        return to_sphere(torch.randn(count, generator.z_dim, generator=random)).to(device)

    if space == "z":
        return sphere()
    ws: torch.Tensor = generator.mapping(sphere())
    if space == "w":
        return ws[:, 0].clone()
    layers = shape[0]
    is_mixed = torch.rand(count, generator=random) < mixing
    crossover = torch.randint(1, max(2, layers), (count,), generator=random)
    crossover = torch.where(is_mixed, crossover, layers).to(device)
    is_second = torch.arange(layers, device=device) >= crossover[:, None]  # [B, L]
    return torch.where(is_second[..., None], generator.mapping(sphere()), ws)
