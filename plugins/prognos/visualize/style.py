"""One calm look for every figure: light ground, few lines, colours that colour-blind readers can tell apart.

Figures are built without pyplot, so no global state changes and no window ever opens. The alternative text of a figure
travels as its label: ``figure.get_label()``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator
from numpy.typing import NDArray

__all__ = [
    "add_notice",
    "figure_pixels",
    "mark_months",
    "new_figure",
    "p_value_text",
    "risk_colour",
    "risk_limits",
    "risk_rgb",
    "tidy",
    "title",
]

INK = "#1f2933"
"""Text and axes."""

MUTED = "#66717e"
"""Second-rank text."""

GRID = "#e3e7eb"
"""Lines that only guide the eye."""

BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#aa4499"
"""Colours of groups and curves, after Okabe and Ito 2008: distinct for every common colour vision."""

GROUPS = (BLUE, VERMILLION, GREEN, PURPLE)
"""Colours of groups in their order; low risk is blue."""

NOTICE_GROUND, NOTICE_INK = "#ffd75e", "#3d2b00"
"""Strip of the provenance notice and its text."""

RISK_MAP = LinearSegmentedColormap.from_list("risk", ["#2f6bff", "#6fc3ff", "#fff0b3", "#ff9a5c", "#ee1c2e"])
"""Low (blue) to high (red) through pale yellow, which stays visible on grey pixels where a grey middle would not."""

MONTH_STEPS, MOST_STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120, 600), 8
"""Months between two ticks, and how many such steps an axis may have."""

DPI = 140
"""Resolution of every picture written to disk, dots per inch."""


def new_figure(width: float, height: float, *, alt: str) -> Figure:
    """An empty white figure with room for its texts.

    Args:
        width: inches.
        height: inches.
        alt: what the figure shows, for a reader who cannot see it.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")
    figure.set_label(alt)
    return figure


def tidy(axes: Axes, *, grid: Literal["x", "y", "both", "none"] = "none") -> Axes:
    """Remove the frame, soften the ticks and draw a faint grid."""
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(MUTED)
        spine.set_linewidth(0.8)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=9, width=0.8, length=3)
    axes.xaxis.label.set(color=INK, fontsize=9.5)
    axes.yaxis.label.set(color=INK, fontsize=9.5)
    axes.set_axisbelow(True)
    if grid != "none":
        axes.grid(axis=grid, color=GRID, linewidth=0.8)
    return axes


def mark_months(axes: Axes, last: float) -> None:
    """Put ticks at months that people count in, at most eight of them.

    Args:
        axes: whose x axis counts months.
        last: its end, months.
    """
    step = next((step for step in MONTH_STEPS if last / step <= MOST_STEPS), MONTH_STEPS[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step))


def title(axes: Axes, text: str, *, second: str = "") -> Text:
    """Left-aligned title, with an optional second line of smaller rank."""
    if second:
        line = axes.annotate(
            second, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8.5, color=MUTED
        )
        line.set_in_layout(False)  # a long line shall not shrink the picture
    head = axes.set_title(text, loc="left", fontsize=11, color=INK, fontweight="bold", pad=19 if second else 8)
    return head


def add_notice(figure: Figure, notice: str) -> Figure:
    """Draw the notice as a strip over the full width of the figure; an empty notice draws nothing."""
    if not notice:
        return figure
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(notice, max(20, int(width * 12.5)))
    strip = (0.17 * len(lines) + 0.14) / height
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - strip - 0.06 / height))  # type: ignore[call-arg]  # the constrained engine takes a rectangle
    figure.add_artist(
        Rectangle((0, 1 - strip), 1, strip, transform=figure.transFigure, facecolor=NOTICE_GROUND, linewidth=0)
    )
    figure.text(
        0.5,
        1 - strip / 2,
        "\n".join(lines),
        ha="center",
        va="center",
        fontsize=8.5,
        color=NOTICE_INK,
        fontweight="bold",
        linespacing=1.2,
    )
    return figure


def risk_limits(risks: Iterable[float]) -> tuple[float, float]:
    """Ends of a colour scale for risks (no unit, higher is worse).

    The scale always holds 0, the risk of a lesion that adds nothing, so that two lesions of nearly the same risk never
    look like the extremes.

    Returns:
        (lowest, highest), lowest < highest.
    """
    values = np.asarray([risk for risk in risks if np.isfinite(risk)] or [0.0])
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    return (low, high) if high > low else (-1.0, 1.0)


def risk_colour(risk: float, limits: tuple[float, float]) -> tuple[float, float, float, float]:
    """Colour of a risk, blue at the lower limit, red at the upper one; red, green, blue and opacity in [0, 1]."""
    red, green, blue, opacity = RISK_MAP(float(Normalize(*limits, clip=True)(risk)))
    return float(red), float(green), float(blue), float(opacity)


def risk_rgb(risk: float, limits: tuple[float, float]) -> tuple[int, int, int]:
    """Colour of a risk as red, green and blue in 0..255, for label tables."""
    red, green, blue, _ = risk_colour(risk, limits)
    return round(red * 255), round(green * 255), round(blue * 255)


def figure_pixels(figure: Figure) -> NDArray[np.uint8]:
    """The figure as pixels, red, green and blue in 0..255, [H, W, 3]."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


def p_value_text(p_value: float) -> str:
    """A p value as text: ``p = 0.031``, ``p < 0.001``, or ``p unknown``."""
    if not np.isfinite(p_value):
        return "p unknown"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
