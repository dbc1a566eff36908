"""The whole CT as one input of a network, without any lesion: resampled once, augmented at every use.

B is the batch size; W, H and D are voxels along the patient's left, posterior and superior axes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from monai.transforms import Transform
from torch.nn import functional as F

from prognos.config import keys
from prognos.transforms.extraction import name_file
from prognos.transforms.images import read_volume
from prognos.transforms.interpolation import interpolation_weights, scale_window
from prognos.transforms.patches import HU_WINDOW

__all__ = ["AugmentScans", "ResampleScand", "ScaleScans"]

VERSION = 1
"""Raised whenever the same files and settings would give other voxels, so that no stale cache is used."""

LEVELS = 255
"""Grey levels above 0 of a stored scan: 5.5 HU each with the window -1000 to 400, below the noise of a CT."""


class ResampleScand(Transform):
    """Read a CT and resample it to one spacing and one size around its middle.

    Deterministic, so :class:`prognos.data.ScanDataset` runs it once for each scan and keeps the outcome. HU are clipped
    to the window before they are interpolated. Shrinking averages, enlarging interpolates linearly; what lies outside
    the scan is air, what lies outside the new size is cut off.

    Args:
        spacing_mm: new voxel size to the left, to the back and to the head, mm.
        size: (W, H, D), voxels.
        window: HU that become 0 and 255.

    Raises:
        ValueError: when an argument is none of these.

    Source:
        Yang et al., section 5.3: "resampled all volumes to a spacing of (0.78125, 0.78125, 5), used a (480, 480,
        120)-shaped crop". Where the crop lies, the window and the storage in 256 levels are ours.
    """

    def __init__(
        self,
        spacing_mm: Sequence[float] = (0.78125, 0.78125, 5.0),
        size: Sequence[int] = (480, 480, 120),
        window: Sequence[float] = HU_WINDOW,
    ) -> None:
        if len(spacing_mm) != 3 or len(size) != 3 or min(spacing_mm) <= 0 or min(size) < 1:
            raise ValueError(f"got {spacing_mm=} and {size=}, expected three positive numbers each.")
        if len(window) != 2 or not window[0] < window[1]:
            raise ValueError(f"window is {window!r}, expected two HU values, the lower first.")
        self.spacing_mm = tuple(float(side) for side in spacing_mm)
        self.size = tuple(int(count) for count in size)
        self.window = (float(window[0]), float(window[1]))

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the file that the outcome depends on, as plain values; part of a cache key."""
        return {
            "version": VERSION,
            "spacing_mm": list(self.spacing_mm),
            "size": list(self.size),
            "window": list(self.window),
        }

    def __call__(self, scan: Mapping[str, Any]) -> torch.Tensor:
        """Read the CT of a scan; its masks are not opened.

        Args:
            scan: ``image`` (path) and optionally ``where``, the place in the user's table that a message shall name.

        Returns:
            uint8, 0 for the lower end of the window and for outside. Shape [1, W, H, D].

        Raises:
            ImageError: when the file cannot be used.
        """
        path = scan[keys.IMAGE]
        volume = read_volume(path, name=name_file(scan.get("where", ""), keys.IMAGE))
        array = volume.array
        # Slices first: they become fewer, and then each axis costs less.
        for axis in (2, 0, 1):
            length, step = volume.array.shape[axis], self.spacing_mm[axis] / volume.grid.spacing[axis]
            weights, first = interpolation_weights((length - 1) / 2, step, self.size[axis], length)
            part = np.moveaxis(array, axis, -1)[..., first : first + weights.shape[1]]
            scaled = scale_window(part, self.window) if axis == 2 else part
            array = np.moveaxis(scaled @ weights.T, -1, axis)
        levels = np.rint(np.clip(array, 0, 1) * LEVELS).astype(np.uint8)
        return torch.from_numpy(np.ascontiguousarray(levels))[None]


class ScaleScans(Transform):
    """Turn stored scans into what the network sees, unchanged otherwise."""

    def __call__(self, scans: torch.Tensor) -> torch.Tensor:
        """Map uint8 [B, 1, W, H, D] to float32 in [0, 1] of the same shape."""
        return scans.float() / LEVELS


class AugmentScans(Transform):
    """Turn, flip, scale and shift each scan at random, as the patches of the lesions are, but in space.

    Args:
        rotation_degrees: largest angle to either side around the patient's long axis, degrees.
        shift: largest shift along each axis, as a part of its length.
        scale: each scan is shown up to this part smaller or larger.
        flip: probability that left and right change places.

    Raises:
        ValueError: when a range is impossible.

    Note:
        Draws come from torch's global generator on the CPU, so a seed gives the same scans on every device.

    Source:
        Yang et al., section 5.3: "analogous data augmentations to the ones done on 2D lesion patches". The ranges, the
        axis of the rotation and that nobody is shown upside down are ours.
    """

    def __init__(
        self, *, rotation_degrees: float = 15.0, shift: float = 0.05, scale: float = 0.1, flip: float = 0.5
    ) -> None:
        if not (0 <= rotation_degrees <= 180 and 0 <= shift < 1 and 0 <= scale < 1 and 0 <= flip <= 1):
            raise ValueError(f"impossible range among {rotation_degrees=}, {shift=}, {scale=}, {flip=}.")
        self.rotation, self.shift, self.scale, self.flip = math.radians(rotation_degrees), shift, scale, flip

    def __call__(self, scans: torch.Tensor) -> torch.Tensor:
        """Augment a batch.

        Args:
            scans: uint8 [B, 1, W, H, D], as stored, W and H equally long in mm.

        Returns:
            float32 in [0, 1], air where a scan ends. Shape [B, 1, W, H, D].
        """
        theta = self._draw(len(scans)).to(scans.device)
        images = ScaleScans()(scans)
        moved = []
        for image, onto in zip(torch.split(images, 1), torch.split(theta, 1), strict=True):
            # One at a time: the grid is as large as three scans.
            grid = F.affine_grid(onto, list(image.shape), align_corners=False)
            moved.append(F.grid_sample(image, grid, align_corners=False))
        return torch.cat(moved)

    def _draw(self, count: int) -> torch.Tensor:
        """Random maps from new to stored positions, both from -1 to 1, in the order (D, H, W). Shape [count, 3, 4]."""
        draws = torch.rand(count, 6)
        angle = (2 * draws[:, 0] - 1) * self.rotation
        scale = 1 + (2 * draws[:, 1] - 1) * self.scale
        mirror = torch.where(draws[:, 2] < self.flip, -1.0, 1.0)
        cosine, sine, zero = scale * torch.cos(angle), scale * torch.sin(angle), torch.zeros(count)
        rows = [
            torch.stack([scale, zero, zero], dim=1),
            torch.stack([zero, cosine, sine * mirror], dim=1),
            torch.stack([zero, -sine, cosine * mirror], dim=1),
        ]
        shift = 2 * self.shift * (2 * draws[:, 3:] - 1)
        return torch.cat([torch.stack(rows, dim=1), shift[:, :, None]], dim=2)
