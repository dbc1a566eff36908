"""Tables of text as read from a file: rows with their line numbers, and the faults found in them.

A table is read whole and judged whole: every fault is collected and all are raised together, so that a person mends the
file once. A message names file, line and column, and quotes a cell only where it cannot hold the name of a patient.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MISSING", "Faults", "Table", "number", "read_table"]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})
"""Cells, in lower case, that stand for a value nobody knows."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_LINES_SHOWN = 50


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
        shown = [f"{self.path}: {count} fault{'s' * (count > 1)}, all listed here; nothing was used."]
        shown += [f"  {self._where(lines, column)}: {message}" for (column, message), lines in faults]
        raise self.error("\n".join(shown))

    def _where(self, lines: list[int], column: str) -> str:
        """File, lines and column of a fault."""
        numbers = ", ".join(str(line) for line in lines[:_LINES_SHOWN])
        more = f" and {len(lines) - _LINES_SHOWN} more" if len(lines) > _LINES_SHOWN else ""
        place = f"{self.path.name}, line{'s' * (len(lines) > 1)} {numbers}{more}"
        return f"{place}, column {column}" if column else place


def read_table(path: Path, faults: Faults) -> Table:
    """Read a comma-separated UTF-8 file, with or without byte order mark.

    Rows of another length than the header are noted as faults and left out; blank lines are skipped.

    Raises:
        ValueError: the error of ``faults``, when there is no header, or the file is not UTF-8 text or not separated by
            commas: then no cell can be trusted and the faults so far are raised at once.
        FileNotFoundError: when ``path`` does not exist.
    """
    lines: list[int] = []
    rows: list[list[str]] = []
    header: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if not header:
                    header = [cell.strip() for cell in cells]
                    header_line = reader.line_num
                    continue
                rows.append([cell.strip() for cell in cells])
                lines.append(reader.line_num)
    except (UnicodeDecodeError, csv.Error):
        faults.add("is not a CSV file in UTF-8. Save the table as 'CSV UTF-8 (comma delimited)'.", line=len(lines) + 1)
        faults.raise_any()
    if not header:
        faults.add("the file is empty; expected a line with the names of the columns.", line=1)
        faults.raise_any()
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        faults.add("columns are separated by ';' or tabs; expected commas. Export the table again.", line=header_line)
        faults.raise_any()
    for column in sorted({name for name in header if header.count(name) > 1}):
        name = column or "without a name"
        faults.add("appears more than once. Delete or rename one of them.", line=header_line, column=name)
    table = Table(path, tuple(dict.fromkeys(header)), [], [])
    for line, cells in zip(lines, rows, strict=True):
        if len(cells) != len(header):
            faults.add(f"has {len(cells)} cells, expected {len(header)}. Quote a cell that holds a comma.", line=line)
            continue
        table.rows.append(dict(zip(header, cells, strict=True)))
        table.lines.append(line)
    return table


def number(text: str) -> float | None:
    """Value of a cell: NaN where it is missing, None where it is neither a number nor missing."""
    if text.lower() in MISSING:
        return math.nan
    return float(text) if _NUMBER.fullmatch(text) else None
