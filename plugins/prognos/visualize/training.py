"""How a training went: one panel for each quantity, one curve for each data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prognos.visualize.style import GROUPS, INK, MUTED, add_notice, new_figure, tidy, title

__all__ = ["draw_training_curves"]

Curve = Sequence[tuple[float, float]]
"""Points (epoch, value) of one curve."""


def draw_training_curves(
    panels: Mapping[str, Mapping[str, Curve]], *, levels: Mapping[str, float] | None = None, notice: str = ""
) -> Figure:
    """Curves over epochs, side by side.

    Args:
        panels: quantity -> data set -> points (epoch, value), for instance ``{"C-index": {"validation": [(1, 0.6)]}}``.
        levels: quantity -> a value that is drawn as a dotted line, for instance 0.5 for a C-index.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no curve.
    """
    if not any(panels.values()):
        raise ValueError("no training curve to draw: expected at least one quantity with one curve.")
    last = [
        f"{quantity} {name} {curve[-1][1]:.4g}"
        for quantity, curves in panels.items()
        for name, curve in curves.items()
        if curve
    ]
    figure = new_figure(3.4 * len(panels) + 0.3, 2.9, alt=f"Training curves; last values: {', '.join(last)}.")
    for axes, (quantity, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        tidy(axes, grid="y").set_xlabel("epoch")
        for colour, (name, curve) in zip(GROUPS, curves.items(), strict=False):
            epochs, values = [point[0] for point in curve], [point[1] for point in curve]
            axes.plot(epochs, values, color=colour, linewidth=1.8, label=name, marker="o" if len(curve) < 3 else "")
        if levels and quantity in levels:
            axes.axhline(levels[quantity], color=MUTED, linewidth=1, linestyle=":")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(curves) > 1:
            axes.legend(frameon=False, fontsize=8.5, labelcolor=INK)
        title(axes, quantity)
    return add_notice(figure, notice)
