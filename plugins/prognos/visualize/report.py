"""One HTML file that tells what a model predicted, for whom, how well, and what it must not be used for.

The file needs nothing else: pictures are inside, no script runs, nothing is loaded from the network. It shows values
that were computed elsewhere and has no formula of its own.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

from prognos.files import written_whole

__all__ = ["Concordance", "Illustration", "Picture", "Section", "Table", "write_report"]

LARGEST_REPORT = 6_000_000
"""Bytes a report may have: it shall fit into an e-mail."""

LARGEST_DRAWING = 300_000
"""Bytes up to which a figure is kept as lines (SVG); beyond, and when it holds images, it becomes pixels (PNG)."""

PIXELS_PER_INCH = 120
"""Resolution of pixels in a report."""


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
class Illustration:
    """A figure with the sentence below it; its label is the alternative text."""

    figure: Figure
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture file that a run wrote, PNG or SVG, put into the report as it is.

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
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report: a title, a paragraph, illustrations, tables."""

    title: str
    text: str = ""
    illustrations: Sequence[Illustration | Picture] = field(default=())
    tables: Sequence[Table] = field(default=())


def write_report(
    path: str | Path,
    *,
    title: str,
    predicts: str,
    cohort: str,
    not_for: str,
    concordance: Concordance | None = None,
    notice: str = "",
    sections: Sequence[Section] = (),
    settings: Mapping[str, object] | None = None,
) -> Path:
    """Write a report, whole or not at all.

    Args:
        path: HTML file.
        title: what the report is about.
        predicts: what was predicted, with unit, direction and horizon.
        cohort: for whom.
        not_for: what the result must not be used for.
        concordance: how well; None where no outcome is known.
        notice: provenance of the weights, as a banner; nothing when empty.
        sections: in their order.
        settings: what made the run what it is, for the last section.

    Returns:
        The path.

    Raises:
        ValueError: when a row and the columns of a table differ in number, or the file would be larger than 6 MB.
    """
    for table in (table for section in sections for table in section.tables):
        if any(len(row) != len(table.columns) for row in table.rows):
            raise ValueError(
                f"table {table.caption!r}: a row does not have {len(table.columns)} values like the header."
            )
    page = (
        _environment()
        .get_template("report.html")
        .render(
            title=title,
            predicts=predicts,
            cohort=cohort,
            not_for=not_for,
            concordance=concordance,
            notice=notice,
            sections=sections,
            settings=settings or {},
        )
    )
    content = page.encode("utf-8")
    if len(content) > LARGEST_REPORT:
        raise ValueError(
            f"{path}: the report would have {len(content) / 1e6:.1f} MB, expected at most {LARGEST_REPORT / 1e6:.0f}. "
            f"Give fewer pictures with pixels; lesion overlays are the largest."
        )
    path = Path(path)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
    return path


def _environment() -> jinja2.Environment:
    """Templates that escape every value and refuse unknown names."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("prognos.visualize"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cell=_cell, source=_source, alt=_alt, place=_place)
    environment.tests["undefined_number"] = math.isnan
    return environment


def _cell(value: str | int | float | None) -> str:
    """Text of a table's cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "\N{EN DASH}"
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}") if isinstance(value, float) else str(value)


def _place(index: float) -> str:
    """Position of an index on the drawn scale from 0.4 to 1, in per cent."""
    return f"{min(max((index - 0.4) / 0.6, 0.0), 1.0) * 100:.2f}"


def _alt(shown: Illustration | Picture) -> str:
    """What a reader is told who cannot see it."""
    return shown.alt if isinstance(shown, Picture) else str(shown.figure.get_label())


def _source(shown: Illustration | Picture) -> Markup:
    """An illustration as the source of an image: lines where it can be, pixels where it must be."""
    if isinstance(shown, Picture):
        kind = {".png": "png", ".svg": "svg+xml"}[shown.path.suffix.lower()]
        return Markup(f"data:image/{kind};base64,") + base64.b64encode(shown.path.read_bytes()).decode("ascii")
    figure = shown.figure
    if not any(axes.images for axes in figure.axes):
        drawing = _encoded(figure, "svg")
        if len(drawing) <= LARGEST_DRAWING:
            return Markup("data:image/svg+xml;base64,") + drawing
    return Markup("data:image/png;base64,") + _encoded(figure, "png")


def _encoded(figure: Figure, kind: str) -> str:
    """A figure in base64; without a date and with fixed names inside, so that equal figures give equal files."""
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "prognos"}):
        figure.savefig(buffer, format=kind, dpi=PIXELS_PER_INCH, metadata={"Date": None} if kind == "svg" else None)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
