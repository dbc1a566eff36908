"""CSV files that say what their numbers mean: comment lines first, then a header, then rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, get_args

from prognos.files import written_whole
from prognos.networks import Provenance
from prognos.networks.provenance import Origin

__all__ = ["provenance_lines", "read_notice", "write_table"]


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], comments: Sequence[str]) -> None:
    """Write a table, whole or not at all.

    Read it with ``pandas.read_csv(path, comment="#", dtype={"patient_id": str})``.

    Args:
        path: CSV file, UTF-8.
        columns: header, in order.
        rows: values by column; None and NaN become empty cells, floats keep the 9 digits that float32 needs.
        comments: lines for the head of the file, without their ``#``.
    """
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    holds_hash = any("#" in cell for line in cells for cell in line)  # would start a comment unless it is quoted
    quoting: Literal[0, 1] = csv.QUOTE_ALL if holds_hash else csv.QUOTE_MINIMAL
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        file.writelines(f"# {line}\n" for comment in comments for line in comment.splitlines())
        csv.writer(file, lineterminator="\n").writerow(columns)
        csv.writer(file, lineterminator="\n", quoting=quoting).writerows(cells)


def provenance_lines(provenance: Provenance | None) -> list[str]:
    """Comment lines that carry the origin of the weights; the notice comes first."""
    if provenance is None:
        return []
    origin = f"weights: trained on {provenance.trained_on}; {provenance.description}; sha256 {provenance.sha256}"
    return [line for line in (provenance.notice, origin) if line]


def read_notice(path: Path) -> str:
    """Notice of the weights in the head of a table that :func:`write_table` wrote; empty where there is none."""
    with path.open(encoding="utf-8") as file:
        head = [line[1:].strip() for line in takewhile(lambda line: line.startswith("#"), file)]
    notices = {Provenance(origin, "", "").notice for origin in get_args(Origin)}
    return next((line for line in head if line and line in notices), "")


def _cell(value: Any) -> str:
    """One value as text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
