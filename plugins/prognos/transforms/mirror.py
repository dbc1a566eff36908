"""Looks at voxels for what no header tells: a map that is mirrored under the right geometry, a mask that marks air."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.transforms.images import ImageError, Volume

__all__ = ["mirror_gain", "require_unmirrored", "warn_of_air"]

MIRROR_GAIN = 0.8
"""A map is refused when its mirror image leaves less than this part of its own variance of HU within labels. Ours:
right maps measure 1.6 and more, those without organs that differ between left and right about 1."""

SAMPLED_SIDE = 128
"""Voxels looked at along each axis, about."""

HU_RANGE = (-1000, 400)
"""HU beyond which a difference says nothing of tissue."""

AIR_HU = -950
"""HU below which there is air, outside the body or in a lung without tissue."""

MOST = 0.5
"""Part of the marked voxels that may be air. Ours."""


def mirror_gain(image: NDArray[Any], labels: NDArray[Any]) -> float:
    """Variance of HU within the labels of a map mirrored left for right, as a part of that of the map as it is.

    Organs are of a tissue each, so a map in its place leaves little variance within its labels.

    Args:
        image: HU. Shape [W, H, D].
        labels: 0 = background. Shape [W, H, D].

    Returns:
        Above 1 when the map fits better as it is, below 1 when its mirror image does; NaN when nothing is marked.
    """
    steps = tuple(slice(None, None, max(1, size // SAMPLED_SIDE)) for size in image.shape)
    hu = image[steps].clip(*HU_RANGE).astype(np.float64)
    as_is = _variance_within(hu, labels[steps])
    mirrored = _variance_within(hu, labels[::-1][steps])
    return mirrored / as_is if as_is > 0 else np.nan


def require_unmirrored(image: Volume, organs: Volume, *, name: str) -> None:
    """Refuse an organ map that fits its image better when left and right are exchanged.

    Args:
        image: the scan.
        organs: organ labels on its grid.
        name: what to call the map in a message.

    Raises:
        ImageError: when it does.

    Note:
        Mirrored lesion masks cannot be told by their voxels: a lesion may lie anywhere.
    """
    if mirror_gain(image.array, organs.array) < MIRROR_GAIN:
        raise ImageError(
            f"{name}: fits its image better with left and right exchanged, although both claim the same geometry: "
            f"one of them was mirrored without its header, and the lesion masks perhaps with it. Make them again from "
            f"the original files, and look at them in a viewer."
        )


def warn_of_air(image: Volume, mask: Volume, *, name: str) -> None:
    """Warn when most of what a mask marks is air: it was mirrored, shifted, or drawn on another image.

    Args:
        image: the scan.
        mask: lesion labels on its grid.
        name: what to call the mask in a message.
    """
    marked = image.array.T[mask.array.T > 0]
    if marked.size and (share := float((marked < AIR_HU).mean())) > MOST:
        warnings.warn(
            f"{name}: {share:.0%} of the marked voxels are air (below {AIR_HU} HU). The mask may be mirrored or "
            f"shifted without its header, or belong to another image; look at both in a viewer.",
            stacklevel=3,
        )


def _variance_within(hu: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Mean square deviation from the mean of each label."""
    inside = labels > 0
    values, label = hu[inside], labels[inside]
    count = np.bincount(label)
    total = np.bincount(label, values)
    squares = np.bincount(label, values**2)
    present = count > 0
    return float((squares[present] - total[present] ** 2 / count[present]).sum() / max(count.sum(), 1))
