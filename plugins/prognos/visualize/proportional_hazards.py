"""Proportional hazards: scaled Schoenfeld residuals over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prognos.metrics import ProportionalHazardsRow, SchoenfeldPoint
from prognos.visualize.style import (
    BLUE,
    INK,
    MUTED,
    VERMILLION,
    add_notice,
    mark_months,
    new_figure,
    p_value_text,
    tidy,
    title,
)

__all__ = ["draw_proportional_hazards"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""


def draw_proportional_hazards(
    points: Sequence[SchoenfeldPoint],
    tests: Sequence[ProportionalHazardsRow] = (),
    *,
    note: str = "",
    notice: str = "",
) -> Figure:
    """One panel a covariate: residuals of the events, their trend, and the coefficient they should lie around.

    Args:
        points: of :func:`prognos.metrics.schoenfeld_residuals`.
        tests: of :func:`prognos.metrics.check_proportional_hazards`, for the headings.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no point.

    Source:
        After Grambsch and Therneau 1994, Biometrika 81:515-526.
    """
    names = list(dict.fromkeys(point.name for point in points))
    if not names:
        raise ValueError("no residual to draw: expected the points of one covariate or more.")
    p_values = {row.name: p_value_text(row.p_value) for row in tests}
    words = [f"{name}{', ' + p_values[name] if name in p_values else ''}" for name in names]
    figure = new_figure(
        max(6.4, 4.2 * len(names)), 3.6, alt=f"Scaled Schoenfeld residuals over time: {'; '.join(words)}."
    )
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for panel, name, word in zip(panels, names, words, strict=True):
        axes = tidy(panel, grid="y")
        own = sorted((point for point in points if point.name == name), key=lambda point: point.days)
        months = np.array([point.days for point in own]) / DAYS_PER_MONTH
        residual = np.array([point.residual for point in own])
        axes.plot(months, residual, ".", color=BLUE, markersize=5, alpha=0.5, markeredgewidth=0)
        axes.axhline(own[0].coefficient, color=MUTED, linewidth=1.2, linestyle="--", label="constant coefficient")
        axes.axhline(0, color=MUTED, linewidth=0.7)
        axes.plot(months, [point.trend for point in own], color=VERMILLION, linewidth=1.9, label="trend")
        axes.set(xlabel="months since baseline", ylabel=f"coefficient of the {name}")
        mark_months(axes, float(months[-1]))
        axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="best")
        if len(names) > 1:
            axes.text(0.02, 0.97, word, transform=axes.transAxes, fontsize=8.5, color=INK, va="top")
    second = f"{words[0]}; " if len(names) == 1 and tests else ""
    title(panels[0], "Proportional hazards", second=note or f"{second}a level line speaks for them")
    return add_notice(figure, notice)
