"""Decision curves: net benefit over the threshold, one panel a horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prognos.metrics import NetBenefitRow
from prognos.visualize.style import BLUE, INK, MUTED, VERMILLION, add_notice, new_figure, tidy, title

__all__ = ["draw_decision_curve"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""


def draw_decision_curve(rows: Sequence[NetBenefitRow], *, note: str = "", notice: str = "") -> Figure:
    """Treating by the model, against treating everyone and nobody.

    Args:
        rows: of :func:`prognos.metrics.net_benefit`.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no row.

    Source:
        After Vickers and Elkin 2006, Medical Decision Making 26:565-574.
    """
    horizons = sorted({row.days for row in rows})
    if not horizons:
        raise ValueError("no decision curve to draw: expected rows at one horizon or more.")
    figure = new_figure(max(5.2, 3.7 * len(horizons)), 3.7, alt=_describe(horizons, rows))
    panels = figure.subplots(1, len(horizons), squeeze=False, sharey=True)[0]
    top = max([0.01, *(value for row in rows for value in (row.model, row.treat_all, row.high) if value == value)])
    for panel, day in zip(panels, horizons, strict=True):
        axes = tidy(panel, grid="y")
        own = [row for row in rows if row.days == day]
        threshold = np.array([row.threshold for row in own])
        axes.axhline(0, color=MUTED, linewidth=1.2, label="treat nobody")
        axes.plot(
            threshold,
            [row.treat_all for row in own],
            color=VERMILLION,
            linewidth=1.4,
            linestyle="--",
            label="treat everyone",
        )
        axes.fill_between(
            threshold, [row.low for row in own], [row.high for row in own], color=BLUE, alpha=0.14, linewidth=0
        )
        axes.plot(threshold, [row.model for row in own], color=BLUE, linewidth=1.9, label="treat by the model")
        axes.set(xlim=(0, threshold.max() * 1.02), ylim=(-0.35 * top, 1.08 * top))
        axes.set_xlabel(f"threshold of the risk at {day / DAYS_PER_MONTH:.0f} months")
        ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= threshold.max() * 1.02]
        axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    panels[0].set_ylabel("net benefit, true positives per patient")
    panels[-1].legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="upper right")
    title(panels[0], "Decision curve", second=note or "the highest line is the best way to decide; band: 95 % interval")
    return add_notice(figure, notice)


def _describe(horizons: Sequence[float], rows: Sequence[NetBenefitRow]) -> str:
    """Alternative text: between which thresholds the model is above both alternatives."""
    parts = []
    for day in horizons:
        better = [row.threshold for row in rows if row.days == day and row.model > max(row.treat_all, row.treat_none)]
        where = (
            f"above treating everyone and nobody at {len(better)} thresholds between {min(better):.0%} and "
            f"{max(better):.0%}"
            if better
            else "nowhere above treating everyone and nobody"
        )
        parts.append(f"at {day / DAYS_PER_MONTH:.0f} months the model is {where}")
    return f"Net benefit: {'; '.join(parts)}."
