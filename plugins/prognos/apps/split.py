"""``prognos split``: the column of cross-validation parts of a cohort table."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

from fire.decorators import SetParseFn

from prognos.config import keys
from prognos.data import CohortError, split_cohort
from prognos.data.cohort import EVENT_COLUMN, matching_columns, read_patients
from prognos.data.table import Faults, Table, read_table
from prognos.files import written_whole

__all__ = ["split"]


@SetParseFn(str, "cohort", "stratify", "output")  # fire reads the file name 2024 as a number
def split(
    cohort: str,
    *,
    parts: int = 4,
    seed: int = 0,
    stratify: str | None = None,
    output: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write the column of cross-validation parts into a cohort table.

    The parts are balanced on survival and on ``stratify``; the other columns stay as they are.

    Args:
        cohort: the cohort table.
        parts: number of parts; one tests, one validates, the others train.
        seed: of the random numbers; the same seed gives the same parts.
        stratify: columns, separated by commas; by default ``treatment`` where the table has it.
        output: table to write; by default the cohort table itself.
        overwrite: replace a column ``fold`` that the table has already, and an output file that exists.
    """
    source = Path(cohort)
    target = Path(output) if output else source
    table = read_table(source, Faults(source, CohortError))
    if not overwrite and output and target.exists():
        raise ValueError(f"{target} exists already and is left as it is. Name another file or add --overwrite.")
    column = (matching_columns(table.columns)[keys.FOLD] or [keys.FOLD])[0]
    if not overwrite and column in table.columns:
        raise CohortError(
            f"{source.name}, line 1, column {column}: the table is split already and is left as it is. New parts would "
            f"make results incomparable with earlier ones; add --overwrite if that is wanted."
        )
    levels = stratify.split(",") if stratify else None
    folds = split_cohort(source, parts=parts, seed=seed, stratify=levels)
    _write(table, column, folds, target)
    print(f"{target}: {len(folds)} patients in {parts} parts")
    rows = read_patients(target).rows
    for part in range(parts):
        events = [float(row[EVENT_COLUMN]) > 0 for row, fold in zip(rows, folds, strict=True) if fold == part]
        print(f"  part {part}: {len(events)} patients, {sum(events)} events")


def _write(table: Table, column: str, folds: list[int], target: Path) -> None:
    """Write the table with its parts, whole or not at all; a byte order mark is kept."""
    has_mark = table.path.read_bytes().startswith(codecs.BOM_UTF8)
    columns = list(dict.fromkeys([*table.columns, column]))
    with (
        written_whole(target) as temporary,
        temporary.open("w", newline="", encoding="utf-8-sig" if has_mark else "utf-8") as file,
    ):
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, column: fold} for row, fold in zip(table.rows, folds, strict=True))
