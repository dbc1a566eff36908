"""Fixtures that several folders share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch

from prognos.data import PhantomSettings, write_lesion_cohort

REPOSITORY = Path(__file__).parents[1]
"""Top of the repository."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small networks on small machines: more threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def lesion_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 16 synthetic patients on a coarse grid, dealt into four parts."""
    folder = tmp_path_factory.mktemp("lesion_cohort")
    table = write_lesion_cohort(folder, patients=16, seed=7, processes=1, settings=PhantomSettings((4.0, 4.0, 8.0)))
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    for number, row in enumerate(sorted(rows, key=lambda row: (row["event"], float(row["time"])))):
        row["fold"] = str(number % 4)
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def lesion_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache that the runs on :func:`lesion_cohort` share."""
    return tmp_path_factory.mktemp("lesion_cache")
