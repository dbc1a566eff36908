"""Figures and images as parts of a page: lines that follow its colours, pixels as data inside it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from prognos.visualize.style import BLUE, GREEN, GRID, INK, MUTED, PURPLE, VERMILLION

__all__ = ["drawing", "image_source", "picture_shape", "picture_source"]

LARGEST_DRAWING = 300_000
"""Characters up to which a figure is kept as lines (SVG); beyond, and when it holds images, it becomes pixels (PNG)."""

LARGEST_PNG = 300_000
"""Bytes up to which pixels are kept as they are; beyond, and where that is smaller, they become JPEG."""

JPEG_QUALITY = 88
"""In 1..95; letters stay clean."""

PIXELS_PER_INCH = 120
"""Resolution of pixels in a report."""

THEME = {
    INK: "ink",
    MUTED: "soft",
    GRID: "line",
    "#ffffff": "card",
    "#000000": "ink",
    BLUE: "blue",
    VERMILLION: "vermillion",
    GREEN: "green",
    PURPLE: "purple",
}
"""Colours of a figure that a page replaces by its own, so that a dark page has dark figures."""

_VIEW = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')
_COLOUR = re.compile("|".join(THEME))
_FONT_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_IDENTIFIER = re.compile(r'( id="|href="#|url\(#)')
_HEAD = re.compile(r"<(metadata)>.*?</\1>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)


def drawing(figure: Figure, *, prefix: str) -> Markup:
    """A figure as an element of a page, with its label as the alternative text.

    Lines become SVG with the page's own letters and colours; a figure with images, or with more lines than a page
    should hold, becomes pixels.

    Args:
        figure: what is drawn.
        prefix: for the names inside the drawing, which must be unique on the page.
    """
    width = figure.get_figwidth() * 96
    if not any(axes.images for axes in figure.axes):
        lines = _lines(figure, prefix)
        if len(lines) <= LARGEST_DRAWING:
            attributes = Markup('class="drawing" style="max-width:{}px" role="img" aria-label="{}"').format(
                round(width), figure.get_label()
            )
            return Markup(lines.replace("<svg ", f"<svg {attributes} ", 1))
    source = _pixels(_saved(figure, "png"))
    return Markup('<img style="max-width:{}px" src="{}" alt="{}">').format(round(width), source, figure.get_label())


def picture_source(path: Path) -> Markup:
    """A picture file, PNG or SVG, as the source of an image; a large PNG as JPEG."""
    if path.suffix.lower() == ".svg":
        return _data("image/svg+xml", path.read_bytes())
    return _pixels(path.read_bytes())


def picture_shape(path: Path) -> float:
    """Width over height of a picture file, PNG or SVG."""
    if path.suffix.lower() == ".svg":
        found = _VIEW.search(path.read_text(encoding="utf-8"))
        return float(found[1]) / float(found[2]) if found else 1.0
    with Image.open(path) as image:
        return image.width / image.height


def image_source(pixels: NDArray[Any]) -> Markup:
    """Pixels 0..255, [H, W] or [H, W, 3], as the source of an image."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(buffer, "png", optimize=True)
    return _data("image/png", buffer.getvalue())


def _pixels(png: bytes) -> Markup:
    """A PNG as the source of an image."""
    if len(png) > LARGEST_PNG:
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(png)) as image:
            white = Image.new("RGBA", image.size, "white")
            opaque = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
            opaque.save(buffer, "jpeg", quality=JPEG_QUALITY, optimize=True)
        if buffer.tell() < len(png):
            return _data("image/jpeg", buffer.getvalue())
    return _data("image/png", png)


def _lines(figure: Figure, prefix: str) -> str:
    """SVG element without a size of its own, its colours named as the page names them."""
    text = _saved(figure, "svg").decode("utf-8")
    text = _HEAD.sub("", text[text.index("<svg ") :], count=2)
    text = re.sub(r'<svg [^>]*(viewBox="[^"]*")[^>]*>', r"<svg \1>", text, count=1)
    text = _FONT_FAMILY.sub("", text).replace("xlink:href", "href")
    text = _IDENTIFIER.sub(rf"\g<1>{escape(prefix)}", text)
    return _COLOUR.sub(lambda found: f"var(--{THEME[found[0]]})", text).replace(" \nL ", "L").replace("\n", " ")


def _saved(figure: Figure, kind: str) -> bytes:
    """A figure as a file; without a date and with fixed names inside, so that equal figures give equal files."""
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "prognos", "svg.fonttype": "none"}):
        figure.savefig(buffer, format=kind, dpi=PIXELS_PER_INCH, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()


def _data(kind: str, content: bytes) -> Markup:
    """Bytes as an address that holds them."""
    return Markup(f"data:{kind};base64,") + base64.b64encode(content).decode("ascii")
