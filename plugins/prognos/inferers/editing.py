"""Portraits drawn again with their latents moved along directions.

B portraits, K values of beta, P coordinates of a latent, C colours, resolution R. The number of coordinates is that of
the flattened latent: Z for z, W for w, L * W for w+.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from monai.inferers import Inferer
from numpy.typing import NDArray

from prognos.networks.latent_space import latents_to_ws, to_sphere

__all__ = ["LatentEditInferer", "LatentSweep", "move_latents"]


class LatentSweep(NamedTuple):
    """A direction and how far to go along it."""

    displacement: NDArray[np.float64]
    """What beta = 1 adds to a flattened latent, [P]."""

    betas: tuple[float, ...]
    """Steps to draw, no unit, [K]; 0 is the portrait as it was embedded."""

    space: str | None = None
    """Space of the displacement: that of the latents, or ``"w+"``, which moves the style inputs of latents of any
    space. None is that of the latents."""


def move_latents(
    latents: torch.Tensor, displacement: torch.Tensor, betas: Sequence[float], *, space: str
) -> torch.Tensor:
    """Move each latent along a direction by each beta.

    Args:
        latents: [B, *latent_shape].
        displacement: what beta = 1 adds to a flattened latent, [P].
        betas: steps, no unit, K of them.
        space: ``"z"``, ``"w"`` or ``"w+"``. In w and w+ the move is a straight line; in z the moved latent is brought
            back to the sphere of its space, so the move is an arc that beta and -beta walk in opposite senses.

    Returns:
        [B, K, *latent_shape]. Where beta is 0 the latent is unchanged to the bit, also in z.

    Raises:
        ValueError: when the displacement has another number of coordinates than a latent.

    Example:
        >>> move_latents(torch.zeros(1, 2), torch.tensor([0.0, 1.0]), [-1, 0, 2], space="w").tolist()
        [[[0.0, -1.0], [0.0, 0.0], [0.0, 2.0]]]
    """
    if displacement.numel() != latents[0].numel():
        raise ValueError(
            f"the direction has {displacement.numel()} coordinates, the latents have {latents[0].numel()} "
            f"({list(latents.shape[1:])}): they belong to other spaces or generators. Fit it on these latents."
        )
    step = displacement.to(latents).reshape(latents.shape[1:])
    moved = torch.stack([latents if beta == 0 else _moved(latents, beta * step, space) for beta in betas], dim=1)
    return moved


class LatentEditInferer(Inferer):
    """Draw every portrait of a batch along every sweep.

    Args:
        sweeps: name -> direction and betas.
        space: space of the latents, ``"z"``, ``"w"`` or ``"w+"``.
        noise_mode: as in the generator's synthesis; ``"const"`` keeps everything but the latent the same.
        chunk_size: images drawn at once.

    Raises:
        ValueError: when there is no sweep, one moves in a space that is neither that of the latents nor w+, or
            ``chunk_size`` is not positive.
    """

    def __init__(
        self, sweeps: Mapping[str, LatentSweep], *, space: str, noise_mode: str = "const", chunk_size: int = 16
    ) -> None:
        if not sweeps or chunk_size < 1:
            raise ValueError(f"cannot draw {len(sweeps)} sweeps {chunk_size} images at a time; expected at least 1.")
        strange = [name for name, sweep in sweeps.items() if sweep.space not in (None, space, "w+")]
        if strange:
            raise ValueError(
                f"the latents are in {space}, but {', '.join(strange)} moves in another space; fit it on these latents."
            )
        self.sweeps = dict(sweeps)
        self.space = space
        self.noise_mode = noise_mode
        self.chunk_size = chunk_size

    @torch.no_grad()
    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Draw the edited portraits.

        Args:
            inputs: latents [B, *latent_shape].
            network: a :class:`prognos.networks.nets.StyleGAN2Generator`.
            args: unused.
            kwargs: unused.

        Returns:
            Sweep -> images [B, K, C, R, R], about [-1, 1].
        """
        return {name: self._draw(inputs, sweep, network) for name, sweep in self.sweeps.items()}

    def _draw(self, latents: torch.Tensor, sweep: LatentSweep, generator: Any) -> torch.Tensor:
        displacement = torch.as_tensor(sweep.displacement, dtype=torch.float64)
        space = sweep.space or self.space
        if space != self.space:
            latents = latents_to_ws(latents, generator, self.space)
        moved = move_latents(latents, displacement, sweep.betas, space=space)
        chunks = torch.split(moved.flatten(0, 1), self.chunk_size)
        images = [
            generator.synthesis(latents_to_ws(chunk, generator, space), noise_mode=self.noise_mode) for chunk in chunks
        ]
        drawn = torch.cat(images)
        return drawn.reshape(*moved.shape[:2], *drawn.shape[1:])


def _moved(latents: torch.Tensor, shift: torch.Tensor, space: str) -> torch.Tensor:
    """One step of all latents."""
    return to_sphere(latents + shift) if space == "z" else latents + shift
