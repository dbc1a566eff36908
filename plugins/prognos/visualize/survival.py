"""Survival of groups of patients, drawn as Kaplan-Meier curves with their intervals and numbers at risk."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

from prognos.visualize.style import GROUPS, INK, MUTED, add_notice, new_figure, tidy, title

__all__ = ["draw_survival_by_risk"]

DAYS_PER_MONTH = 30.4375
"""A year of 365.25 days over 12."""


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

    Args:
        log_hazard: predictions, no unit, higher = earlier event, [N].
        time_days: follow-up time, days, [N].
        event: 1 = event observed, 0 = censored, [N].
        names: of the groups, lowest risk first.
        note: second line of the title, for instance a C-index that a metric computed.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there are fewer patients than groups.

    Source:
        Kaplan and Meier 1958, J. Am. Stat. Assoc. 53:457; 95 % intervals on the log(-log) scale, computed by
        ``scipy.stats.ecdf``.
    """
    if len(log_hazard) < len(names):
        raise ValueError(f"cannot make {len(names)} groups of {len(log_hazard)} patients; give fewer names.")
    cuts = np.quantile(log_hazard, np.linspace(0, 1, len(names) + 1)[1:-1])
    group = np.searchsorted(cuts, log_hazard, side="left")
    months, observed = np.asarray(time_days) / DAYS_PER_MONTH, np.asarray(event) > 0.5
    figure = new_figure(6.4, 4.5, alt=_describe(names, group, months, observed))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[5, 0.55 + 0.3 * len(names)])
    for index, name in enumerate(names):
        members = group == index
        if members.any():
            _draw_curve(above, months[members], observed[members], name, GROUPS[index % len(GROUPS)])
    tidy(above, grid="y").set(ylim=(0, 1.02), ylabel="alive without event", xlim=(0, float(months.max()) * 1.01))
    above.set_yticks(np.linspace(0, 1, 5), [f"{share:.0%}" for share in np.linspace(0, 1, 5)])
    above.legend(frameon=False, fontsize=9, loc="upper right", labelcolor=INK)
    above.tick_params(labelbottom=False)
    title(above, "Survival by predicted risk", second=note or "bands: 95 % intervals; ticks: censored patients")
    _draw_numbers_at_risk(below, months, group, names)
    below.set_xlabel("months since baseline", color=INK, fontsize=9.5)
    return add_notice(figure, notice)


def _draw_curve(axes: Axes, months: NDArray[np.float64], observed: NDArray[np.bool_], name: str, colour: str) -> None:
    """One step curve from (0, 1) to the last follow-up, its 95 % band and its censoring ticks."""
    curve = ecdf(CensoredData.right_censored(months, ~observed)).sf
    x = np.r_[0.0, curve.quantiles]
    y = np.r_[1.0, curve.probabilities]
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # the interval is undefined where the curve is 1 or 0
        band = curve.confidence_interval(method="log-log")
    low = np.r_[1.0, np.nan_to_num(band.low.probabilities, nan=1.0)]
    high = np.r_[1.0, np.nan_to_num(band.high.probabilities, nan=1.0)]
    dead = y == 0
    low[dead], high[dead] = np.nan, np.nan
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.14, linewidth=0)
    axes.step(x, y, where="post", color=colour, linewidth=2, label=f"{name} (n = {len(months)})")
    ticks = months[~observed]
    height = y[np.searchsorted(x, ticks, side="right") - 1]
    axes.plot(ticks, height, linestyle="none", marker="|", markersize=6, markeredgewidth=1, color=colour)


def _draw_numbers_at_risk(
    axes: Axes, months: NDArray[np.float64], group: NDArray[np.int64], names: Sequence[str]
) -> None:
    """Patients still followed at each tick, one line a group."""
    tidy(axes)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(ylim=(len(names) - 0.4, -1.1), yticks=[])
    axes.text(0, -0.75, "patients at risk", fontsize=8.5, color=MUTED, va="center")
    axes.tick_params(length=0)
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= months.max()]
    axes.set_xticks(ticks)
    for index in range(len(names)):
        for tick in ticks:
            count = int((months[group == index] >= tick).sum())
            axes.text(
                tick,
                index,
                str(count),
                ha="center",
                va="center",
                fontsize=9,
                color=GROUPS[index % len(GROUPS)],
                clip_on=False,
            )


def _describe(
    names: Sequence[str], group: NDArray[np.int64], months: NDArray[np.float64], observed: NDArray[np.bool_]
) -> str:
    """Alternative text: size, events and median survival of each group."""
    parts = []
    for index, name in enumerate(names):
        members = group == index
        curve = ecdf(CensoredData.right_censored(months[members], ~observed[members])).sf if members.any() else None
        below = curve.quantiles[curve.probabilities <= 0.5] if curve is not None else []
        median = f"median {below[0]:.1f} months" if len(below) else "median not reached"
        parts.append(f"{name}: {int(members.sum())} patients, {int(observed[members].sum())} events, {median}")
    return "Kaplan-Meier curves. " + "; ".join(parts) + "."
