"""What an inversion minimises: how far drawings are from photos.

B photos of C colours and resolution R.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch.func import functional_call

from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.inferers.latent_metric import LatentMetric
from prognos.losses import PerceptualLoss
from prognos.networks import latents_to_ws

__all__ = ["InversionProblem", "relative_error"]


class InversionProblem:
    """Photos, the generator that shall draw them, and how far a drawing is from its photo.

    Args:
        photos: in [-1, 1], [B, C, R, R].
        generator: a :class:`prognos.networks.nets.StyleGAN2Generator`.
        coordinates: the space of the latents, for this generator.
        metric: how far steps in them move a picture, for a search that needs it.
        perceptual: distance in features, added to that of the pixels.
        perceptual_weight: its weight; that of the pixels is 1.
        dtype: precision of the matrix products.
    """

    def __init__(
        self,
        photos: torch.Tensor,
        generator: Any,
        coordinates: LatentCoordinates,
        metric: LatentMetric | None = None,
        *,
        perceptual: PerceptualLoss | None = None,
        perceptual_weight: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.photos = photos
        self.generator = generator
        self.coordinates = coordinates
        self.metric = metric
        self.perceptual = perceptual
        self.perceptual_weight = perceptual_weight
        self.dtype = dtype
        with torch.no_grad():
            self.target = self.compared(photos)

    def images(self, latent: torch.Tensor, noise_maps: Mapping[str, torch.Tensor] | None = None) -> torch.Tensor:
        """What the generator draws from latents [B, *latent].

        Args:
            latent: [B, *latent].
            noise_maps: constant noise [B, 1, H, W] by the name of the synthesis' buffer, instead of its own.

        Returns:
            Images [B, C, R, R].
        """
        with self._precision():
            ws = latents_to_ws(latent, self.generator, self.coordinates.space)
            maps = dict(noise_maps or {})
            images: torch.Tensor = functional_call(self.generator.synthesis, maps, (ws,), {"noise_mode": "const"})
        return images.float()

    def compared(self, images: torch.Tensor) -> list[torch.Tensor]:
        """What a distance compares: pixels and features, scaled so that their squared differences are added up.

        Args:
            images: [B, C, R, R].

        Returns:
            [B, C, R, R], then [B, c, H, W] for each layer of the features.
        """
        parts = [images * (_spread(self.photos) * self.photos[0].numel()).rsqrt()[:, None, None, None]]
        if self.perceptual is not None:
            with self._precision():
                layers = self.perceptual.describe(images)
            parts += [layer * math.sqrt(self.perceptual_weight / layer[0, 0].numel()) for layer in layers]
        return parts

    def distances(self, images: torch.Tensor) -> torch.Tensor:
        """How far drawings [B, C, R, R] are from their photos, no unit, [B].

        The squared :func:`relative_error` plus the weighted perceptual distance.
        """
        parts = zip(self.compared(images), self.target, strict=True)
        return torch.stack([(ours - theirs).square().flatten(1).sum(dim=1) for ours, theirs in parts]).sum(dim=0)

    def repeated(self, times: int) -> InversionProblem:
        """The same photos, each ``times`` in a row."""
        photos = self.photos.repeat_interleave(times, dim=0)
        return InversionProblem(
            photos,
            self.generator,
            self.coordinates,
            self.metric,
            perceptual=self.perceptual,
            perceptual_weight=self.perceptual_weight,
            dtype=self.dtype,
        )

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.photos.device.type, self.dtype, enabled=self.dtype != torch.float32)


def relative_error(images: torch.Tensor, photos: torch.Tensor) -> torch.Tensor:
    """Root mean squared error over the spread of the photo's pixels around their mean colour, no unit, [B].

    Args:
        images: [B, C, H, W].
        photos: what they shall look like, [B, C, H, W].
    """
    return ((images - photos).square().mean(dim=(1, 2, 3)) / _spread(photos)).sqrt()


def _spread(photos: torch.Tensor) -> torch.Tensor:
    """Mean square of the pixels of photos [B, C, H, W] around the mean colour of each, at least 1e-6, [B]."""
    return (photos - photos.mean(dim=(2, 3), keepdim=True)).square().mean(dim=(1, 2, 3)).clamp_min(1e-6)
