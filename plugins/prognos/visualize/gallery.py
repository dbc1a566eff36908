"""The patches the network looked at, ordered by the risk it gave them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.style import INK, MUTED, add_notice, new_figure, risk_colour, risk_limits

__all__ = ["draw_patch_gallery"]


def draw_patch_gallery(
    patches: NDArray[np.float32],
    risks: Sequence[float],
    *,
    captions: Sequence[str] = (),
    count: int = 8,
    limits: tuple[float, float] | None = None,
    notice: str = "",
) -> Figure:
    """Two rows of lesion patches: the highest risks above, the lowest below.

    A small collection is never shown twice: with fewer than ``2 * count`` lesions, each half gets its own.

    Args:
        patches: lesions, HU window scaled to [0, 1], [N, S, S]; rows from front to back, columns from patient right to
            left.
        risks: risk of each lesion, no unit, higher is worse; N of them.
        captions: one short line each, for instance the organ and the diameter.
        count: patches in a row, at most.
        limits: ends of the colour scale; by default those of the risks given, with 0 inside.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no patch, or when the numbers of patches, risks and captions differ.
    """
    if len(patches) == 0 or len(patches) != len(risks) or (captions and len(captions) != len(risks)):
        raise ValueError(
            f"cannot draw {len(patches)} patches with {len(risks)} risks and {len(captions)} captions: expected at "
            f"least one patch, one risk for each, and one caption for each or none."
        )
    order = sorted(range(len(risks)), key=lambda index: -risks[index])
    high = order[: min(count, (len(order) + 1) // 2)]
    low = order[len(high) :][-count:]
    rows = [("highest risk", high), *([("lowest risk", low)] if low else [])]
    limits = limits or risk_limits(risks)
    columns = max(len(high), len(low))
    figure = new_figure(max(3.6, 1.32 * columns + 0.4), 1.95 * len(rows), alt=_describe(rows, risks, captions))
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, chosen) in zip(grid, rows, strict=True):
        for axes in line[len(chosen) :]:
            axes.set_visible(False)
        for axes, index in zip(line, chosen, strict=False):
            _draw_patch(axes, patches[index], risks[index], captions[index] if captions else "", limits)
        line[0].set_ylabel(name, fontsize=9.5, color=INK, fontweight="bold", labelpad=6)
    return add_notice(figure, notice)


def _draw_patch(axes: Axes, patch: NDArray[np.float32], risk: float, caption: str, limits: tuple[float, float]) -> None:
    """One patch in a frame of its risk's colour, its risk above, its caption below."""
    axes.imshow(patch, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=risk_colour(risk, limits), linewidth=3.5)
    axes.set_title(f"{risk:+.2f}", fontsize=9.5, color=INK, fontweight="bold", pad=5)
    axes.set_xlabel(caption, fontsize=7.5, color=MUTED, labelpad=4)


def _describe(rows: Sequence[tuple[str, list[int]]], risks: Sequence[float], captions: Sequence[str]) -> str:
    """Alternative text: risks and captions in the order drawn."""
    parts = []
    for name, chosen in rows:
        lesions = ", ".join(f"{risks[i]:+.2f}" + (f" ({captions[i]})" if captions else "") for i in chosen)
        parts.append(f"{name}: {lesions}")
    return "CT patches of lesions ordered by predicted risk. " + "; ".join(parts) + "."
