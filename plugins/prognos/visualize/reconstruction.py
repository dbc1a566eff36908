"""Photos beside what a generator draws from their latents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prognos.visualize.style import INK, MUTED, add_notice, new_figure

__all__ = ["draw_fine_tuning", "draw_reconstructions"]

PAIRS_IN_A_ROW = 4
"""Photos, each with its reconstruction, side by side."""

TRIPLES_IN_A_ROW = 3
"""Photos, each with two reconstructions, side by side."""


def draw_reconstructions(
    photos: NDArray[np.float32],
    reconstructions: NDArray[np.float32],
    errors: Sequence[float],
    *,
    notice: str = "",
) -> Figure:
    """Pairs of photo (left) and reconstruction (right), each with its error.

    Args:
        photos: RGB or grey in [-1, 1], [N, C, R, R].
        reconstructions: the same photos drawn from their latents, [N, C, R, R]; values outside [-1, 1] are clipped.
        errors: relative root mean squared error of each, no unit, 0 = exact; N of them.
        notice: drawn as a strip: where the portraits come from.

    Raises:
        ValueError: when there is no photo, or the numbers of photos, reconstructions and errors differ.
    """
    if len(photos) == 0 or photos.shape != reconstructions.shape or len(errors) != len(photos):
        raise ValueError(
            f"cannot draw {list(photos.shape)} photos beside {list(reconstructions.shape)} reconstructions with "
            f"{len(errors)} errors: expected at least one photo, and as many of each."
        )
    pairs = min(PAIRS_IN_A_ROW, len(photos))
    rows = -(-len(photos) // pairs)
    mean = float(np.mean(errors))
    alt = f"{len(photos)} portraits, each beside its reconstruction; mean relative error {mean:.3f}."
    figure = new_figure(max(3.2, 2.5 * pairs), 1.62 * rows + 0.3, alt=alt)
    grid = figure.subplots(rows, 2 * pairs, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for index, (photo, drawn, error) in enumerate(zip(photos, reconstructions, errors, strict=True)):
        left, right = grid[index // pairs, 2 * (index % pairs) : 2 * (index % pairs) + 2]
        _draw_portrait(left, photo, "photo", INK)
        _draw_portrait(right, drawn, f"drawn, error {error:.2f}", MUTED)
    return add_notice(figure, notice)


def draw_fine_tuning(
    photos: NDArray[np.float32],
    without: NDArray[np.float32],
    fine_tuned: NDArray[np.float32],
    errors: Sequence[tuple[float, float]],
    *,
    notice: str = "",
) -> Figure:
    """Each photo, and what a generator draws from its latent without and with fine-tuning.

    Args:
        photos: RGB or grey in [-1, 1], [N, C, R, R].
        without: drawn by the generator as it was, [N, C, R, R].
        fine_tuned: drawn by the fine-tuned generator, [N, C, R, R].
        errors: relative root mean squared error of each photo without and with, no unit, 0 = exact; N pairs.
        notice: drawn as a strip: where the portraits come from.

    Raises:
        ValueError: when there is no photo, or the numbers differ.

    Source:
        Hagag et al., figure 1: faces, and the synthetic images of them without and with fine-tuning.
    """
    if len(photos) == 0 or not photos.shape == without.shape == fine_tuned.shape or len(errors) != len(photos):
        raise ValueError(
            f"cannot draw {list(photos.shape)} photos beside {list(without.shape)} and {list(fine_tuned.shape)} "
            f"reconstructions with {len(errors)} errors: expected at least one photo, and as many of each."
        )
    triples = min(TRIPLES_IN_A_ROW, len(photos))
    rows = -(-len(photos) // triples)
    means = np.mean(errors, axis=0)
    alt = (
        f"{len(photos)} portraits, each beside its reconstructions without and with fine-tuning; mean relative error "
        f"{means[0]:.3f} and {means[1]:.3f}."
    )
    figure = new_figure(max(3.9, 3.7 * triples), 1.62 * rows + 0.3, alt=alt)
    grid = figure.subplots(rows, 3 * triples, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for index, (before, after) in enumerate(errors):
        first = 3 * (index % triples)
        left, middle, right = grid[index // triples, first : first + 3]
        _draw_portrait(left, photos[index], "photo", INK)
        _draw_portrait(middle, without[index], f"without, {before:.2f}", MUTED)
        _draw_portrait(right, fine_tuned[index], f"with, {after:.2f}", MUTED)
    return add_notice(figure, notice)


def _draw_portrait(axes: Axes, image: NDArray[np.float32], name: str, colour: str) -> None:
    """One image [C, R, R] in [-1, 1] under its name."""
    pixels = np.clip((np.moveaxis(image, 0, -1) + 1.0) / 2.0, 0.0, 1.0)
    axes.imshow(pixels if pixels.shape[-1] == 3 else pixels[..., 0], cmap="gray", vmin=0.0, vmax=1.0)
    axes.set_title(name, fontsize=8, color=colour, pad=3)
