"""What a sweep along an attribute did, in four panels: risk, identity, random directions, side effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from prognos.visualize.style import BLUE, INK, MUTED, VERMILLION, add_notice, new_figure, tidy, title

__all__ = ["draw_edit_checks"]


def draw_edit_checks(
    betas: Sequence[float],
    log_hazard: ArrayLike,
    distance: ArrayLike,
    *,
    other_person: float,
    change: float,
    random_changes: Sequence[float],
    effects: Mapping[str, tuple[float, float | None]],
    attribute: str = "health",
    note: str = "",
    notice: str = "",
) -> Figure:
    """Draw the checks of a sweep; every number was computed elsewhere.

    Args:
        betas: K steps.
        log_hazard: of the portraits after they were embedded again, no unit, higher is worse, [N, K].
        distance: of the edited portraits to the unedited one, 0 = the same, [N, K].
        other_person: the same between two patients.
        change: mean change of the log hazard over the sweep.
        random_changes: the same for random directions of equal length.
        effects: attribute -> its change in standard deviations per unit of log hazard, before and after the other
            attributes were projected out; None where there is no "after".
        attribute: along which the sweep goes.
        note: second line of the first title.
        notice: provenance of the weights, drawn as a strip.
    """
    risk, far = np.asarray(log_hazard, np.float64), np.asarray(distance, np.float64)
    alt = (
        f"Checks of the sweep along {attribute}: mean log hazard "
        f"{', '.join(f'{value:+.2f}' for value in risk.mean(axis=0))} at "
        f"beta {', '.join(f'{beta:+g}' for beta in betas)}; change {change:+.2f} against {len(random_changes)} random "
        f"directions; other attributes {', '.join(f'{name} {value[0]:+.2f}' for name, value in effects.items())}."
    )
    figure = new_figure(8.6, 6.2, alt=alt)
    panels = figure.subplots(2, 2)
    _draw_lines(panels[0, 0], betas, risk, "log hazard, embedded again")
    title(panels[0, 0], "Risk of the edited photo", second=note or "grey: patients; blue: their mean")
    _draw_lines(panels[0, 1], betas, far, "distance to the unedited photo")
    panels[0, 1].axhline(other_person, color=VERMILLION, linestyle="--", linewidth=1.2)
    panels[0, 1].set_ylim(bottom=0)
    title(panels[0, 1], "Identity", second="dashed: two different patients (median)")
    _draw_random(panels[1, 0], change, random_changes)
    _draw_effects(panels[1, 1], effects)
    return add_notice(figure, notice)


def _draw_lines(axes: Axes, betas: Sequence[float], values: NDArray[np.float64], label: str) -> None:
    tidy(axes, grid="y")
    axes.plot(betas, values.T, color="#9aa5b1", linewidth=0.7, alpha=0.6)
    axes.plot(betas, values.mean(axis=0), color=BLUE, linewidth=2.2, marker="o", markersize=4)
    axes.set(xlabel="β, standard deviations of the cohort", ylabel=label)


def _draw_random(axes: Axes, change: float, random_changes: Sequence[float]) -> None:
    tidy(axes)
    axes.plot(random_changes, np.zeros(len(random_changes)), "|", color=MUTED, markersize=22, markeredgewidth=1.4)
    axes.plot([change], [0], "D", color=BLUE, markersize=8)
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=0.5)
    axes.set(yticks=[], ylim=(-1, 1), xlabel="change of the log hazard over the sweep")
    axes.spines["left"].set_visible(False)
    second = f"blue: the attribute; strokes: {len(random_changes)} random, equally long"
    title(axes, "Against random directions", second=second)


def _draw_effects(axes: Axes, effects: Mapping[str, tuple[float, float | None]]) -> None:
    tidy(axes, grid="x")
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=0.5)
    for place, (before, after) in enumerate(effects.values()):
        axes.plot([before], [place], "o", color=VERMILLION, markersize=7, label="as fitted" if place == 0 else "")
        if after is not None:
            axes.plot([before, after], [place, place], color="#c3cad1", linewidth=1.2, zorder=0.9)
            label = "others projected out" if place == 0 else ""
            axes.plot([after], [place], "o", color=BLUE, markersize=7, label=label)
    axes.set_yticks(range(len(effects)), list(effects))
    axes.set(ylim=(len(effects) - 0.3, -0.7), xlabel="SD per unit of log hazard")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    if effects:
        axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="lower right")
    title(axes, "Other attributes", second="0: they stay while the risk changes")
