"""How far the risk depends on who drew the outlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.style import BLUE, MUTED, add_notice, new_figure, tidy, title

__all__ = ["ReaderPanel", "draw_reader_agreement"]


class ReaderPanel(NamedTuple):
    """Readings of one kind of value."""

    name: str
    """What was read, with its unit."""

    values: NDArray[np.float64]
    """One for each reading, [N]."""

    means: NDArray[np.float64]
    """Mean of all readings of the same thing, [N]."""

    spread: float
    """Standard deviation of readings of the same thing."""

    note: str
    """Second line of the title, for instance the ICC with its interval."""


def draw_reader_agreement(panels: Sequence[ReaderPanel], *, notice: str = "") -> Figure:
    """Each reading against the mean of all readings of the same thing; on the diagonal readers agree.

    Args:
        panels: kinds of values, from the left.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no panel, or one of them is empty.
    """
    if not panels or any(len(panel.values) == 0 for panel in panels):
        raise ValueError("no readings to draw: expected at least one panel with values.")
    alt = " ".join(f"{panel.name}, {len(panel.values)} readings: {panel.note}." for panel in panels)
    figure = new_figure(4.5 * len(panels), 4.3, alt=f"Agreement of readers. {alt}")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(tidy(axes, grid="both"), panel)
    return add_notice(figure, notice)


def _draw(axes: Axes, panel: ReaderPanel) -> None:
    """One panel."""
    ends = np.array([min(panel.values.min(), panel.means.min()), max(panel.values.max(), panel.means.max())])
    axes.fill_between(ends, ends - panel.spread, ends + panel.spread, color=MUTED, alpha=0.15, linewidth=0)
    axes.plot(ends, ends, color=MUTED, linewidth=1)
    dense = len(panel.values) > 500
    axes.plot(
        panel.means,
        panel.values,
        ".",
        color=BLUE,
        markersize=4 if dense else 7,
        alpha=0.3 if dense else 0.6,
        markeredgewidth=0,
        rasterized=dense,
    )
    axes.set(xlabel="mean of the readers", ylabel="one reader")
    title(axes, panel.name[:1].upper() + panel.name[1:], second=panel.note)
