"""Images that a generator makes of the same latents, before and after it was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.style import MUTED, add_notice, new_figure

__all__ = ["draw_generator_grid"]

TILE = 1.05
"""Side of one image on paper, inches."""


def draw_generator_grid(rows: Mapping[str, NDArray[np.uint8]], *, columns: int = 8, notice: str = "") -> Figure:
    """Draw named groups of images below each other, the same latent in the same place of every group.

    Args:
        rows: name of a group to its images, uint8 [N, R, R, 3]; every group has the same N.
        columns: images side by side.
        notice: strip above everything, such as that of the provenance; empty for none.

    Returns:
        The figure.

    Raises:
        ValueError: when there is no image, or the groups have different numbers of them.
    """
    counts = {len(images) for images in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"the groups have {sorted(counts)} images; expected the same positive number of each.")
    count = counts.pop()
    columns = min(columns, count)
    lines = -(-count // columns)
    alt = f"{count} generated images for each of: {', '.join(rows)}."
    figure = new_figure(columns * TILE + 0.2, len(rows) * (lines * TILE + 0.28) + 0.3, alt=alt)
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, (name, images) in zip(parts, rows.items(), strict=True):
        part.suptitle(name, fontsize=9, color=MUTED, x=0.02, ha="left")
        axes = part.subplots(lines, columns, squeeze=False).ravel()
        for place, axis in enumerate(axes):
            axis.set_axis_off()
            if place < count:
                axis.imshow(images[place], interpolation="nearest" if images.shape[1] < 128 else "antialiased")
    return add_notice(figure, notice)
