"""Latent encoder: from a photo to where a generator would draw it, in one pass.

Data flow, with B photos, C channels, resolution R, F features::

    image [B, C, R, R] -> stem [B, c, R, R] -> residual blocks, each halving the side -> [B, c', 4, 4]
      -> flatten -> linear -> [B, F] -> linear -> standardised latent -> latent [B, *latent_shape]

Images are in [-1, 1]. The draws it learns from are in ``prognos.networks.draw_latents``, the loss in
``prognos.losses``.

Source:
    The task is that of Richardson et al. 2021, "Encoding in style" (pSp), and of Zhu et al. 2020, "In-domain GAN
    inversion"; this network is far smaller, because it only gives a first guess at a small resolution.
"""

# TorchScript reads the annotations of the class, so they must not be texts.
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["LatentEncoder"]

LAST_SIDE = 4
"""Side of the last feature map, pixels; it is flattened, so that where something is in the face is kept."""


class LatentEncoder(nn.Module):
    """Predict the latent of a photo.

    Args:
        resolution: side of the photo, pixels; a power of two, 8 or more.
        latent_shape: shape of one latent: ``(Z,)``, ``(W,)`` or ``(L, W)``.
        space: ``"z"``, ``"w"`` or ``"w+"``; z is returned on its sphere.
        in_channels: channels of the photo.
        channels: channels of the first feature map; each halving of the side doubles them, up to ``channels_max``.
        channels_max: most channels of a feature map.
        features: width before the last layer.

    Attributes:
        mean: latent that an all-zero prediction stands for, [*latent_shape].
        scale: size of one unit of the prediction, [*latent_shape].

    Raises:
        ValueError: when the resolution is no power of two of at least 8, the latent shape is empty or the space is
            unknown.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(
        self,
        resolution: int,
        latent_shape: Sequence[int],
        *,
        space: str = "w",
        in_channels: int = 3,
        channels: int = 24,
        channels_max: int = 192,
        features: int = 512,
    ) -> None:
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"LatentEncoder: resolution is {resolution}, expected a power of two of at least 8.")
        if not latent_shape or min(latent_shape) < 1:
            raise ValueError(f"LatentEncoder: latent_shape is {list(latent_shape)}, expected positive sizes.")
        if space not in ("z", "w", "w+"):
            raise ValueError(f"LatentEncoder: space is {space!r}, expected 'z', 'w' or 'w+'.")
        self.resolution = resolution
        self.latent_shape = [int(size) for size in latent_shape]
        self.space = space
        self.settings = {"in_channels": in_channels, "channels": channels, "channels_max": channels_max}
        self.settings["features"] = features
        blocks: list[nn.Module] = [nn.Conv2d(in_channels, channels, 3, padding=1)]
        width, side = channels, resolution
        while side > LAST_SIDE:
            wider = min(2 * width, channels_max)
            blocks.append(_HalvingBlock(width, wider))
            width, side = wider, side // 2
        self.blocks = nn.Sequential(*blocks)
        size = 1
        for part in self.latent_shape:
            size *= part
        self.head = nn.Sequential(
            nn.Linear(width * LAST_SIDE * LAST_SIDE, features), nn.LeakyReLU(0.2), nn.Linear(features, size)
        )
        self.register_buffer("mean", torch.zeros(self.latent_shape))
        self.register_buffer("scale", torch.ones(self.latent_shape))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Predict latents.

        Args:
            image: photos in [-1, 1], [B, C, R, R].

        Returns:
            Latents [B, *latent_shape].
        """
        standardised = self.head(self.blocks(image).flatten(1)).unflatten(1, self.latent_shape)
        latent: torch.Tensor = self.mean + self.scale * standardised
        if self.space == "z":
            latent = latent * torch.rsqrt(latent.square().mean(dim=-1, keepdim=True) + 1e-8)
        return latent

    @torch.no_grad()
    def standardise(self, latents: torch.Tensor) -> "LatentEncoder":
        """Take mean and scale from draws [N, *latent_shape], so that every prediction starts near the mean latent."""
        self.mean.copy_(latents.mean(dim=0))
        self.scale.copy_(latents.std(dim=0).clamp_min(1e-6))
        return self


class _HalvingBlock(nn.Module):
    """Residual block that halves the side: [B, c, S, S] -> [B, c', S/2, S/2]."""

    def __init__(self, channels: int, wider: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, wider, 3, stride=2, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(wider)
        self.second = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(wider)
        self.skip = nn.Conv2d(channels, wider, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the block."""
        y = F.leaky_relu(self.first_norm(self.first(x)), 0.2)
        y = self.second_norm(self.second(y))
        return F.leaky_relu(y + self.skip(F.avg_pool2d(x, 2)), 0.2)
