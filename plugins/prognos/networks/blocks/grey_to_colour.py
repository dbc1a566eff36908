"""A network of colour photos as an encoder of grey patches, for weights that others trained.

Data flow, with N patches of H x W pixels, F features::

    patches [N, 1, H, W] in [0, 1] -> (x - mean) / deviation in three channels [N, 3, H, W] -> network -> [N, F]
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

__all__ = ["GreyToColour"]


class GreyToColour(nn.Module):
    """Show a grey patch to a network in each of its three channels, prepared as the published weights expect.

    The first convolution stays as it was published. It could be summed over its channels instead, at the same result
    inside the patch, but the zeros around the patch would then mean another grey.

    Args:
        network: maps colour patches [N, 3, H, W] to features [N, F], such as MONAI's ``resnet50``.
        mean: of each channel, taken off the patch: 0.485, 0.456, 0.406 for torchvision's ImageNet weights, 0.5 three
            times for RadImageNet's.
        deviation: of each channel, divides the patch: 0.229, 0.224, 0.225 and 0.5 three times.

    Raises:
        ValueError: when ``mean`` or ``deviation`` has not three numbers, or a deviation is not positive.

    Source:
        The values are those of torchvision's published preprocessing and of RadImageNet's ``pytorch_example.ipynb``.
        How grey patches enter a ResNet50 is not said in Yang et al., section 5.1; this is ours.
    """

    def __init__(self, network: nn.Module, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        if len(mean) != 3 or len(deviation) != 3 or min(deviation) <= 0:
            raise ValueError(f"got {mean=} and {deviation=}, expected three numbers each, deviations above 0.")
        self.network = network
        self.mean = nn.Buffer(torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.deviation = nn.Buffer(torch.tensor(deviation).view(1, 3, 1, 1), persistent=False)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """Map patches [N, 1, H, W] in [0, 1] to features [N, F]."""
        features: torch.Tensor = self.network((patches - self.mean) / self.deviation)
        return features
