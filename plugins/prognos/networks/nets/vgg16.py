"""Feature maps of a VGG16 whose weights the user brings, for perceptual distances.

Data flow, with B photos of any size::

    image [B, 3, H, W] in [-1, 1] -> ImageNet mean and SD -> five groups of 3 x 3 convolutions with a 2 x 2 maximum
    between them -> the last map of each group: 64, 128, 256, 512 and 512 channels

No classifier and no download: the file is the user's, and so is its licence.

Source:
    Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image recognition", configuration D.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from prognos.networks.provenance import require_intact

__all__ = ["VGG16Features"]

GROUPS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions of each group."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Red, green and blue of ImageNet photos in [0, 1], which the published weights expect."""


class VGG16Features(nn.Module):
    """The five feature maps of a VGG16.

    Args:
        path: ``.pt``, ``.pth`` or ``.safetensors`` file with a state dictionary whose names are those of torchvision's
            ``vgg16``: ``features.0.weight``, ``features.0.bias``, ``features.2.weight``, ...; the classifier may be
            there and is not read. None leaves the weights random.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: when the file is damaged, is no plain state dictionary, or a weight is missing or of another shape.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for group in GROUPS:
            for wider in group:
                layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU()]
                channels = wider
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers[:-1])
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)
        if path is not None:
            self._load(Path(path))
        self.requires_grad_(False).eval()

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps of photos [B, 3, H, W] in [-1, 1]; sides below 16 leave out the last maps.

        Returns:
            Five maps, [B, c, H / 2^k, W / 2^k].
        """
        image = image.expand(-1, 3, -1, -1) if image.shape[1] == 1 else image
        x = ((image + 1.0) / 2.0 - self.mean) / self.deviation
        maps: list[torch.Tensor] = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                maps.append(x)
                if min(x.shape[2:]) < 2:
                    return maps
                x = F.max_pool2d(x, 2)
            else:
                x = layer(x)
        return [*maps, x]

    def _load(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"no VGG16 weights at {path}; name a file, or leave it out.")
        require_intact(path)
        try:
            state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
            ours = {name: state[name] for name in self.state_dict()}
            self.load_state_dict(ours)
        except (AttributeError, KeyError, TypeError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise ValueError(
                f"{path}: not the weights of a VGG16 ({type(error).__name__}: {str(error).splitlines()[0]}); expected "
                f"a plain state dictionary with the names features.0.weight to features.28.bias."
            ) from error
