"""Tables of text as read from a file: rows with their line numbers, and the faults found in them.

A table is read whole and judged whole: every fault is collected and all are raised together, so that a person mends the
file once. A message names file, line and column, and quotes a cell only where it cannot hold the name of a patient.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "MISSING",
    "Faults",
    "Table",
    "bare_name",
    "is_number_of_another_form",
    "names_a_file",
    "number",
    "read_table",
    "read_text",
    "split_cells",
]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})
"""Cells, in lower case, that stand for a value nobody knows."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?(\d+,\d+|\d{1,3}(,\d{3})+\.\d+)", re.ASCII)
_LINES_SHOWN = 50
_MESSAGES_SHOWN = 200
_SAVE_AGAIN = "Save the table as 'CSV UTF-8 (comma delimited)'."


@dataclass(frozen=True)
class Table:
    """Cells of a CSV file, as text without outer blanks.

    Args:
        path: the file.
        columns: names of the columns, in the order of the file.
        rows: one dictionary a row, by column.
        lines: line of the file on which each row ends, counted from 1.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    lines: list[int]

    def cells(self, column: str) -> list[tuple[int, str]]:
        """Line and text of each cell of one column."""
        return [(line, row[column]) for line, row in zip(self.lines, self.rows, strict=True)]


class Faults:
    """Collects what is wrong with one file and raises it as one error.

    Args:
        path: the file, as the messages shall name it.
        error: exception to raise, a ``ValueError``.
    """

    def __init__(self, path: Path, error: type[ValueError]) -> None:
        self.path = path
        self.error = error
        self._lines: dict[tuple[str, str], list[int]] = {}

    def add(self, message: str, *, line: int, column: str = "") -> None:
        """Note one fault; the same message on several lines is shown once, with all of its lines."""
        self._lines.setdefault((column, message), []).append(line)

    def raise_any(self) -> None:
        """Raise what was collected.

        Raises:
            ValueError: the exception given, when there is at least one fault.
        """
        if not self._lines:
            return
        count = sum(len(lines) for lines in self._lines.values())
        faults = sorted(self._lines.items(), key=lambda item: item[1][0])
        listed = "all listed here; " if len(faults) <= _MESSAGES_SHOWN else ""
        shown = [f"{self.path}: {count} fault{'s' * (count > 1)}, {listed}nothing was used."]
        shown += [f"  {self._where(lines, column)}: {message}" for (column, message), lines in faults[:_MESSAGES_SHOWN]]
        if len(faults) > _MESSAGES_SHOWN:
            shown.append(f"  and {len(faults) - _MESSAGES_SHOWN} more of other kinds; mend these first.")
        raise self.error("\n".join(shown))

    def _where(self, lines: list[int], column: str) -> str:
        """File, lines and column of a fault."""
        numbers = ", ".join(str(line) for line in lines[:_LINES_SHOWN])
        more = f" and {len(lines) - _LINES_SHOWN} more" if len(lines) > _LINES_SHOWN else ""
        place = f"{self.path.name}, line{'s' * (len(lines) > 1)} {numbers}{more}"
        return f"{place}, column {column}" if column else place


def read_table(path: Path, faults: Faults, *, known: Collection[str] = ()) -> Table:
    """Read a comma-separated UTF-8 file, with or without byte order mark.

    Rows of another length than the header are noted as faults and left out; blank lines are skipped. Nothing is
    repaired: another encoding, separator or a broken quotation mark is a fault.

    Args:
        path: the file.
        faults: collects what is wrong with it.
        known: names of columns, as :func:`bare_name` gives them, of which the first line must hold at least one; else
            it is taken for a patient's, and not quoted. Any first line will do when empty.

    Raises:
        ValueError: the error of ``faults``, when there is no header, or the file is not UTF-8 text or not separated by
            commas: then no cell can be trusted and the faults so far are raised at once.
        FileNotFoundError: when ``path`` does not exist.
    """
    lines, rows = split_cells(read_text(path, faults), faults)
    if not rows:
        faults.add("the file is empty; expected a line with the names of the columns.", line=1)
        faults.raise_any()
    header, header_line = rows.pop(0), lines.pop(0)
    _check_header(header, header_line, known, faults)
    table = Table(path, tuple(dict.fromkeys(header)), [], [])
    for line, cells in zip(lines, rows, strict=True):
        if len(cells) != len(header):
            faults.add(_length_fault(len(cells), len(header)), line=line)
            continue
        table.rows.append(dict(zip(header, cells, strict=True)))
        table.lines.append(line)
    return table


def read_text(path: Path, faults: Faults) -> str:
    """Text of a file in UTF-8, without its byte order mark.

    Raises:
        ValueError: the error of ``faults``, when it is a folder or in another encoding.
        FileNotFoundError: when ``path`` does not exist.
    """
    if path.is_dir():
        faults.add("is a folder; expected a CSV file.", line=1)
        faults.raise_any()
    content = path.read_bytes()
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        faults.add(f"is no text in UTF-8; it may be UTF-16 or a spreadsheet. {_SAVE_AGAIN}", line=line)
        faults.raise_any()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.add(f"is not in UTF-8. {_SAVE_AGAIN}", line=line)
        faults.raise_any()
        raise


def split_cells(text: str, faults: Faults, *, first_line: int = 1) -> tuple[list[int], list[list[str]]]:
    """Cells of a CSV text without outer blanks, and the line on which each row ends; blank rows are skipped.

    Args:
        text: what :func:`read_text` gives, or the rest of it.
        faults: collects what is wrong.
        first_line: line of the file on which the text begins.

    Raises:
        ValueError: the error of ``faults``, when a quotation mark is not closed or stands in the wrong place.
    """
    lines: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append(stripped)
                lines.append(reader.line_num + first_line - 1)
    except csv.Error:
        message = f"a quotation mark is not closed, stands inside of a cell, or the cell is endless. {_SAVE_AGAIN}"
        faults.add(message, line=reader.line_num + first_line - 1)
        faults.raise_any()
    return lines, rows


def names_a_file(path: Path) -> bool:
    """Whether something lies at a path that a cell names; no text is too long or too odd to ask."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def bare_name(column: str) -> str:
    """Name of a column without case, blanks and separators."""
    return re.sub(r"[\W_]", "", column.lower())


def is_number_of_another_form(text: str) -> bool:
    """Whether a cell is a number with a comma, which is either decimal or between thousands."""
    return _COMMA_NUMBER.fullmatch(text) is not None


def _check_header(header: list[str], line: int, known: Collection[str], faults: Faults) -> None:
    """Judge the names of the columns; raise when they cannot be those of a comma-separated table."""
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        message = "columns are separated by ';', '|' or tabs; expected commas, and points in numbers. Export it again."
        faults.add(message, line=line)
        faults.raise_any()
    if known and not any(bare_name(name) in known for name in header):
        message = "no name of a column is among those that are needed. Is the line with the names missing?"
        faults.add(message, line=line)
        faults.raise_any()
    for column, count in Counter(header).items():
        if not column:
            faults.add("has no name. Name it, or delete the column.", line=line, column="without a name")
        elif count > 1:
            faults.add("appears more than once. Delete or rename one of them.", line=line, column=column)


def _length_fault(found: int, expected: int) -> str:
    """Message for a row of another length than the header."""
    return f"has {found} cells, expected {expected}. Quote a cell that holds a comma, and write 12.5 instead of 12,5."


def number(text: str) -> float | None:
    """Value of a cell: NaN where it is missing, None where it is neither a number nor missing."""
    if text.lower() in MISSING:
        return math.nan
    return float(text) if _NUMBER.fullmatch(text) else None
