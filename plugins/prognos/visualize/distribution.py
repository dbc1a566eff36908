"""How risks are distributed: over organs, against a known truth, and over patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from prognos.visualize.style import (
    BLUE,
    INK,
    MUTED,
    VERMILLION,
    add_notice,
    new_figure,
    tidy,
    title,
)

__all__ = ["draw_log_hazards", "draw_risk_agreement", "draw_risk_by_organ", "draw_violin"]

SMALLEST_VIOLIN = 8
"""Lesions an organ needs before their density is drawn; fewer are shown as points only."""

MOST_POINTS = 400
"""Points drawn of a group; of more, a random part."""


def draw_risk_by_organ(
    risks: NDArray[np.float64], organs: Sequence[str], *, note: str = "", notice: str = ""
) -> Figure:
    """Predicted lesion risks of each organ as violins, the highest median on top.

    Args:
        risks: no unit, higher is worse, [N].
        organs: organ of each lesion, N names.
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no lesion or the lengths differ.

    Source:
        After figure 3 of Yang et al., "Metastatic lung cancer prognosis via deep image-based lesion prioritization".
    """
    if len(risks) == 0 or len(risks) != len(organs):
        raise ValueError(f"cannot draw {len(risks)} risks of {len(organs)} organs: expected as many, at least one.")
    names = np.asarray(organs)
    ordered = sorted(set(organs), key=lambda name: float(np.median(risks[names == name])))
    medians = [f"{name} {np.median(risks[names == name]):+.2f}" for name in reversed(ordered)]
    figure = new_figure(6.4, 1.35 + 0.55 * len(ordered), alt=f"Lesion risk by organ, medians: {', '.join(medians)}.")
    axes = tidy(figure.subplots(), grid="x")
    jitter = np.random.default_rng(0)
    for row, name in enumerate(ordered):
        draw_violin(axes, np.asarray(risks)[names == name], row, BLUE, jitter=jitter)
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=0.5)
    labels = [f"{name}  (n = {int((names == name).sum())})" for name in ordered]
    axes.set_yticks(range(len(ordered)), labels)
    axes.set(ylim=(-0.6, len(ordered) - 0.4), xlabel="predicted lesion risk, no unit (higher is worse)")
    axes.tick_params(axis="y", length=0)
    title(axes, "Risk of lesions by organ", second=note or "white points: medians")
    return add_notice(figure, notice)


def draw_violin(
    axes: Axes,
    values: NDArray[np.float64],
    place: int,
    colour: str,
    *,
    upright: bool = False,
    jitter: np.random.Generator | None = None,
) -> None:
    """One violin with its values as points and its median as a white point.

    Args:
        axes: where.
        values: of the group, [N], N at least 1; a density is drawn from 8 on.
        place: position along the axis of the groups.
        colour: of violin and points.
        upright: values run up instead of to the right.
        jitter: spreads the points across the violin; a fixed one by default.
    """
    jitter = jitter or np.random.default_rng(0)
    if len(values) >= SMALLEST_VIOLIN and np.ptp(values) > 0:
        orientation: Literal["vertical", "horizontal"] = "vertical" if upright else "horizontal"
        parts = axes.violinplot(
            values, positions=[place], orientation=orientation, widths=0.85, showextrema=False, points=200
        )
        for body in parts["bodies"]:  # type: ignore[attr-defined]  # a list, in the stubs a single artist
            body.set(facecolor=colour, alpha=0.22, edgecolor=colour, linewidth=0.8)
    shown = values if len(values) <= MOST_POINTS else jitter.choice(values, MOST_POINTS, replace=False)
    across = place + jitter.uniform(-0.12, 0.12, len(shown))
    middle = float(np.median(values))
    x, y = (across, shown) if upright else (shown, across)
    axes.plot(x, y, ".", color=colour, markersize=3, alpha=0.45, markeredgewidth=0)
    at = (float(place), middle) if upright else (middle, float(place))
    axes.plot(*at, "o", color="white", markeredgecolor=INK, markersize=6.5, zorder=5)


def draw_risk_agreement(
    predicted: NDArray[np.float64], true: NDArray[np.float64], *, note: str = "", notice: str = ""
) -> Figure:
    """Predicted against true lesion risks of a cohort whose truth is known.

    Args:
        predicted: predicted risks, no unit, higher is worse, [N].
        true: risks the cohort was made with, [N].
        note: second line of the title, for instance a rank correlation that a metric computed.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no lesion or the lengths differ.
    """
    if len(predicted) == 0 or len(predicted) != len(true):
        raise ValueError(
            f"cannot draw {len(predicted)} predicted and {len(true)} true risks: expected as many of both."
        )
    figure = new_figure(4.8, 4.4, alt=f"Predicted against true risk of {len(true)} lesions. {note}".strip())
    axes = tidy(figure.subplots(), grid="both")
    dense = len(true) > 500
    axes.plot(
        true, predicted, ".", color=BLUE, markersize=4 if dense else 7, alpha=0.25 if dense else 0.55, markeredgewidth=0
    )
    axes.set(xlabel="true lesion risk, no unit", ylabel="predicted lesion risk, no unit")
    title(axes, "Predicted against true lesion risk", second=note or f"{len(true)} lesions")
    return add_notice(figure, notice)


def draw_log_hazards(
    log_hazard: NDArray[np.float64], event: NDArray[np.float64], *, note: str = "", notice: str = ""
) -> Figure:
    """Histogram of the patients' log hazards, those with an event on the bottom of each bar.

    Args:
        log_hazard: predictions, no unit, higher = earlier event, [N].
        event: 1 = event observed, 0 = censored, [N].
        note: second line of the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no patient or the lengths differ.
    """
    if len(log_hazard) == 0 or len(log_hazard) != len(event):
        raise ValueError(
            f"cannot draw {len(log_hazard)} log hazards and {len(event)} events: expected as many of both."
        )
    log_hazard, observed = np.asarray(log_hazard), np.asarray(event) > 0.5
    alt = f"Histogram of the log hazards of {len(observed)} patients, {int(observed.sum())} with an event."
    figure = new_figure(6.4, 3.1, alt=alt)
    axes = tidy(figure.subplots(), grid="y")
    bins = np.histogram_bin_edges(log_hazard, bins=min(30, max(6, len(log_hazard) // 6)))
    axes.hist(
        [log_hazard[observed], log_hazard[~observed]],
        bins=bins.tolist(),
        stacked=True,
        color=[VERMILLION, "#9ec5e0"],
        edgecolor="white",
        linewidth=0.8,
        label=[f"event observed ({int(observed.sum())})", f"censored ({int((~observed).sum())})"],
    )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="predicted log hazard, no unit (higher = earlier event)", ylabel="patients")
    axes.legend(frameon=False, fontsize=9, labelcolor=INK)
    title(axes, "Predicted risk of the patients", second=note)
    return add_notice(figure, notice)
