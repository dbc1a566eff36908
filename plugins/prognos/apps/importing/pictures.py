"""Slices of the largest lesions of an annotation, small enough for a page of hundreds of patients."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image

from prognos.apps.importing.receipts import Picture
from prognos.config.organs import ORGANS
from prognos.transforms import Lesion, Volume
from prognos.visualize import AxialView, cut_axial_view, draw_lesion_outlines, figure_pixels

__all__ = ["picture_of"]

SHOWN = 4
"""Lesions of an annotation that are shown, the largest."""

PANEL = 330
"""Width of a slice, pixels."""

QUALITY = 80
"""Of the JPEG, in 1..95."""


def picture_of(reader: str, image: Volume, labels: Volume, lesions: Sequence[Lesion]) -> Picture:
    """Draw what one reader marked.

    Args:
        reader: who marked it.
        image: the scan.
        labels: lesion ids on its grid.
        lesions: largest first.
    """
    if not lesions:
        return Picture(reader, 0, "no lesion marked")
    shown = lesions[:SHOWN]
    total = sum(lesion.volume for lesion in lesions) / 1000
    text = f"{len(lesions)} lesion{'s' * (len(lesions) > 1)}, {total:.1f} ml"
    text += f"; the {len(shown)} largest are shown" if len(shown) < len(lesions) else ""
    figure = draw_lesion_outlines([_view(image, labels, lesion) for lesion in shown])
    pixels = Image.fromarray(figure_pixels(figure))
    width = PANEL * len(shown)
    small = pixels.resize((width, round(width * pixels.height / pixels.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "jpeg", quality=QUALITY, optimize=True)
    return Picture(reader, len(lesions), text, base64.b64encode(buffer.getvalue()).decode("ascii"))


def _view(image: Volume, labels: Volume, lesion: Lesion) -> AxialView:
    """The slice of one lesion."""
    organ = ORGANS[lesion.organ]
    left, posterior, superior = image.grid.spacing.tolist()
    return cut_axial_view(
        image.array,
        labels.array,
        slice_index=lesion.slice,
        spacing_mm=(left, posterior, superior),
        instance=lesion.instance,
        organ=organ,
        caption=(
            f"lesion {lesion.instance}" + (f" · {organ}" if lesion.organ else ""),
            f"{lesion.diameter:.0f} mm · slice {lesion.slice + 1} of {image.array.shape[2]} from the feet",
        ),
    )
