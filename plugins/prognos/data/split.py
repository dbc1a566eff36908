"""Stratified parts of a cohort for cross-validation."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from prognos.config import keys
from prognos.data.cohort import EVENT_COLUMN, TIME_COLUMN, CohortError, read_patients

__all__ = ["split_cohort"]

TREATMENT = "treatment"
"""Column that the parts are balanced on wherever a table has it."""


def split_cohort(
    path: str | Path, *, parts: int = 4, seed: int = 0, stratify: Sequence[str] | None = None
) -> list[int]:
    """Deal the patients of a cohort into parts of equal size and alike survival.

    The patients are ordered by stratum, event and time, and each run of ``parts`` neighbours is dealt to different
    parts at random. Size, events and every level of every stratum therefore differ between two parts by one or two at
    most, and the times are spread evenly. The result depends on the content of the table and the seed, not on the order
    of its rows.

    Args:
        path: the cohort table, see :func:`prognos.data.read_cohort`. A column ``fold`` that it may have is not used.
        parts: K, at least 3: one part tests, one validates and the others train.
        seed: of the random numbers.
        stratify: columns whose levels are balanced in addition to survival; by default ``treatment`` where the table
            has it.

    Returns:
        Part of each patient, 0 to ``parts - 1``, in the order of the rows.

    Raises:
        CohortError: when the table breaks its contract, lacks a column of ``stratify`` or has fewer patients than
            ``parts``.
        ValueError: when ``parts`` is below 3.
    """
    if parts < 3:
        raise ValueError(f"parts is {parts}, expected at least 3: one tests, one validates and the others train.")
    table = read_patients(Path(path), without=keys.FOLD)
    if stratify is None:
        stratify = [TREATMENT] if TREATMENT in table.columns else []
    if missing := [name for name in stratify if name not in table.columns]:
        raise CohortError(f"{path}, line 1: no column {', '.join(missing)} to stratify on. Add it or leave it out.")
    if len(table.rows) < parts:
        raise CohortError(f"{path}: {len(table.rows)} patients cannot fill {parts} parts. Make fewer parts.")

    def place(row: int) -> tuple[list[str], float, float, str]:
        """Sort key: strata, event, time, and the identifier where all of these tie."""
        cells = table.rows[row]
        survival = float(cells[EVENT_COLUMN]), float(cells[TIME_COLUMN])
        return [cells[name] for name in stratify], *survival, cells[keys.PATIENT]

    order = sorted(range(len(table.rows)), key=place)
    generator = random.Random(seed)
    folds = [0] * len(order)
    for start in range(0, len(order), parts):
        dealt = generator.sample(range(parts), parts)
        for row, part in zip(order[start : start + parts], dealt, strict=False):
            folds[row] = part
    return folds
