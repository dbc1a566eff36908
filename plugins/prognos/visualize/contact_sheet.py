"""All faces of a cohort on a few pages, so that a person sees in one look what the alignment made of the photos.

The pages show patients who can be recognised: they are written only where somebody asks for them, and bear the number
of the line in the photo table, never an identifier.
"""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from prognos.config.outcomes import WARNINGS, PhotoOutcome
from prognos.files import written_whole
from prognos.visualize.style import GREEN, INK, MUTED, NOTICE_GROUND, NOTICE_INK, VERMILLION

__all__ = ["FaceTile", "draw_contact_sheet", "write_contact_sheet"]

NOTICE = "These pictures identify patients. Keep this file where the photos are kept, and delete it with them."
"""What every page and the document say first, unless the faces are drawn."""

TILE = 112
"""Side of a face on a page, pixels."""

ORANGE = "#e69f00"
"""Frame of a face with a warning, after Okabe and Ito 2008."""

_FRAME, _GAP, _CAPTION, _STRIP = 4, 10, 20, 30


@dataclass(frozen=True)
class FaceTile:
    """One photo on the sheet.

    Args:
        line: of the photo table.
        outcome: what became of the photo.
        image: aligned face, RGB, uint8 [S, S, 3]; None when there is none.
        is_used: whether it is among the faces that go on.
        is_flagged: whether the table flags it.
    """

    line: int
    outcome: PhotoOutcome
    image: NDArray[np.uint8] | None = None
    is_used: bool = False
    is_flagged: bool = False

    @property
    def colour(self) -> str:
        """Of the frame: green is aligned, orange a warning, vermillion not used."""
        if not self.is_used:
            return VERMILLION
        return ORANGE if self.outcome in WARNINGS else GREEN

    @property
    def caption(self) -> str:
        """Line of the table, outcome unless all is well or it stands in place of the face, flag."""
        words = [str(self.line)]
        words += [self.outcome.value] if self.outcome is not PhotoOutcome.ALIGNED and self.image is not None else []
        return " ".join(words + (["flag"] if self.is_flagged else []))


def draw_contact_sheet(
    tiles: Sequence[FaceTile], *, columns: int = 10, rows: int = 8, notice: str = NOTICE
) -> list[NDArray[np.uint8]]:
    """Draw all photos, page by page, in the order given.

    Args:
        tiles: the photos.
        columns: faces side by side.
        rows: lines of faces on a page.
        notice: strip above every page.

    Returns:
        The pages, RGB, uint8 [height, width, 3]; the last one may be shorter.

    Raises:
        ValueError: when there is no photo, or no place for one.
    """
    if not tiles or columns < 1 or rows < 1:
        raise ValueError(f"cannot draw {len(tiles)} photos in {columns} columns and {rows} rows; expected 1 or more.")
    count = columns * rows
    parts = [tiles[start : start + count] for start in range(0, len(tiles), count)]
    return [_draw_page(part, min(columns, len(tiles)), notice) for part in parts]


def write_contact_sheet(path: str | Path, tiles: Sequence[FaceTile], *, notice: str = NOTICE) -> Path:
    """Write the sheet as one HTML file with the pages inside, whole or not at all.

    Args:
        path: HTML file.
        tiles: the photos.
        notice: what the document and every page say first.

    Returns:
        The path.

    Raises:
        ValueError: when there is no photo.
    """
    counts = Counter(tile.outcome for tile in tiles)
    used = Counter(tile.outcome for tile in tiles if tile.is_used)
    pages = [
        {"data": _jpeg(page), "alt": f"Page {number} of the contact sheet: aligned faces, framed by outcome."}
        for number, page in enumerate(draw_contact_sheet(tiles, notice=notice), 1)
    ]
    outcomes = [
        {"name": outcome.value, "count": counts[outcome], "used": used[outcome], "remedy": outcome.remedy}
        for outcome in sorted(counts, key=lambda outcome: -counts[outcome])
    ]
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(_TEMPLATE)
    page = template.render(notice=notice, photos=len(tiles), outcomes=outcomes, pages=pages)
    with written_whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)


def _draw_page(tiles: Sequence[FaceTile], columns: int, notice: str) -> NDArray[np.uint8]:
    """One page: the notice, then the faces."""
    step_x, step_y = TILE + 2 * _FRAME + _GAP, TILE + 2 * _FRAME + _CAPTION + _GAP
    lines = _wrap(notice, columns * step_x - _GAP)
    strip = _STRIP + 16 * (len(lines) - 1)
    height = strip + _GAP + -(-len(tiles) // columns) * step_y
    page = Image.new("RGB", (columns * step_x + _GAP, height), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, page.width, strip), fill=NOTICE_GROUND)
    pen.multiline_text((_GAP, 7), "\n".join(lines), fill=NOTICE_INK, font=_font(14), spacing=2)
    for number, tile in enumerate(tiles):
        left = _GAP + number % columns * step_x
        top = strip + _GAP + number // columns * step_y
        _draw_tile(page, pen, tile, left, top)
    return np.asarray(page)


def _draw_tile(page: Image.Image, pen: ImageDraw.ImageDraw, tile: FaceTile, left: int, top: int) -> None:
    """One face in its frame, with its caption; a photo without a face shows its outcome."""
    side = TILE + 2 * _FRAME
    pen.rectangle((left, top, left + side - 1, top + side - 1), fill=tile.colour)
    inner = (left + _FRAME, top + _FRAME)
    if tile.image is None:
        pen.rectangle((*inner, inner[0] + TILE - 1, inner[1] + TILE - 1), fill="#f2f2f2")
        words = tile.outcome.value.replace("_", "\n")
        middle = (left + side / 2, top + side / 2)
        pen.multiline_text(middle, words, fill=INK, font=_font(14), anchor="mm", align="center")
    else:
        face = Image.fromarray(tile.image)
        page.paste(face.resize((TILE, TILE), Image.Resampling.LANCZOS), inner)
    pen.text((left, top + side + 2), tile.caption, fill=INK if tile.is_used else MUTED, font=_font(12))


def _wrap(text: str, width: int) -> list[str]:
    """Break a sentence into lines of at most ``width`` pixels."""
    lines, font = [""], _font(14)
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Pillow's own font, which is there on every machine."""
    return ImageFont.load_default(size)


def _jpeg(page: NDArray[np.uint8]) -> str:
    """Page as JPEG, in base 64."""
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, format="JPEG", quality=88)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Contact sheet of aligned faces</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; color: #1f2933; margin: 0 auto; max-width: 1320px; padding: 0 16px 32px; }
.notice { background: #ffd75e; color: #3d2b00; font-weight: 600; padding: 10px 16px; margin: 0 -16px 16px; }
table { border-collapse: collapse; margin: 12px 0 20px; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid #e3e7eb; }
img { display: block; max-width: 100%; margin: 0 0 18px; }
</style></head><body>
<p class="notice">{{ notice }}</p>
<h1>Contact sheet of aligned faces</h1>
<p>{{ photos }} photos, in the order of the photo table. The number below a face is its line there. Green frame: aligned
and used; orange: used with a warning; vermillion: not used. Look for faces that are tilted, cut off, of somebody else,
or behind a mask or a tube, and mark them in the column <code>flag</code> or take them out.</p>
<table><thead><tr><th>outcome</th><th>photos</th><th>used</th><th>what to do</th></tr></thead><tbody>
{% for row in outcomes -%}
<tr><td>{{ row.name }}</td><td>{{ row.count }}</td><td>{{ row.used }}</td><td>{{ row.remedy }}</td></tr>
{% endfor -%}
</tbody></table>
{% for page in pages -%}
<img src="data:image/jpeg;base64,{{ page.data }}" alt="{{ page.alt }}">
{% endfor -%}
</body></html>
"""
