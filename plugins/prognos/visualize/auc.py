"""Discrimination over time: the time-dependent area under the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from prognos.metrics import AccuracyRow
from prognos.visualize.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    PURPLE,
    VERMILLION,
    add_notice,
    mark_months,
    new_figure,
    tidy,
    title,
)

__all__ = ["draw_auc_over_time"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""

COLOURS = (BLUE, VERMILLION, GREEN, PURPLE)
"""Of the models, in their order."""

STYLES = ("-", "--", "-.", ":")
"""Second way to tell curves apart, when there are more than colours."""


def draw_auc_over_time(models: Mapping[str, Sequence[AccuracyRow]], *, note: str = "", notice: str = "") -> Figure:
    """One curve a model, with its 95 % band where there is one model.

    Args:
        models: name -> rows of :func:`prognos.metrics.accuracy_over_time`.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no model, or one has no row.
    """
    if not models or not all(models.values()):
        raise ValueError("no AUC to draw: expected at least one model, each with one horizon or more.")
    figure = new_figure(6.4, 3.6, alt=_describe(models))
    axes = tidy(figure.subplots(), grid="y")
    axes.axhline(0.5, color=MUTED, linewidth=1.0, linestyle=(0, (1, 1.5)), label="chance")
    for place, (name, rows) in enumerate(models.items()):
        months = np.array([row.days for row in rows]) / DAYS_PER_MONTH
        colour, style = COLOURS[place % 4], STYLES[place // 4 % 4]
        if len(models) == 1:
            low, high = [row.auc_low for row in rows], [row.auc_high for row in rows]
            axes.fill_between(months, low, high, color=colour, alpha=0.14, linewidth=0)
        marker = "o" if len(rows) < 8 else None
        axes.plot(
            months,
            [row.auc for row in rows],
            style,
            color=colour,
            linewidth=1.8,
            marker=marker,
            markersize=4,
            label=name,
        )
    lows = [value for rows in models.values() for row in rows for value in (row.auc, row.auc_low) if value == value]
    axes.set(
        xlabel="months since baseline", ylabel="AUC (higher is better)", ylim=(min(0.45, min(lows, default=0.45)), 1.0)
    )
    mark_months(axes, max(row.days for rows in models.values() for row in rows) / DAYS_PER_MONTH)
    axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="best")
    band = "; band: 95 % interval" if len(models) == 1 else ""
    title(axes, "Discrimination over time", second=note or f"events until then against patients without{band}")
    return add_notice(figure, notice)


def _describe(models: Mapping[str, Sequence[AccuracyRow]]) -> str:
    """Alternative text: first and last area of each model."""
    parts = []
    for name, rows in models.items():
        known = [row for row in rows if row.auc == row.auc]
        ends = [f"{row.auc:.2f} at {row.days / DAYS_PER_MONTH:.0f} months" for row in known[:: max(len(known) - 1, 1)]]
        parts.append(f"{name} {', '.join(ends) or 'not assessed'}")
    return f"Time-dependent area under the curve: {'; '.join(parts)}."
