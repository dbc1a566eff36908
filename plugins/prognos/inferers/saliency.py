"""To which pixels of a photo the log hazard responds: by gradient, or by covering patches.

B photos of C colours, resolution R.
"""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer
from torch.nn import functional as F

__all__ = ["GradientSaliencyInferer", "OcclusionSaliencyInferer"]


class GradientSaliencyInferer(Inferer):
    """Size of the gradient of the log hazard with respect to each pixel.

    Args:
        noise: standard deviation of noise added to the photo, as a share of the range from -1 to 1; 0 for none. The
            gradients of ``samples`` noisy photos are averaged, which calms those of a network with kinks.
        samples: noisy photos.
        seed: of the noise.

    Note:
        A gradient speaks of small changes of one pixel at a time; :class:`OcclusionSaliencyInferer` of large ones.

    Source:
        Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034; Smilkov et al. 2017, "SmoothGrad", arXiv:1706.03825.
    """

    def __init__(self, noise: float = 0.05, samples: int = 8, seed: int = 0) -> None:
        if noise < 0 or samples < 1:
            raise ValueError(f"GradientSaliencyInferer: {noise=}, {samples=}; expected noise >= 0 and samples >= 1.")
        self.noise = noise
        self.samples = samples if noise > 0 else 1
        self.seed = seed

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Compute the map.

        Args:
            inputs: photos in [-1, 1], [B, C, R, R].
            network: photo -> log hazard [B, 1], differentiable, in evaluation mode.
            args: unused.
            kwargs: unused.

        Returns:
            Sum over the colours of the absolute gradient, >= 0, log hazard per unit of intensity, [B, R, R].
        """
        random = torch.Generator().manual_seed(self.seed)
        total = torch.zeros_like(inputs)
        for _ in range(self.samples):
            shift = 2 * self.noise * torch.randn(inputs.shape, generator=random) if self.noise else 0.0
            with torch.enable_grad():
                photo = (inputs.detach() + torch.as_tensor(shift).to(inputs)).requires_grad_()
                (gradient,) = torch.autograd.grad(network(photo).sum(), photo)
            total += gradient
        return (total / self.samples).abs().sum(dim=1)


class OcclusionSaliencyInferer(Inferer):
    """Change of the log hazard when a square patch is covered by the photo's mean colour.

    Args:
        patches: the photo is cut into ``patches`` x ``patches`` squares.

    Source:
        Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
    """

    def __init__(self, patches: int = 8) -> None:
        if patches < 2:
            raise ValueError(f"OcclusionSaliencyInferer: patches is {patches}, expected at least 2.")
        self.patches = patches

    @torch.no_grad()
    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Compute the map.

        Args:
            inputs: photos in [-1, 1], [B, C, R, R].
            network: photo -> log hazard [B, 1].
            args: unused.
            kwargs: unused.

        Returns:
            Absolute change of the log hazard when the patch of a pixel is covered, no unit, [B, R, R].
        """
        side = inputs.shape[-1]
        base, cover = network(inputs), inputs.mean(dim=(2, 3), keepdim=True)
        change = inputs.new_zeros(len(inputs), self.patches**2)
        for index in range(self.patches**2):
            cell = torch.zeros(1, 1, self.patches, self.patches).to(inputs)
            cell.view(-1)[index] = 1.0
            mask = F.interpolate(cell, size=(side, side), mode="nearest")
            change[:, index] = (network(inputs * (1 - mask) + cover * mask) - base).abs().squeeze(1)
        grid = change.view(len(inputs), 1, self.patches, self.patches)
        return F.interpolate(grid, size=(side, side), mode="nearest").squeeze(1)
