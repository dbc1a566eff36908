"""The numbers of a report as CSV files in a folder beside it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from prognos.files import written_whole
from prognos.visualize.report.parts import Cell, Illustration, Numbers, Section, Table

__all__ = ["data_folder", "named_tables", "write_numbers"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def data_folder(report: Path) -> Path:
    """Folder of the numbers of a report: ``report_test.html`` has ``report_test_data``."""
    return report.with_name(f"{report.stem}_data")


def named_tables(sections: Sequence[Section]) -> dict[str, Table]:
    """What a report shows that has a name, as tables by the name of their file.

    Raises:
        ValueError: when a name is used twice or has other characters than a file name needs, or when the columns of a
            figure differ in length.
    """
    found: dict[str, Table] = {}
    for name, table in _named(sections):
        if not _NAME.fullmatch(name):
            raise ValueError(f"a file of numbers is called {name!r}, expected lower case letters, digits, '_' and '-'.")
        if name in found:
            raise ValueError(f"two parts of the report want the file {name}.csv; give one of them another name.")
        found[name] = table
    return found


def write_numbers(folder: Path, tables: dict[str, Table], notice: str = "") -> None:
    """Write each table as ``<name>.csv``, whole or not at all; numbers keep nine digits.

    Args:
        folder: made when absent.
        tables: by the name of their file.
        notice: provenance of the weights, for the head of each file.
    """
    for name, table in tables.items():
        with written_whole(folder / f"{name}.csv") as path:
            path.write_text(_content(table, notice), encoding="utf-8")


def _named(sections: Sequence[Section]) -> Iterator[tuple[str, Table]]:
    for section in sections:
        for shown in section.illustrations:
            if isinstance(shown, Illustration):
                yield from ((numbers.name, _table(numbers)) for numbers in shown.numbers)
        for table in section.tables:
            if table.name:
                yield table.name, table if table.numbers is None else _table(table.numbers)


def _table(numbers: Numbers) -> Table:
    """Columns as rows."""
    columns = [np.asarray(values).tolist() for values in numbers.columns.values()]
    if len({len(values) for values in columns}) > 1:
        raise ValueError(f"the columns of {numbers.name}.csv differ in length: {[len(values) for values in columns]}.")
    return Table(list(numbers.columns), list(zip(*columns, strict=True)), numbers.meaning)


def _content(table: Table, notice: str) -> str:
    """A table as text; lines at its head say what it means and where the weights come from."""
    text = io.StringIO()
    text.writelines(f"# {line}\n" for line in [*table.caption.splitlines(), *notice.splitlines()])
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    """One value as text; empty when unknown."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
