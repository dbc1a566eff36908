"""From stored patches to the network's patches: the whole batch at once, on its own device.

B is the number of annotations, L of lesions, S the side of a stored patch, P the side of the network's patch.
"""

from __future__ import annotations

import math

import torch
from monai.transforms import Transform
from torch.nn import functional as F

from prognos.transforms.patches import PATCH_SIZE

__all__ = ["AugmentPatches", "CenterPatches"]


class CenterPatches(Transform):
    """Take the middle of each stored patch, unchanged: exactly 2 lesion diameters wide.

    Args:
        size: P, pixels.
    """

    def __init__(self, size: int = PATCH_SIZE) -> None:
        self.size = size

    def __call__(self, image: torch.Tensor, volume: torch.Tensor | None = None) -> torch.Tensor:
        """Crop a batch.

        Args:
            image: stored patches. Shape [B, L, S, S].
            volume: not used; accepted so that this and :class:`AugmentPatches` can stand for each other.

        Returns:
            float32. Shape [B, L, P, P].

        Raises:
            ValueError: when the stored patch is smaller than P, or the margin is not the same on both sides.
        """
        margin, rest = divmod(image.shape[-1] - self.size, 2)
        if margin < 0 or rest:
            raise ValueError(f"stored patches of {image.shape[-1]} pixels have no exact middle of {self.size} pixels.")
        return image[..., margin : margin + self.size, margin : margin + self.size].float()


class AugmentPatches(Transform):
    """Turn, flip, scale and shift each patch at random, differently for each lesion.

    The patch keeps its meaning, because the sampled square never leaves the stored one: its half diagonal, grown by the
    scale and moved by the shift, must fit.

    Args:
        size: P, pixels.
        rotation_degrees: largest angle to either side, degrees.
        shift: largest shift along each axis, as a part of P.
        scale: the sampled square is up to this part smaller or larger.
        flip: probability of a mirror image; with the rotation, of either axis.

    Raises:
        ValueError: when a range is impossible.

    Note:
        Draws come from torch's global generator on the CPU, so a seed gives the same patches on every device. As many
        numbers are drawn as B x L asks for, padding included.

    Source:
        Yang et al. 2023, section 4: "random shifting, scaling, flipping, and rotation"; the ranges are ours.
    """

    def __init__(
        self,
        size: int = PATCH_SIZE,
        *,
        rotation_degrees: float = 180.0,
        shift: float = 0.1,
        scale: float = 0.1,
        flip: float = 0.5,
    ) -> None:
        if not (0 <= rotation_degrees <= 180 and shift >= 0 and 0 <= scale < 1 and 0 <= flip <= 1):
            raise ValueError(f"impossible range among {rotation_degrees=}, {shift=}, {scale=}, {flip=}.")
        self.size = size
        self.rotation = math.radians(rotation_degrees)
        self.shift = shift
        self.scale = scale
        self.flip = flip

    @property
    def reach(self) -> float:
        """Largest distance, along an axis, of a sampled point from the middle, in pixels."""
        angle = min(self.rotation, math.pi / 4)
        half = (self.size - 1) / 2
        return half * (math.cos(angle) + math.sin(angle)) * (1 + self.scale) + self.shift * self.size

    def __call__(self, image: torch.Tensor, volume: torch.Tensor | None = None) -> torch.Tensor:
        """Augment a batch.

        Args:
            image: stored patches. Shape [B, L, S, S].
            volume: mm3, 0 = padding, which is then neither computed nor changed from 0. Shape [B, L].

        Returns:
            float32. Shape [B, L, P, P].

        Raises:
            ValueError: when the ranges reach beyond the stored patch.
        """
        stored = image.shape[-1]
        if self.reach > (stored - 1) / 2:
            raise ValueError(
                f"rotation, scale and shift reach {self.reach:.1f} pixels from the middle, but stored patches end at "
                f"{(stored - 1) / 2}. Lower a range or store larger patches."
            )
        count = image.shape[0] * image.shape[1]
        theta = self._draw(count, stored).to(image.device)  # [B * L, 2, 3]
        patches = image.reshape(count, 1, stored, stored)
        result = torch.zeros(count, 1, self.size, self.size, device=image.device)
        real = torch.ones(count, dtype=torch.bool, device=image.device) if volume is None else volume.reshape(-1) > 0
        if real.any():
            # Corner pixels are at the ends of the unit square (align_corners), so pixels keep their width at scale 1.
            grid = F.affine_grid(theta[real], [int(real.sum()), 1, self.size, self.size], align_corners=True)
            result[real] = F.grid_sample(patches[real].float(), grid, align_corners=True)
        return result.reshape(*image.shape[:2], self.size, self.size)

    def _draw(self, count: int, stored: int) -> torch.Tensor:
        """Random maps from the network's patch to the stored one, both as squares from -1 to 1. Shape [count, 2, 3]."""
        draws = torch.rand(count, 5)
        angle, scale, shift_x, shift_y = (2 * draws[:, :4] - 1).unbind(dim=1)
        angle = angle * self.rotation
        scale = (1 + scale * self.scale) * (self.size - 1) / (stored - 1)
        mirror = torch.where(draws[:, 4] < self.flip, -1.0, 1.0)
        shift = 2 * self.shift * self.size / (stored - 1) * torch.stack([shift_x, shift_y], dim=1)
        cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
        rows = [torch.stack([cosine * mirror, -sine], dim=1), torch.stack([sine * mirror, cosine], dim=1)]
        return torch.cat([torch.stack(rows, dim=1), shift[:, :, None]], dim=2)
