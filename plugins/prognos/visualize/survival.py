"""Survival of groups of patients, drawn as Kaplan-Meier curves with their intervals and numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.metrics import LogRank, SurvivalPoint, survival_by_group
from prognos.visualize.style import (
    BLUE,
    GROUPS,
    INK,
    MUTED,
    PURPLE,
    VERMILLION,
    add_notice,
    mark_months,
    new_figure,
    p_value_text,
    tidy,
    title,
)

__all__ = ["draw_survival_by_risk", "draw_survival_groups"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""

COLOURS: dict[int, tuple[str, ...]] = {3: (BLUE, PURPLE, VERMILLION)}
"""Colours of as many groups, the lowest risk first; else those of :data:`prognos.visualize.style.GROUPS`."""


def draw_survival_by_risk(
    log_hazard: NDArray[np.float64],
    time_days: NDArray[np.float64],
    event: NDArray[np.float64],
    *,
    names: Sequence[str] = ("lower predicted risk", "higher predicted risk"),
    note: str = "",
    notice: str = "",
) -> Figure:
    """Kaplan-Meier curves of as many equally large groups as there are names, cut at quantiles of the log hazard.

    The cuts come from the drawn patients themselves; for groups cut by the training patients, see
    :func:`draw_survival_groups`.

    Args:
        log_hazard: predictions, no unit, higher = earlier event, [N].
        time_days: follow-up time, days, [N].
        event: 1 = event observed, 0 = censored, [N].
        names: of the groups, lowest risk first.
        note: second line of the title, for instance a C-index that a metric computed.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there are fewer patients than groups.
    """
    if len(log_hazard) < len(names):
        raise ValueError(f"cannot make {len(names)} groups of {len(log_hazard)} patients; give fewer names.")
    cuts = np.quantile(log_hazard, np.linspace(0, 1, len(names) + 1)[1:-1])
    group = np.searchsorted(cuts, log_hazard, side="left")
    days, observed = np.asarray(time_days), np.asarray(event) > 0.5
    points: list[SurvivalPoint] = []
    for index, name in enumerate(names):
        members = group == index
        if members.any():
            points += survival_by_group(days[members], observed[members], [name] * int(members.sum()))
    return draw_survival_groups(points, note=note, notice=notice)


def draw_survival_groups(
    points: Sequence[SurvivalPoint],
    *,
    log_rank: LogRank | None = None,
    heading: str = "Survival by predicted risk",
    note: str = "",
    notice: str = "",
) -> Figure:
    """Kaplan-Meier curves of groups, with 95 % bands, a tick for each censoring, and the numbers at risk.

    Args:
        points: of :func:`prognos.metrics.survival_by_group`, the lowest risk first.
        log_rank: comparison of the groups, for the second line of the title.
        heading: title.
        note: second line of the title, in the place of the default one.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no point.
    """
    if not points:
        raise ValueError("no survival curve to draw: expected the points of at least one group.")
    names = list(dict.fromkeys(point.group for point in points))
    groups = {name: [point for point in points if point.group == name] for name in names}
    colours = COLOURS.get(len(names), GROUPS)
    test = "" if log_rank is None else f"log-rank {p_value_text(log_rank.p_value)}"
    figure = new_figure(6.4, 4.5, alt=" ".join(filter(None, (_describe(groups), test and f"{test}."))))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[5, 0.55 + 0.3 * len(names)])
    for index, (name, steps) in enumerate(groups.items()):
        _draw_curve(above, steps, name, colours[index % len(colours)])
    last = max(point.days for point in points) / DAYS_PER_MONTH
    tidy(above, grid="y").set(ylim=(0, 1.02), ylabel="alive without event", xlim=(0, last * 1.01))
    mark_months(above, last)
    above.set_yticks(np.linspace(0, 1, 5), [f"{share:.0%}" for share in np.linspace(0, 1, 5)])
    above.legend(frameon=False, fontsize=9, loc="upper right", labelcolor=INK)
    above.tick_params(labelbottom=False)
    second = "; ".join(filter(None, (test, "bands: 95 % intervals; ticks: censored patients")))
    title(above, heading, second=note or second)
    _draw_numbers_at_risk(below, groups, colours, last)
    below.set_xlabel("months since baseline", color=INK, fontsize=9.5)
    return add_notice(figure, notice)


def _draw_curve(axes: Axes, steps: Sequence[SurvivalPoint], name: str, colour: str) -> None:
    """One step curve from (0, 1) to the last follow-up, its 95 % band and its censoring ticks."""
    months = np.array([step.days for step in steps]) / DAYS_PER_MONTH
    survival = np.array([step.survival for step in steps])
    low, high = np.array([step.low for step in steps]), np.array([step.high for step in steps])
    axes.fill_between(months, low, high, step="post", color=colour, alpha=0.14, linewidth=0)
    axes.step(months, survival, where="post", color=colour, linewidth=2, label=f"{name}, n = {steps[0].at_risk}")
    censored = np.array([step.censored > 0 for step in steps])
    axes.plot(
        months[censored],
        survival[censored],
        linestyle="none",
        marker="|",
        markersize=6,
        markeredgewidth=1,
        color=colour,
    )


def _draw_numbers_at_risk(
    axes: Axes, groups: dict[str, list[SurvivalPoint]], colours: Sequence[str], last: float
) -> None:
    """Patients still followed at each tick, one line a group."""
    tidy(axes)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(ylim=(len(groups) - 0.4, -1.1), yticks=[])
    axes.text(0, -0.75, "patients at risk", fontsize=8.5, color=MUTED, va="center")
    axes.tick_params(length=0)
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= last]
    axes.set_xticks(ticks)
    for index, steps in enumerate(groups.values()):
        for tick in ticks:
            count = next((step.at_risk for step in steps if step.days / DAYS_PER_MONTH >= tick), 0)
            axes.text(
                tick,
                index,
                str(count),
                ha="center",
                va="center",
                fontsize=9,
                color=colours[index % len(colours)],
                clip_on=False,
            )


def _describe(groups: dict[str, list[SurvivalPoint]]) -> str:
    """Alternative text: size, events and median survival of each group."""
    parts = []
    for name, steps in groups.items():
        half = next((step.days / DAYS_PER_MONTH for step in steps if step.survival <= 0.5), None)
        median = "median not reached" if half is None else f"median {half:.1f} months"
        events = sum(step.events for step in steps)
        parts.append(f"{name}: {steps[0].at_risk} patients, {events} events, {median}")
    return "Kaplan-Meier curves. " + "; ".join(parts) + "."
