"""What a report is made of: figures, tables, galleries and the sections that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import NDArray

__all__ = ["Cell", "Concordance", "Gallery", "Illustration", "Numbers", "Picture", "Section", "Table", "Tile"]

Cell = str | int | float | None
"""Value of a table's cell; None is unknown."""


@dataclass(frozen=True)
class Concordance:
    """How well the risks order the patients.

    Args:
        index: concordance index, in [0, 1]; 0.5 is chance; NaN when undefined.
        low: lower end of its 95 % interval.
        high: upper end.
        patients: their number.
        events: how many had the event.
        oracle: index of the true risks on the same patients, where the truth is known.
    """

    index: float
    low: float
    high: float
    patients: int
    events: int
    oracle: float | None = None


@dataclass(frozen=True)
class Numbers:
    """The numbers behind a figure, for the CSV file that lies beside the report.

    Args:
        name: of the file, without its ending: lower case, digits, ``_`` and ``-``.
        columns: values by column name, with units; all of one length.
        meaning: one line for the head of the file.
    """

    name: str
    columns: Mapping[str, Sequence[Any] | NDArray[Any]]
    meaning: str = ""


@dataclass(frozen=True)
class Illustration:
    """A figure with the sentence below it; its label is the alternative text.

    Args:
        figure: what is drawn.
        caption: the sentence below it.
        numbers: what was plotted, one entry a file.
    """

    figure: Figure
    caption: str = ""
    numbers: Sequence[Numbers] = field(default=())


@dataclass(frozen=True)
class Picture:
    """A picture file that a run wrote, PNG or SVG, put into the report as it is; a large PNG as JPEG.

    Args:
        path: the file.
        caption: the sentence below it.
        alt: what it shows, for a reader who cannot see it.
    """

    path: Path
    caption: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Table:
    """A table; floats are shown with two decimals, None as a dash.

    Args:
        columns: header, with units.
        rows: values, as many as there are columns.
        caption: the sentence above it.
        name: of the CSV file beside the report that holds all rows; no file when empty.
        sortable: let a reader sort and filter the rows; for long tables, which scroll in a frame of their own.
        shown: rows on the page, the first ones; the file has them all.
        numbers: what the file holds where the page shows texts made of it; by default the rows.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    name: str = ""
    sortable: bool = False
    shown: int = 3000
    numbers: Numbers | None = None


@dataclass(frozen=True)
class Tile:
    """One small image of a gallery.

    Args:
        pixels: 0..255, grey [H, W] or colour [H, W, 3].
        title: the line above it, for instance a risk.
        caption: the line below it.
        colour: of its frame, ``#rrggbb``.
    """

    pixels: NDArray[Any]
    title: str
    caption: str = ""
    colour: str = "#66717e"


@dataclass(frozen=True)
class Gallery:
    """Rows of small images.

    Args:
        rows: tiles by the name of their row.
        caption: the sentence below them.
    """

    rows: Mapping[str, Sequence[Tile]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report: a title, a paragraph, illustrations, tables, galleries.

    Args:
        title: its heading, from which its address in the page is made.
        text: the paragraph below it.
        illustrations: figures and pictures.
        tables: below the figures.
        galleries: above the figures.
        absent: what a reader would look for here and why it is not there, one sentence each.
    """

    title: str
    text: str = ""
    illustrations: Sequence[Illustration | Picture] = field(default=())
    tables: Sequence[Table] = field(default=())
    galleries: Sequence[Gallery] = field(default=())
    absent: Sequence[str] = field(default=())
