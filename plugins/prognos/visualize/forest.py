"""Forest figures: one row a group or a model, a point with its 95 % interval, and the counts behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from prognos.visualize.style import BLUE, INK, MUTED, VERMILLION, add_notice, new_figure, tidy, title

__all__ = ["ForestRow", "draw_forest", "draw_model_comparison"]

ROW_HEIGHT = 0.29
"""Inches of a row."""


class ForestRow(NamedTuple):
    """A value with its interval and what it rests on; NaN where nothing was assessed."""

    name: str
    """Group or model."""

    value: float
    """The point; NaN draws "not assessed"."""

    low: float = math.nan
    """Lower end of the 95 % interval; NaN draws the point alone."""

    high: float = math.nan
    """Upper end."""

    patients: int | None = None
    """Their number."""

    events: int | None = None
    """Observed events among them."""


def draw_forest(
    rows: Sequence[ForestRow],
    *,
    heading: str,
    label: str = "C-index",
    dashed: ForestRow | None = None,
    chance: float | None = 0.5,
    note: str = "",
    notice: str = "",
) -> Figure:
    """One row a group, from the top in the order given.

    Args:
        rows: groups.
        heading: title.
        label: of the value's axis.
        dashed: a further row whose value is drawn as dashed line through all rows, for instance the pooled average.
        chance: value of a predictor that knows nothing, as dotted line; None for none.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no row.

    Source:
        After figure 3 of Hagag et al., "Deep Learning for Cancer Prognosis Prediction Using Portrait Photos by StyleGAN
        Embedding".
    """
    if not rows:
        raise ValueError("no row to draw: expected at least one group.")
    shown = [*rows, *([dashed] if dashed else [])]
    figure = new_figure(8.0, 1.35 + ROW_HEIGHT * len(shown), alt=_describe(heading, label, shown))
    axes = tidy(figure.subplots(), grid="x")
    for place, row in enumerate(shown):
        _draw_row(axes, place, row, VERMILLION if row is dashed else BLUE)
    if dashed is not None:
        axes.axvline(dashed.value, color=VERMILLION, linewidth=1.2, linestyle="--", zorder=0.8)
        axes.axhline(len(rows) - 0.5, color=MUTED, linewidth=0.6)
    _finish(axes, shown, label=label, chance=chance)
    _write_columns(axes, shown)
    title(axes, heading, second=note or "points: estimates; lines: 95 % intervals; dotted: chance")
    return add_notice(figure, notice)


def draw_model_comparison(
    models: Sequence[ForestRow],
    differences: Sequence[ForestRow],
    *,
    heading: str = "Models on the same patients",
    label: str = "C-index",
    difference_label: str = "difference in C-index",
    note: str = "",
    notice: str = "",
) -> Figure:
    """The value of each model on the left, its paired difference to a reference on the right.

    Args:
        models: one row a model.
        differences: one row a model in the same order, NaN for the reference.
        heading: title.
        label: of the values' axis.
        difference_label: of the differences' axis.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no model, or the two lists name different models.
    """
    if not models or [row.name for row in models] != [row.name for row in differences]:
        raise ValueError(f"{len(models)} models and {len(differences)} differences: expected the same, at least one.")
    alt = f"{_describe(heading, label, models)} {_describe(difference_label, 'difference', differences)}"
    figure = new_figure(11.0, 1.45 + ROW_HEIGHT * len(models), alt=alt)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, (model, difference) in enumerate(zip(models, differences, strict=True)):
        _draw_row(left, place, model, BLUE)
        _draw_row(right, place, difference, VERMILLION, missing="reference")
    for axes, rows, text, chance in ((left, models, label, 0.5), (right, differences, difference_label, 0.0)):
        _finish(tidy(axes, grid="x"), rows, label=text, chance=chance)
    right.tick_params(labelleft=False)
    _write_columns(left, models)
    _write_columns(right, differences, signed=True)
    title(left, heading, second=note or "points: estimates; lines: 95 % intervals")
    return add_notice(figure, notice)


def _draw_row(axes: Axes, place: int, row: ForestRow, colour: str, missing: str = "not assessed") -> None:
    """Point and interval of one row, or the word that stands for them."""
    if math.isnan(row.value):
        axes.text(
            0.02,
            place,
            missing,
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=8.5,
            color=MUTED,
            style="italic",
            bbox={"facecolor": "white", "linewidth": 0, "pad": 1.5},
        )
        return
    if not math.isnan(row.low + row.high):
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=1.8, solid_capstyle="butt")
    size = 4.5 if row.patients is None else min(9.0, max(4.0, 0.9 * math.sqrt(row.patients)))
    axes.plot(row.value, place, "s", color=colour, markersize=size, markeredgecolor="white", markeredgewidth=0.6)


def _finish(axes: Axes, rows: Sequence[ForestRow], *, label: str, chance: float | None) -> None:
    """Names, limits and the line of chance."""
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=label)
    axes.spines["left"].set_visible(False)
    if chance is not None:
        axes.axvline(chance, color=MUTED, linewidth=0.9, linestyle=":", zorder=0.7)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if all(math.isnan(row.value) for row in rows):
        axes.set_xlim(0, 1)


def _write_columns(axes: Axes, rows: Sequence[ForestRow], *, signed: bool = False) -> None:
    """Numbers to the right of the rows, at a distance in points, whatever the width of the panel."""
    columns = [(9, "estimate [95 %]", [_number(row, signed) for row in rows])]
    if any(row.patients is not None for row in rows):
        columns.append((112, "events / n", [_counts(row) for row in rows]))
    for distance, head, cells in columns:
        for place, cell in enumerate([head, *cells]):
            is_head = place == 0
            axes.annotate(
                cell,
                (1, -0.75 if is_head else place - 1),
                (distance, 0),
                xycoords=axes.get_yaxis_transform(),
                textcoords="offset points",
                fontsize=8 if is_head else 8.5,
                color=MUTED if is_head else INK,
                va="bottom" if is_head else "center",
                annotation_clip=False,
            )


def _counts(row: ForestRow) -> str:
    """Events and patients as text."""
    return "" if row.patients is None else f"{row.events} / {row.patients}"


def _number(row: ForestRow, signed: bool) -> str:
    """Value and interval as text."""
    if math.isnan(row.value):
        return ""
    form = "{:+.3f}" if signed else "{:.3f}"
    value = form.format(row.value)
    if math.isnan(row.low + row.high):
        return value
    return f"{value} [{form.format(row.low)}, {form.format(row.high)}]".replace("-", "\N{MINUS SIGN}")


def _describe(heading: str, label: str, rows: Sequence[ForestRow]) -> str:
    """Alternative text: every row."""
    parts = []
    for row in rows:
        interval = "" if math.isnan(row.low + row.high) else f" (95 % {row.low:.3f} to {row.high:.3f})"
        counts = "" if row.patients is None else f", {row.events} events of {row.patients}"
        value = "not assessed" if math.isnan(row.value) else f"{row.value:.3f}"
        parts.append(f"{row.name} {value}{interval}{counts}")
    return f"{heading}, {label}: {'; '.join(parts)}."
