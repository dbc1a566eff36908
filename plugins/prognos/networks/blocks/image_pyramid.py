"""Widths of networks whose blocks double or halve the resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["block_widths"]


def block_widths(
    resolution: int, channel_base: int, channel_max: int, widths: Sequence[int] | None = None
) -> dict[int, int]:
    """Channels of the features at each resolution.

    Args:
        resolution: of the image, a power of two, at least 8.
        channel_base: channels times resolution; what the papers state as 32768 (full) or 16384 (half).
        channel_max: upper bound of the channels.
        widths: channels at 4, 8, ..., ``resolution``, instead of the rule.

    Returns:
        Channels by resolution, from 4 to ``resolution``.

    Raises:
        ValueError: when the resolution is no power of two >= 8, or ``widths`` has another length than the resolutions.
    """
    if resolution < 8 or resolution & (resolution - 1):
        raise ValueError(f"resolution is {resolution}, expected a power of two, at least 8, such as 256.")
    resolutions = [2**power for power in range(2, int(math.log2(resolution)) + 1)]
    if widths is None:
        widths = [min(channel_base // size, channel_max) for size in resolutions]
    if len(widths) != len(resolutions) or min(widths) < 1:
        raise ValueError(f"widths are {list(widths)}, expected {len(resolutions)} positive numbers, for {resolutions}.")
    return dict(zip(resolutions, widths, strict=True))
