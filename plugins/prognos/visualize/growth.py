"""Risk of growing against shrinking lesions."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.distribution import draw_violin
from prognos.visualize.style import BLUE, VERMILLION, add_notice, new_figure, tidy, title

__all__ = ["draw_risk_by_growth"]


def draw_risk_by_growth(
    risks: NDArray[np.float64], growing: NDArray[np.bool_], *, note: str = "", notice: str = ""
) -> Figure:
    """Predicted risks of growing and of shrinking lesions as two violins, white points at the medians.

    Args:
        risks: no unit, higher is worse, [N].
        growing: whether the volume at follow-up is larger than at baseline, [N].
        note: second line of the title, for instance the difference that a mixed model found.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when there is no growing or no shrinking lesion, or the lengths differ.

    Source:
        After figure 4 of Yang et al., "Metastatic lung cancer prognosis via deep image-based lesion prioritization".
    """
    risks, growing = np.asarray(risks, np.float64), np.asarray(growing, np.bool_)
    groups = {"growing": risks[growing], "shrinking": risks[~growing]} if len(risks) == len(growing) else {}
    if not groups or any(len(values) == 0 for values in groups.values()):
        raise ValueError(
            f"cannot compare {int(growing.sum())} growing lesions among {len(growing)} with {len(risks)} risks: "
            f"expected as many of both, some growing and some not."
        )
    medians = ", ".join(f"{name} {np.median(values):+.2f}" for name, values in groups.items())
    alt = f"Lesion risk of growing and shrinking lesions, medians: {medians}. {note}".strip()
    figure = new_figure(5.2, 4.2, alt=alt)
    axes = tidy(figure.subplots(), grid="y")
    for place, (name, colour) in enumerate((("growing", VERMILLION), ("shrinking", BLUE))):
        draw_violin(axes, groups[name], place, colour, upright=True)
    axes.set_xticks([0, 1], [f"{name}\n(n = {len(values)})" for name, values in groups.items()])
    axes.set(xlim=(-0.6, 1.6), ylabel="predicted lesion risk, no unit (higher is worse)")
    axes.tick_params(axis="x", length=0)
    title(axes, "Risk of growing and shrinking lesions", second=note or "white points: medians")
    return add_notice(figure, notice)
