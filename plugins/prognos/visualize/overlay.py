"""Axial slices with their lesions coloured by risk: blue is low, red is high.

An oriented volume is ``[X, Y, Z]`` with X from patient right to left, Y from front to back and Z from feet to head
(LPS). A view is drawn as radiologists look at it, from the feet: the patient's right is on the left of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from prognos.visualize.style import INK, RISK_MAP, add_notice, new_figure, risk_colour, risk_limits, tidy, title

__all__ = [
    "WINDOWS",
    "AxialView",
    "Window",
    "choose_window",
    "cut_axial_view",
    "draw_lesion_outlines",
    "draw_lesion_overlay",
]


@dataclass(frozen=True)
class Window:
    """Grey scale of a CT.

    Args:
        name: what it is for.
        level: centre, HU.
        width: distance from black to white, HU.
    """

    name: str
    level: float
    width: float

    @property
    def limits(self) -> tuple[float, float]:
        """Black and white, HU."""
        return self.level - self.width / 2, self.level + self.width / 2


WINDOWS = {
    "soft tissue": Window("soft tissue", 40.0, 400.0),
    "lung": Window("lung", -600.0, 1500.0),
    "bone": Window("bone", 400.0, 1800.0),
}
"""The usual diagnostic windows of a body CT, HU."""

AIR_HU = -1000.0
"""CT of air, which is drawn where a slice does not fill its field, HU."""

UNSCORED = (0.75, 0.75, 0.75, 1.0)
"""Grey of a lesion without a risk."""

OUTLINE = (0.0, 0.82, 1.0, 1.0)
"""Of lesions where no risk is meant; far from grey, and from the colours of risks."""

LUNG_HU = -500.0
"""Below this median of its surroundings a lesion is shown in the lung window, HU."""


@dataclass(frozen=True)
class AxialView:
    """One axial slice on paper: rows from front to back, columns from patient right to left.

    Args:
        hu: the CT, HU, [rows, columns].
        labels: lesion ids on the same grid, 0 = none, [rows, columns].
        spacing_mm: distance between rows and between columns, mm.
        instance: id of the lesion the slice was chosen for.
        caption: two lines above the picture: what it is, and where.
        window: the grey scale.
    """

    hu: NDArray[np.number]
    labels: NDArray[np.integer]
    spacing_mm: tuple[float, float]
    instance: int
    caption: tuple[str, str]
    window: Window


def choose_window(organ: str, surroundings: NDArray[np.number]) -> Window:
    """The window in which a lesion is usually read.

    Args:
        organ: name of its organ.
        surroundings: CT around the lesion, HU, any shape; used when the organ does not tell.
    """
    if organ in WINDOWS:
        return WINDOWS[organ]
    in_lung = surroundings.size > 0 and float(np.median(surroundings)) < LUNG_HU
    return WINDOWS["lung" if in_lung else "soft tissue"]


def cut_axial_view(
    volume: NDArray[np.number],
    labels: NDArray[np.integer],
    *,
    slice_index: int,
    spacing_mm: tuple[float, float, float],
    instance: int,
    organ: str,
    caption: tuple[str, str],
    margin_mm: float = 10.0,
) -> AxialView:
    """Cut one slice from an oriented volume, cropped to the body.

    Args:
        volume: CT, HU, [X, Y, Z] oriented to LPS.
        labels: lesion ids on the same grid, [X, Y, Z].
        slice_index: position along Z, counted from the feet.
        spacing_mm: distance between voxels along X, Y and Z, mm.
        instance: id of the lesion the slice was chosen for.
        organ: its organ, which chooses the window.
        caption: two lines above the picture.
        margin_mm: air kept around the body.

    Raises:
        ValueError: when the shapes differ or the slice lies outside the volume.
    """
    if volume.shape != labels.shape or not 0 <= slice_index < volume.shape[2]:
        raise ValueError(
            f"cannot cut slice {slice_index} from a volume of shape {volume.shape} with labels of shape "
            f"{labels.shape}; expected equal shapes [X, Y, Z] and a slice in 0..Z-1."
        )
    hu, ids = volume[:, :, slice_index].T, labels[:, :, slice_index].T  # [Y, X]: rows from front to back
    spacing = (spacing_mm[1], spacing_mm[0])
    rows, columns = (
        _extent(np.any((hu > -300) | (ids > 0), axis=axis), margin_mm / spacing[1 - axis]) for axis in (1, 0)
    )
    window = choose_window(organ, _surroundings(hu, ids, instance, spacing))
    return AxialView(hu[rows, columns], ids[rows, columns], spacing, instance, caption, window)


def draw_lesion_overlay(
    views: Sequence[AxialView],
    risks: Mapping[int, float],
    *,
    limits: tuple[float, float] | None = None,
    notice: str = "",
) -> Figure:
    """Slices in two columns, every lesion in view coloured by its risk.

    Args:
        views: the slices, highest risks first.
        risks: risk of each lesion id, no unit, higher is worse; a lesion that is not named is drawn grey.
        limits: ends of the colour scale; by default those of the risks given, with 0 inside.
        notice: provenance of the weights, drawn as a strip; nothing when empty.

    Raises:
        ValueError: when there is no view.
    """
    if not views:
        raise ValueError("no slice to draw: expected at least one view; a patient without lesions has no overlay.")
    limits = limits or risk_limits(risks.values())
    columns, rows = min(2, len(views)), math.ceil(len(views) / 2)
    field_mm = _field(views)
    panel = 4.4 if columns == 2 else 5.6
    height = panel * field_mm[1] / field_mm[0]
    figure = new_figure(columns * panel + 1.1, rows * (height + 0.685) + 0.3, alt=_describe(views, risks))
    figure.set_layout_engine("constrained", wspace=0.02, hspace=0.03)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(views) :]:
        axes.set_visible(False)
    colours = {instance: risk_colour(risk, limits) for instance, risk in risks.items()}
    for axes, view in zip(grid.flat, views, strict=False):
        _draw_view(axes, view, colours, UNSCORED, field_mm)
    bar = figure.colorbar(
        ScalarMappable(Normalize(*limits), RISK_MAP), ax=grid, fraction=0.035, pad=0.015, aspect=28, shrink=0.85
    )
    tidy(bar.ax)
    bar.outline.set_visible(False)
    bar.set_label("lesion risk, no unit: higher is worse", color=INK, fontsize=9)
    return add_notice(figure, notice)


def draw_lesion_outlines(views: Sequence[AxialView]) -> Figure:
    """Slices in a row, every lesion in view outlined alike: for a look at what was marked, before any risk is known.

    Args:
        views: the slices.

    Raises:
        ValueError: when there is no view.
    """
    if not views:
        raise ValueError("no slice to draw: expected at least one view; a patient without lesions has no outlines.")
    field_mm = _field(views)
    panel = 3.2
    height = panel * field_mm[1] / field_mm[0]
    captions = "; ".join(view.caption[0] for view in views)
    figure = new_figure(
        len(views) * panel, height + 0.68, alt=f"{len(views)} axial CT slices, lesions outlined. {captions}."
    )
    figure.set_layout_engine("constrained", wspace=0.02)
    for axes, view in zip(figure.subplots(1, len(views), squeeze=False).flat, views, strict=True):
        _draw_view(axes, view, {}, OUTLINE, field_mm)
    return figure


def _field(views: Sequence[AxialView]) -> tuple[float, float]:
    """Width and height that hold each view, mm: one for all, so that every panel has the same scale."""
    return (
        max(view.hu.shape[1] * view.spacing_mm[1] for view in views),
        max(view.hu.shape[0] * view.spacing_mm[0] for view in views),
    )


def _draw_view(
    axes: Axes,
    view: AxialView,
    colours: Mapping[int, tuple[float, float, float, float]],
    other: tuple[float, float, float, float],
    field_mm: tuple[float, float],
) -> None:
    """Draw one slice to scale, in mm, in the middle of a field of the given width and height."""
    rows, columns = view.hu.shape
    width, height = columns * view.spacing_mm[1], rows * view.spacing_mm[0]
    black, white = view.window.limits
    axes.imshow(
        view.hu,
        cmap="gray",
        vmin=black,
        vmax=white,
        extent=(0, width, height, 0),
        interpolation="bilinear" if max(view.spacing_mm) < 3 else "nearest",
    )
    for instance in np.unique(view.labels[view.labels > 0]):
        colour = colours.get(int(instance), other)
        _draw_lesion(axes, view.labels == instance, view.spacing_mm, colour, focus=int(instance) == view.instance)
    left, top = (width - field_mm[0]) / 2, (height - field_mm[1]) / 2
    axes.set(xlim=(left, left + field_mm[0]), ylim=(top + field_mm[1], top), xticks=[], yticks=[], aspect="equal")
    axes.set_facecolor(str(float(np.clip((AIR_HU - black) / (white - black), 0, 1))))
    for spine in axes.spines.values():
        spine.set_visible(False)
    _mark_sides(axes, view.window, left, left + field_mm[0], top + field_mm[1])
    title(axes, view.caption[0], second=view.caption[1])


def _mark_sides(axes: Axes, window: Window, left: float, right: float, bottom: float) -> None:
    """Write the patient's sides, the window and a scale of 5 cm onto a slice whose field ends at these mm."""
    white: dict[str, Any] = {"color": "white", "path_effects": [withStroke(linewidth=2.5, foreground="black")]}
    for letter, x, y, across, along in (
        ("R", 0.015, 0.5, "left", "center"),
        ("L", 0.985, 0.5, "right", "center"),
        ("A", 0.5, 0.975, "center", "top"),
        ("P", 0.5, 0.025, "center", "bottom"),
    ):
        axes.text(x, y, letter, transform=axes.transAxes, fontsize=10, fontweight="bold", ha=across, va=along, **white)
    axes.plot([right - 62, right - 12], [bottom - 10] * 2, linewidth=2.5, **white)
    axes.text(right - 37, bottom - 14, "5 cm", fontsize=8, ha="center", va="bottom", **white)
    text = f"{window.name}\nW {window.width:g}  L {window.level:g}"
    axes.text(left + 10, bottom - 8, text, fontsize=8, va="bottom", linespacing=1.3, **white)


def _draw_lesion(
    axes: Axes,
    mask: NDArray[np.bool_],
    spacing_mm: tuple[float, float],
    colour: tuple[float, float, float, float],
    *,
    focus: bool,
) -> None:
    """Fill a lesion lightly, outline it, and mark the one the slice was chosen for with corner brackets."""
    rows, columns = mask.shape
    row_mm, column_mm = spacing_mm
    tint = np.zeros((rows, columns, 4))
    tint[mask] = (*colour[:3], 0.3 if focus else 0.24)
    axes.imshow(tint, extent=(0, columns * column_mm, rows * row_mm, 0), interpolation="nearest")
    padded = np.pad(mask.astype(float), 1)
    x, y = (np.arange(columns + 2) - 0.5) * column_mm, (np.arange(rows + 2) - 0.5) * row_mm
    axes.contour(x, y, padded, levels=[0.5], colors=[colour], linewidths=1.8 if focus else 1.1)
    if not focus:
        return
    inside_y, inside_x = np.nonzero(mask)
    gap = 6.0
    left, right = inside_x.min() * column_mm - gap, (inside_x.max() + 1) * column_mm + gap
    top, bottom = inside_y.min() * row_mm - gap, (inside_y.max() + 1) * row_mm + gap
    arm = 0.22 * min(right - left, bottom - top)
    for corner_x, step_x in ((left, arm), (right, -arm)):
        for corner_y, step_y in ((top, arm), (bottom, -arm)):
            axes.plot(
                [corner_x, corner_x, corner_x + step_x],
                [corner_y + step_y, corner_y, corner_y],
                color="white",
                linewidth=1.3,
                path_effects=[withStroke(linewidth=2.6, foreground="black")],
            )


def _extent(occupied: NDArray[np.bool_], margin: float) -> slice:
    """First to last occupied position with a margin, inside the array; everything when nothing is occupied."""
    found = np.flatnonzero(occupied)
    if len(found) == 0:
        return slice(None)
    return slice(max(0, math.floor(found[0] - margin)), math.ceil(found[-1] + 1 + margin))


def _surroundings(
    hu: NDArray[np.number], ids: NDArray[np.integer], instance: int, spacing_mm: tuple[float, float]
) -> NDArray[np.number]:
    """Voxels within 15 mm of a lesion's box that belong to no lesion."""
    rows, columns = np.nonzero(ids == instance)
    if len(rows) == 0:
        return np.empty(0, np.float32)
    margins = [round(15.0 / spacing) for spacing in spacing_mm]
    box = tuple(
        slice(max(0, found.min() - margin), found.max() + 1 + margin)
        for found, margin in zip((rows, columns), margins, strict=True)
    )
    around: NDArray[np.number] = hu[box][ids[box] == 0]
    return around


def _describe(views: Sequence[AxialView], risks: Mapping[int, float]) -> str:
    """Alternative text: the captions in order."""
    shown = "; ".join(view.caption[0] for view in views)
    return f"{len(views)} axial CT slices with {len(risks)} lesions coloured by risk, blue low, red high. {shown}."
