"""One HTML file that tells what a model predicted, for whom, how well, and what it must not be used for.

The file needs nothing else: pictures, data and the small script that sorts tables and shows single patients are inside,
and its own policy forbids to load anything. It shows values that were computed elsewhere and has no formula of its own.
The numbers behind the pictures lie beside it as CSV.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import jinja2
from markupsafe import Markup

from prognos.files import written_whole
from prognos.visualize.report.checklist import NOT_REPORTED, checklist_table
from prognos.visualize.report.drawing import drawing, image_source, picture_shape, picture_source
from prognos.visualize.report.numbers import data_folder, named_tables, write_numbers
from prognos.visualize.report.parts import Cell, Concordance, Illustration, Picture, Section
from prognos.visualize.report.patients import PatientView, packed_patients, patient_tables

__all__ = ["write_report"]

LARGEST_REPORT = 6_000_000
"""Bytes a report may have: it shall fit into an e-mail."""

SEVERAL_DIGITS, TINY = 1000.0, 0.005
"""Numbers from here on are shown without decimals; those below, such as p-values, with one digit and a power of ten."""


NOT_MEASURED = "Unknown here: no outcome was given, so nothing was measured."
"""Stands where a concordance index would."""

WIDE_INCHES, WIDE_SHAPE = 6.9, 1.9
"""Width of a figure, and width over height of a picture, beyond which it gets the whole width of the page."""

LONGEST_LINE = 24
"""Characters of a cell that stay on one line."""


def write_report(
    path: str | Path,
    *,
    title: str,
    predicts: str,
    cohort: str,
    not_for: str,
    concordance: Concordance | None = None,
    measured: str = NOT_MEASURED,
    notice: str = "",
    facts: Mapping[str, str] | None = None,
    patients: PatientView | None = None,
    sections: Sequence[Section] = (),
    reporting: Mapping[str, str] | None = None,
    settings: Mapping[str, object] | None = None,
) -> Path:
    """Write a report, and the folder of its numbers; each file whole or not at all.

    Args:
        path: HTML file; ``report.html`` gets the folder ``report_data`` beside it.
        title: what the report is about.
        predicts: what was predicted, with unit, direction and horizon.
        cohort: for whom.
        not_for: what the result must not be used for.
        concordance: how well; None where no outcome is known.
        measured: how well, in words, where there is no concordance index.
        notice: provenance of the weights, as a banner; nothing when empty.
        facts: short values for the first screen by their name, such as the median follow-up.
        patients: what a reader may look at patient by patient; before the sections.
        sections: in their order.
        reporting: what is known of the items of TRIPOD+AI, by item; None: no checklist.
        settings: what made the run what it is, for the last section.

    Returns:
        The path.

    Raises:
        ValueError: when a row and the columns of a table differ in number, two files of numbers have one name, an item
            of TRIPOD+AI does not exist, or the file would be larger than 6 MB.
    """
    path = Path(path)
    _require_whole_rows(sections)
    checklist = None if reporting is None else checklist_table(reporting)
    tables = named_tables(sections) | ({} if checklist is None else {checklist.name: checklist})
    tables |= {} if patients is None else patient_tables(patients)
    environment = _environment(path)
    page = environment.get_template("report.html").render(
        title=title,
        predicts=predicts,
        cohort=cohort,
        not_for=not_for,
        concordance=concordance,
        measured=measured,
        notice=notice,
        facts=facts or {},
        patients=None if patients is None else Markup(packed_patients(patients)),
        curves="" if patients is None else patients.curves,
        sections=sections,
        checklist=checklist,
        settings=settings or {},
        data=data_folder(path).name if tables else "",
        **_script(environment),
    )
    content = page.encode("utf-8")
    if len(content) > LARGEST_REPORT:
        raise ValueError(
            f"{path}: the report would have {len(content) / 1e6:.1f} MB, expected at most {LARGEST_REPORT / 1e6:.0f}. "
            f"Give fewer pictures with pixels; lesion overlays are the largest."
        )
    write_numbers(data_folder(path), tables, notice)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
    return path


def _require_whole_rows(sections: Sequence[Section]) -> None:
    """Refuse a table whose rows do not fit its header."""
    for table in (table for section in sections for table in section.tables):
        if any(len(row) != len(table.columns) for row in table.rows):
            raise ValueError(
                f"table {table.caption!r}: a row does not have {len(table.columns)} values like the header."
            )


def _environment(path: Path) -> jinja2.Environment:
    """Templates that escape every value and refuse unknown names."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("prognos.visualize"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    number = count(1)
    environment.filters.update(
        cell=_cell,
        kind=_kind,
        shown=partial(_shown, number),
        source=image_source,
        place=_place,
        address=_address,
        is_wide=_is_wide,
    )
    environment.tests["undefined_number"] = math.isnan
    return environment


def _script(environment: jinja2.Environment) -> dict[str, Markup]:
    """The script of the page, and the fingerprint by which its policy knows it."""
    text = environment.get_template("report.js").render()
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return {"script": Markup(text), "script_digest": Markup(f"sha256-{digest}")}


def _cell(value: Cell) -> str:
    """Text of a table's cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "\N{EN DASH}"
    if not isinstance(value, float):
        return str(value)
    digits = ".0f" if abs(value) >= SEVERAL_DIGITS else ".2f" if abs(value) >= TINY or value == 0 else ".0e"
    return format(value, digits).replace("-", "\N{MINUS SIGN}")


def _kind(value: Cell) -> Markup:
    """Attribute of a cell: a number, something short that stays on one line, or what nobody said."""
    if value == NOT_REPORTED:
        return Markup(' class="none"')
    if isinstance(value, int | float):
        return Markup(' class="n"')
    return Markup("") if value is None or len(value) > LONGEST_LINE else Markup(' class="s"')


def _place(index: float) -> str:
    """Position of an index on the drawn scale from 0.4 to 1, in per cent."""
    return f"{min(max((index - 0.4) / 0.6, 0.0), 1.0) * 100:.2f}"


def _address(title: str) -> str:
    """Name of a section inside the page."""
    return "part-" + (re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "unnamed")


def _shown(number: count[int], illustration: Illustration | Picture) -> Markup:
    """An illustration as an element of the page."""
    if isinstance(illustration, Picture):
        return Markup('<img src="{}" alt="{}">').format(picture_source(illustration.path), illustration.alt)
    return drawing(illustration.figure, prefix=f"f{next(number)}-")


def _is_wide(illustration: Illustration | Picture) -> bool:
    """Whether a figure needs the whole width of the page, so that its letters stay readable."""
    if isinstance(illustration, Picture):
        return picture_shape(illustration.path) > WIDE_SHAPE
    return bool(illustration.figure.get_figwidth() > WIDE_INCHES)
