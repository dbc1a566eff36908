"""A small fixed network that sees in a portrait what a Fréchet distance shall compare.

Data flow, with B images, C = 1 or 3 channels, side R, F features and K factors::

    image [B, C, R, R] -> 64 x 64 -> four strided convolutions -> mean over the picture -> features [B, F]
    features [B, F] -> factors [B, K]

It is trained to tell the factors of drawn portraits (age, pose, light, hair, ...), which it cannot without seeing what
a face consists of; distances are then taken between its features. It never takes part in the training of a generator.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from prognos.networks.provenance import require_intact

__all__ = ["PortraitFeatures", "load_portrait_features"]

SIZE = 64
"""Side at which the network looks at every image, pixels."""

WIDTHS = (24, 48, 64, 96)
"""Channels of the convolutions; the last is F."""


class PortraitFeatures(nn.Module):
    """Portraits to the factors that drew them, and to the features from which it tells them.

    Args:
        factors: K.

    Attributes:
        size: F, number of features.
    """

    def __init__(self, factors: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(8, after), nn.SiLU()]
        self.encoder = nn.Sequential(*layers)
        self.head = nn.Linear(WIDTHS[-1], factors)
        self.size = WIDTHS[-1]

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Estimate the standardised factors [B, K] of images [B, C, R, R] in [-1, 1]."""
        factors: torch.Tensor = self.head(self.features(image))
        return factors

    def features(self, image: torch.Tensor) -> torch.Tensor:
        """Features [B, F] of images [B, C, R, R] in [-1, 1]; values beyond, which no file can hold, are clipped."""
        image = image.clamp(-1.0, 1.0).expand(-1, 3, -1, -1)
        if image.shape[-1] != SIZE:
            image = F.interpolate(image, size=(SIZE, SIZE), mode="bilinear", antialias=True)
        features: torch.Tensor = self.encoder(image).mean(dim=(2, 3))
        return features


def load_portrait_features(path: str | Path) -> PortraitFeatures:
    """Read the network from its safetensors file.

    Args:
        path: the file; a copy is part of the bundle face_prognosis.

    Returns:
        In evaluation mode, without gradients.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when it holds something else, or is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected the feature network of the bundle face_prognosis.")
    require_intact(path)
    with safe_open(path, framework="pt") as file:
        names = set(file.keys())
    if not {"head.weight", "encoder.0.weight"} <= names:
        raise ValueError(f"{path}: holds other weights than those of PortraitFeatures.")
    weights = {name: tensor.float() for name, tensor in load_file(path).items()}
    network = PortraitFeatures(len(weights["head.weight"]))
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)
