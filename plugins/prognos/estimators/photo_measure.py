"""What a photo says once it is embedded again: its log hazard, its attributes, its identity.

M photos of C colours, resolution R; P coordinates of a latent, F features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from prognos.estimators.attribute_model import AttributeModel

__all__ = ["Measured", "PhotoMeasure"]

Floats = NDArray[np.float64]

PIXELS = 16
"""Side to which photos shrink when no network describes a person; their pixels are then the features."""


class Measured(NamedTuple):
    """Numbers of M photos."""

    attributes: dict[str, Floats]
    """Attribute -> value in its unit, [M]; ``health`` is the log hazard, no unit, higher = earlier event."""

    identity: Floats
    """Features that tell persons apart, [M, F]."""


class PhotoMeasure:
    """Embed photos again and read from their latents what the attributes' regressions see.

    Args:
        embed: photos [M, C, R, R] -> latents [M, *latent_shape], by the method that made the latents of the fit.
        attributes: of the cohort.
        identity: photos [M, C, R, R] -> features [M, ...] that tell persons apart, such as a face-recognition network.
            None: the pixels at 16 x 16 minus their mean, which tell pictures apart rather than persons.
        batch_size: photos at once.
    """

    def __init__(
        self,
        embed: Callable[[torch.Tensor], torch.Tensor],
        attributes: AttributeModel,
        *,
        identity: Callable[[torch.Tensor], torch.Tensor] | None = None,
        batch_size: int = 64,
    ) -> None:
        self.embed = embed
        self.attributes = attributes
        self.identity = _pixels if identity is None else identity
        self.identity_name = "pixels at 16 x 16" if identity is None else type(identity).__name__
        self.batch_size = batch_size

    @torch.no_grad()
    def __call__(self, photos: torch.Tensor) -> Measured:
        """Measure photos.

        Args:
            photos: in [-1, 1], [M, C, R, R].

        Raises:
            ValueError: when the embedding gives latents of another size than those of the fit.
        """
        chunks = torch.split(photos, self.batch_size)
        latents = np.concatenate([_numbers(self.embed(chunk)) for chunk in chunks])
        expected = len(next(iter(self.attributes.directions.values())).vector)
        if latents.shape[1] != expected:
            raise ValueError(
                f"the embedding gives latents of {latents.shape[1]} coordinates, the attributes were fitted on "
                f"{expected} ({self.attributes.origin.space}); embed with what made the latents of the cohort."
            )
        features = np.concatenate([_numbers(self.identity(chunk)) for chunk in chunks])
        return Measured(self.attributes.read(latents), features)


def _pixels(photos: torch.Tensor) -> torch.Tensor:
    """Small copies of the photos without their mean colour, [M, C, 16, 16]."""
    small = torch.nn.functional.adaptive_avg_pool2d(photos, PIXELS)
    return small - small.mean(dim=(2, 3), keepdim=True)


def _numbers(values: torch.Tensor) -> Floats:
    """Flattened rows in float64."""
    return values.detach().flatten(1).double().cpu().numpy()
