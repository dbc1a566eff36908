"""Risk of a lesion against its distance to the border of its organ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.style import BLUE, INK, add_notice, new_figure, tidy, title

__all__ = ["draw_risk_by_margin"]

BANDS_MM = (0.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0)
"""Ends of the bands of margin whose median risk is drawn, mm; the last is open."""

FEWEST = 5
"""Lesions a band needs for its median."""


def draw_risk_by_margin(
    margin_mm: NDArray[np.float64],
    risks: NDArray[np.float64],
    *,
    organ: str = "lung",
    note: str = "",
    notice: str = "",
) -> Figure:
    """Every lesion as a point, medians and quartiles of bands of margin.

    Args:
        margin_mm: shortest distance from the lesion to the border of its organ, mm, [N].
        risks: no unit, higher is worse, [N].
        organ: where the lesions lie.
        note: second line of the title, for instance an effect with its interval.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no lesion or the lengths differ.
    """
    margin_mm, risks = np.asarray(margin_mm, np.float64), np.asarray(risks, np.float64)
    if len(risks) == 0 or len(risks) != len(margin_mm):
        raise ValueError(f"cannot draw {len(risks)} risks of {len(margin_mm)} margins: expected as many, at least one.")
    figure = new_figure(6.4, 3.9, alt=f"Risk of {len(risks)} {organ} lesions by margin. {note}".strip())
    axes = tidy(figure.subplots(), grid="both")
    dense = len(risks) > 500
    axes.plot(margin_mm, risks, ".", color=BLUE, markersize=4, alpha=0.3, markeredgewidth=0, rasterized=dense)
    places, middles, below, above = _bands(margin_mm, risks)
    axes.errorbar(
        places,
        middles,
        yerr=[below, above],
        fmt="o",
        color=INK,
        markerfacecolor="white",
        markersize=6,
        linewidth=1.3,
        capsize=3,
        label="median and quartiles of a band",
    )
    axes.set(
        xlabel=f"margin: from the lesion to the border of the {organ}, mm (0: touches or crosses it)",
        ylabel="predicted lesion risk, no unit (higher is worse)",
    )
    axes.legend(frameon=False, fontsize=8.5, labelcolor=INK)
    title(axes, f"Risk of {organ} lesions by their margin", second=note or f"{len(risks)} lesions")
    return add_notice(figure, notice)


def _bands(
    margin_mm: NDArray[np.float64], risks: NDArray[np.float64]
) -> tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float]]:
    """Middle of each band with enough lesions, its median risk, and the way down and up to the quartiles."""
    rows = []
    number = np.digitize(margin_mm, BANDS_MM[1:])
    for band in np.unique(number):
        chosen = number == band
        if chosen.sum() >= FEWEST:
            low, middle, high = np.quantile(risks[chosen], [0.25, 0.5, 0.75])
            rows.append((float(np.median(margin_mm[chosen])), middle, middle - low, high - middle))
    places, middles, below, above = zip(*rows, strict=True) if rows else ((), (), (), ())
    return places, middles, below, above
