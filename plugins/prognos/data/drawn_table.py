"""Tables of drawn cohorts on disk: written whole, and never over a table that says the same and more."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from prognos.files import written_whole

__all__ = ["write_drawn_table"]


def write_drawn_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, complete or not at all.

    A table that holds the same rows already stays, with the columns that were added to it since, such as the ``fold``
    of ``prognos split``.

    Args:
        path: of the table.
        table: what was drawn.
    """
    text = _csv(table)
    if path.is_file():
        found = pd.read_csv(path, dtype=str, keep_default_na=False)
        if set(table.columns) <= set(found.columns) and _csv(found[list(table.columns)]) == text:
            return
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")
