"""On which parts of the photos a risk rests: shares of the saliency on face, surroundings, clothes and background.

N photos of R x R pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["RegionShare", "saliency_by_region"]


class RegionShare(NamedTuple):
    """How much of the saliency falls on a region."""

    saliency: float
    """Mean share of a photo's saliency that falls on the region, in [0, 1]."""

    area: float
    """Mean share of the photo's pixels that the region covers, in [0, 1]."""

    density: float
    """Saliency share over area share: 1 is what a network that looks everywhere alike gives."""


def saliency_by_region(saliency: ArrayLike, regions: Mapping[str, ArrayLike]) -> dict[str, RegionShare]:
    """Share of the saliency on each region.

    Args:
        saliency: size of the risk's response to each pixel, >= 0, any unit, [N, R, R].
        regions: name -> boolean mask, [N, R, R], or [R, R] when it is the same for all photos. What no mask covers is
            reported as ``elsewhere``.

    Returns:
        One :class:`RegionShare` a region. A photo to which the risk does not respond at all is left out.

    Raises:
        ValueError: when shapes differ, regions overlap, a value is negative or not finite, or nothing responds.
    """
    response = np.asarray(saliency, np.float64)
    if response.ndim != 3 or not np.isfinite(response).all() or (response < 0).any():
        raise ValueError(f"saliency has shape {list(response.shape)}, expected [N, R, R], finite and >= 0.")
    total = response.sum(axis=(1, 2))
    if not (total > 0).any():
        raise ValueError("the risk responds to no pixel of any photo; the network, or its gradient, is switched off.")
    masks = {name: _mask(name, mask, response.shape) for name, mask in regions.items()}
    covered = np.sum([mask.astype(np.int64) for mask in masks.values()], axis=0) if masks else np.zeros(response.shape)
    if (covered > 1).any():
        raise ValueError(f"regions {', '.join(masks)} overlap; expected each pixel in one region at most.")
    if (covered == 0).any():
        masks["elsewhere"] = covered == 0
    used = total > 0
    shares = {}
    for name, mask in masks.items():
        share = float(((response * mask).sum(axis=(1, 2))[used] / total[used]).mean())
        area = float(mask.mean(axis=(1, 2))[used].mean())
        shares[name] = RegionShare(share, area, share / area if area > 0 else float("nan"))
    return shares


def _mask(name: str, mask: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask of all photos."""
    array = np.asarray(mask)
    if array.shape not in (shape, shape[1:]):
        raise ValueError(f"region {name!r} has shape {list(array.shape)}, expected {list(shape)} or {list(shape[1:])}.")
    return np.broadcast_to(array.astype(np.bool_), shape)
