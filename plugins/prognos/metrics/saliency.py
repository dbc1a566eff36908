"""On which parts of the photos a risk rests: face, surroundings, clothes and background.

By their share of the saliency, which is a matter of small changes, and by exchanging them between photos. N photos of
R x R pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["RegionShare", "exchange_share", "saliency_by_region"]


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


def exchange_share(scores: ArrayLike, exchanged: ArrayLike) -> float:
    """Share of a score's variance between photos that comes and goes with a region of theirs.

    Args:
        scores: of the photos, any unit, [N].
        exchanged: of the same photos, each with the region's pixels of another one, [N].

    Returns:
        Mean squared change over twice the variance of the scores: 0 when the region does not matter, about 1 when the
        score comes from it alone. For a score that is a sum over regions this is each region's part of the variance;
        regions that act together count more than once, so that the shares of all may add up to more than 1.

    Raises:
        ValueError: when shapes differ, values are not finite, or the scores are all equal.

    Source:
        Jansen 1999, "Analysis of variance designs for model output", Computer Physics Communications 117: the estimator
        of the total sensitivity index.
    """
    before, after = np.asarray(scores, np.float64), np.asarray(exchanged, np.float64)
    if before.ndim != 1 or before.shape != after.shape or not np.isfinite([before, after]).all():
        raise ValueError(
            f"scores and exchanged are {list(before.shape)} and {list(after.shape)}, expected [N] twice, finite."
        )
    if len(before) < 2 or before.var() == 0:
        raise ValueError(f"{len(before)} score(s) that do not differ; a share needs at least two different ones.")
    return float(((after - before) ** 2).mean() / (2 * before.var()))


def _mask(name: str, mask: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask of all photos."""
    array = np.asarray(mask)
    if array.shape not in (shape, shape[1:]):
        raise ValueError(f"region {name!r} has shape {list(array.shape)}, expected {list(shape)} or {list(shape[1:])}.")
    return np.broadcast_to(array.astype(np.bool_), shape)
