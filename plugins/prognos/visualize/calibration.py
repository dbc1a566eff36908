"""Calibration: observed risk over predicted risk, one panel a horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prognos.metrics import CalibrationGroup, CalibrationPoint, CalibrationRow
from prognos.visualize.style import BLUE, INK, MUTED, VERMILLION, add_notice, new_figure, tidy, title

__all__ = ["draw_calibration"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""


def draw_calibration(
    curve: Sequence[CalibrationPoint],
    groups: Sequence[CalibrationGroup] = (),
    summary: Sequence[CalibrationRow] = (),
    *,
    note: str = "",
    notice: str = "",
) -> Figure:
    """Smooth curve with its pointwise interval, and points for groups of equally many patients.

    Args:
        curve: of :func:`prognos.metrics.calibration_curve`.
        groups: of :func:`prognos.metrics.calibration_groups`.
        summary: of :func:`prognos.metrics.calibrate`; written into the panels.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is neither a curve nor a group.

    Source:
        After Austin, Harrell and van Klaveren 2020, Statistics in Medicine 39:2714-2742.
    """
    horizons = sorted({row.days for row in curve} | {row.days for row in groups})
    if not horizons:
        raise ValueError("no calibration to draw: expected a curve or groups at one horizon or more.")
    figure = new_figure(max(4.8, 3.5 * len(horizons)), 4.0, alt=_describe(horizons, summary, groups))
    panels = figure.subplots(1, len(horizons), squeeze=False)[0]
    ends = [row.predicted for row in curve] + [row.high for row in groups] + [row.predicted for row in groups]
    top = min(1.0, 1.08 * max(0.1, *(value for value in ends if value == value)))
    for panel, day in zip(panels, horizons, strict=True):
        axes = tidy(panel, grid="both")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 1.5)), label="ideal")
        _draw_curve(axes, [row for row in curve if row.days == day])
        _draw_groups(axes, [row for row in groups if row.days == day])
        axes.set(xlim=(0, top), ylim=(0, top), aspect="equal", xlabel=f"predicted risk at {_months(day)}")
        ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= top]
        axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
        axes.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])
        for row in summary:
            if row.days == day:
                axes.text(
                    0.97, 0.04, _numbers(row), transform=axes.transAxes, fontsize=8, color=INK, ha="right", va="bottom"
                )
    panels[0].set_ylabel("observed risk")
    panels[0].legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper left")
    title(panels[0], "Calibration", second=note or "above the dotted line: more events than predicted; band: 95 %")
    return add_notice(figure, notice)


def _draw_curve(axes: Axes, rows: Sequence[CalibrationPoint]) -> None:
    """Smooth curve and its band."""
    if not rows:
        return
    columns = {
        name: np.array([getattr(row, name) for row in rows]) for name in ("predicted", "observed", "low", "high")
    }
    axes.fill_between(columns["predicted"], columns["low"], columns["high"], color=BLUE, alpha=0.14, linewidth=0)
    axes.plot(columns["predicted"], columns["observed"], color=BLUE, linewidth=1.9, label="smooth curve")


def _draw_groups(axes: Axes, rows: Sequence[CalibrationGroup]) -> None:
    """One point a group, with its interval."""
    if not rows:
        return
    known = [row for row in rows if row.low == row.low and row.high == row.high]
    axes.vlines(
        [row.predicted for row in known],
        [row.low for row in known],
        [row.high for row in known],
        color=VERMILLION,
        linewidth=1.2,
    )
    axes.plot(
        [row.predicted for row in rows],
        [row.observed for row in rows],
        "o",
        color=VERMILLION,
        markersize=4.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        label="groups, 95 %",
    )


def _months(day: float) -> str:
    """A horizon in words."""
    return f"{day / DAYS_PER_MONTH:.0f} months"


def _numbers(row: CalibrationRow) -> str:
    """Observed over expected and slope, with their intervals."""
    lines = [
        f"O/E {row.ratio:.2f} [{row.ratio_low:.2f}, {row.ratio_high:.2f}]",
        f"slope {row.slope:.2f} [{row.slope_low:.2f}, {row.slope_high:.2f}]" if row.slope == row.slope else "",
    ]
    return "\n".join(filter(None, lines))


def _describe(horizons: Sequence[float], summary: Sequence[CalibrationRow], groups: Sequence[CalibrationGroup]) -> str:
    """Alternative text: the numbers of each horizon."""
    by_day = {row.days: row for row in summary}
    parts = []
    for day in horizons:
        if day in by_day:
            row = by_day[day]
            text = f"{row.observed:.0%} observed, {row.expected:.0%} expected, {_numbers(row)}".replace("\n", ", ")
        else:
            points = [row for row in groups if row.days == day]
            text = ", ".join(f"{row.predicted:.0%} predicted {row.observed:.0%} observed" for row in points)
        parts.append(f"at {_months(day)} {text}".strip())
    return f"Calibration: {'; '.join(parts)}."
