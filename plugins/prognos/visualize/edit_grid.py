"""Portraits redrawn along an attribute: one row a patient, one column a beta, every edited portrait marked as such."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from prognos.visualize.style import BLUE, INK, MUTED, add_notice, new_figure

__all__ = ["EDITED", "draw_edit_grid"]

EDITED = "EDITED"
"""Mark inside every portrait that is not at beta = 0."""

TILE = 1.28
"""Inches of a portrait."""

HEADING = 64
"""Letters that fit above five portraits in full size."""


def draw_edit_grid(
    images: NDArray[np.float32],
    betas: Sequence[float],
    *,
    attribute: str,
    sense: str,
    values: ArrayLike | None = None,
    value_name: str = "log hazard",
    names: Sequence[str] = (),
    note: str = "",
    notice: str = "",
) -> Figure:
    """Rows of one patient each, from the lowest beta on the left to the highest on the right.

    Args:
        images: portraits in [-1, 1], [N, K, C, R, R], C = 1 or 3.
        betas: ascending steps along the attribute, in standard deviations of the cohort, K of them, with 0 among them.
        attribute: its name.
        sense: what positive beta means.
        values: measured on each portrait after it was embedded again, written below it, [N, K].
        value_name: what they are.
        names: of the rows, for instance ``patient 1``; never an identifier that leads to a person.
        note: further line under the title.
        notice: provenance of the weights, drawn as a strip.

    Raises:
        ValueError: when shapes do not fit, betas do not ascend, or 0 is not among them: the unedited portrait belongs
            into every grid.

    Source:
        After figures 4 and 5 of Hagag et al., "Deep Learning for Cancer Prognosis Prediction Using Portrait Photos by
        StyleGAN Embedding", where beta = 0 is the third column of five.
    """
    portraits, numbers = _check(images, betas, values)
    rows, columns = portraits.shape[:2]
    alt = _describe(f"{attribute} ({sense})", betas, numbers)
    figure = new_figure(TILE * columns + 0.5, (TILE + 0.24) * rows + 1.45 + 0.4 * bool(notice), alt=alt)
    layout = figure.add_gridspec(rows + 1, columns, height_ratios=[0.4, *[1.0] * rows])
    _draw_heading(figure.add_subplot(layout[0, :]), attribute, sense, value_name if numbers is not None else "", note)
    for row in range(rows):
        for column, beta in enumerate(betas):
            axes = figure.add_subplot(layout[row + 1, column])
            _draw_portrait(axes, portraits[row, column], is_edited=beta != 0)
            if row == 0:
                axes.set_title("β = 0\nnot edited" if beta == 0 else f"β = {_signed(beta)}\n", fontsize=9.5, color=INK)
            if numbers is not None:
                axes.set_xlabel(_signed(numbers[row, column], "+.2f"), fontsize=8, color=MUTED, labelpad=2)
            if names and column == 0:
                axes.set_ylabel(names[row], fontsize=8.5, color=INK)
    return add_notice(figure, notice)


def _check(
    images: NDArray[np.float32], betas: Sequence[float], values: ArrayLike | None
) -> tuple[NDArray[np.float32], NDArray[np.float64] | None]:
    """Pixels in [0, 1], [N, K, R, R, 3], and the numbers below them."""
    array = np.asarray(images, np.float32)
    if array.ndim != 5 or not len(array) or array.shape[1] != len(betas) or array.shape[2] not in (1, 3):
        raise ValueError(f"images have shape {list(array.shape)}, expected [N, {len(betas)}, 1 or 3, R, R], N >= 1.")
    if 0 not in betas or list(betas) != sorted(set(betas)):
        raise ValueError(f"betas are {list(betas)}; expected ascending numbers with 0, such as -2, -1, 0, 1, 2.")
    numbers = None if values is None else np.asarray(values, np.float64)
    if numbers is not None and numbers.shape != array.shape[:2]:
        raise ValueError(f"values have shape {list(numbers.shape)}, expected {list(array.shape[:2])}.")
    pixels = np.clip((array.transpose(0, 1, 3, 4, 2) + 1) / 2, 0, 1)
    return np.broadcast_to(pixels, (*pixels.shape[:4], 3)), numbers


def _draw_heading(axes: Axes, attribute: str, sense: str, value_name: str, note: str) -> None:
    """What the picture shows, and what it does not."""
    axes.set_axis_off()
    heading = f"{attribute}: {sense}"
    size = 10.5 * min(1.0, HEADING / len(heading))  # a longer line would make the portraits smaller
    axes.text(0, 1, heading, fontsize=size, color=INK, fontweight="bold", va="top")
    lines = [
        "One β is one standard deviation of the cohort. An association in a cohort: no cause, and no one's future face."
    ]
    lines += [f"Below each portrait: {value_name} after it was embedded again."] if value_name else []
    lines += [note] if note else []
    axes.text(0, 0.55, "\n".join(lines), fontsize=7.5, color=MUTED, va="top", linespacing=1.3)


def _signed(value: float, form: str = "+g") -> str:
    """A number with its sign, minus as printers set it."""
    return f"{value:{form}}".replace("-", "\N{MINUS SIGN}")


def _draw_portrait(axes: Axes, pixels: NDArray[np.float32], *, is_edited: bool) -> None:
    """One portrait; the mark lies inside its pixels, so that a cut-out tile keeps it."""
    axes.imshow(pixels, interpolation="lanczos" if pixels.shape[0] >= 128 else "bicubic")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color="#c3cad1" if is_edited else BLUE, linewidth=0.8 if is_edited else 2.4)
    if is_edited:
        axes.text(
            0.5,
            0.035,
            EDITED,
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            fontsize=7.5,
            fontweight="bold",
            color="white",
            bbox={"boxstyle": "square,pad=0.25", "facecolor": "#8a1c1c", "alpha": 0.85, "linewidth": 0},
        )


def _describe(heading: str, betas: Sequence[float], values: NDArray[np.float64] | None) -> str:
    """Alternative text: the numbers of each row."""
    rows = [] if values is None else [", ".join(f"{value:+.2f}" for value in row) for row in values]
    listed = f" Measured, row by row: {'; '.join(rows)}." if rows else ""
    return f"Portraits edited along {heading}. Columns: beta {', '.join(f'{beta:+g}' for beta in betas)}.{listed}"
