"""Brier score over time: how far predicted survival probabilities are from what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from prognos.metrics import AccuracyRow, IntegratedBrier
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

__all__ = ["draw_brier_over_time", "draw_brier_rows"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""

STYLES = ("-", "--", "-.", ":")
"""Second way to tell curves apart, when there are more than colours."""


def draw_brier_over_time(
    horizons_days: ArrayLike,
    scores: Mapping[str, ArrayLike],
    *,
    integrated: Mapping[str, float] | None = None,
    without_model: ArrayLike | None = None,
    intervals: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    note: str = "",
    notice: str = "",
) -> Figure:
    """One curve a model.

    Args:
        horizons_days: ascending, [T].
        scores: model -> Brier score at each horizon, in [0, 1], lower is better; NaN where it does not exist, [T].
        integrated: model -> integrated Brier score, for the legend.
        without_model: score of the cohort's Kaplan-Meier curve as the prediction for everyone, [T]; a model above it is
            worse than none.
        intervals: model -> lower and upper ends of the 95 % interval at each horizon, [T] each; drawn as bands.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no model, or a curve has another length than the horizons.
    """
    horizons = np.asarray(horizons_days, np.float64)
    curves = {name: np.asarray(score, np.float64) for name, score in scores.items()}
    everything: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = [
        *curves.values(),
        *([np.asarray(without_model, np.float64)] if without_model is not None else []),
    ]
    if not curves or any(curve.shape != horizons.shape for curve in everything):
        raise ValueError(
            f"cannot draw {len(curves)} curves over {len(horizons)} horizons: expected at least one, one score each."
        )
    months = horizons / DAYS_PER_MONTH
    colours = (BLUE, VERMILLION, GREEN, PURPLE)
    sums = integrated or {}
    labels = {name: f"{name}, integrated {sums[name]:.3f}" if name in sums else name for name in curves}
    figure = new_figure(6.4, 3.9, alt=f"Brier score over {months[-1]:.0f} months: {'; '.join(labels.values())}.")
    axes = tidy(figure.subplots(), grid="y")
    if without_model is not None:
        axes.plot(months, everything[-1], color=MUTED, linewidth=1.2, linestyle=(0, (1, 1.5)), label="without model")
    for place, (name, curve) in enumerate(curves.items()):
        style = STYLES[place // len(colours) % len(STYLES)]
        colour = colours[place % len(colours)]
        if intervals and name in intervals:
            low, high = (np.asarray(end, np.float64) for end in intervals[name])
            axes.fill_between(months, low, high, color=colour, alpha=0.14, linewidth=0)
        axes.plot(months, curve, color=colour, linewidth=1.8, linestyle=style, label=labels[name])
    top = float(np.nanmax(np.concatenate(everything), initial=0.25))
    axes.set(xlabel="months since baseline", ylabel="Brier score (lower is better)", ylim=(0, 1.08 * top))
    mark_months(axes, float(months[-1]))
    axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="best")
    title(axes, "Error of the predicted survival", second=note or "0.25 is what a constant one half scores")
    return add_notice(figure, notice)


def draw_brier_rows(
    models: Mapping[str, Sequence[AccuracyRow]],
    integrated: Mapping[str, IntegratedBrier] | None = None,
    *,
    note: str = "",
    notice: str = "",
) -> Figure:
    """The same from the table of an evaluation, with the null score and, for one model, its 95 % band.

    Args:
        models: name -> rows of :func:`prognos.metrics.accuracy_over_time`, all at the same horizons.
        integrated: name -> the integral, for the legend.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: as :func:`draw_brier_over_time`.
    """
    first = next(iter(models.values()), ())
    bands = {name: ([row.brier_low for row in rows], [row.brier_high for row in rows]) for name, rows in models.items()}
    return draw_brier_over_time(
        [row.days for row in first],
        {name: [row.brier for row in rows] for name, rows in models.items()},
        integrated={name: row.brier for name, row in (integrated or {}).items()},
        without_model=[row.null_brier for row in first],
        intervals=bands if len(bands) == 1 else None,
        note=note,
        notice=notice,
    )
