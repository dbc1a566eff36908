"""Making the cells that are missing, one after the other, beside other processes that do the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prognos.apps.experiment.cells import Cell, Study, cell_before, stages
from prognos.apps.run import run
from prognos.locks import FolderLock

__all__ = ["is_finished", "make_cells"]


def is_finished(study: Study, cell: Cell) -> bool:
    """Whether every stage of a cell has run to its end."""
    return all(stage.is_finished for stage in stages(study, cell))


def make_cells(study: Study, cells: list[Cell]) -> list[Cell]:
    """Run what is missing of every cell, in this process.

    A cell that another process is making is left to it, so the same command may run several times side by side. A
    training that was killed goes on after its last epoch.

    Args:
        study: what the cells share.
        cells: all that are wanted; finished ones cost nothing.

    Returns:
        The cells that are still unfinished, because another process is making them.
    """
    started, made = time.monotonic(), 0
    missing = [cell for cell in cells if not is_finished(study, cell)]
    print(f"{len(cells)} cells, {len(cells) - len(missing)} of them finished before", flush=True)
    for number, cell in enumerate(missing, start=1):
        with _claimed(study.folder(cell)) as is_ours:
            if not is_ours or is_finished(study, cell) or not _can_start(study, cell, cells):
                continue
            _make(study, cell, f"cell {number} of {len(missing)}: {cell}")
        made += 1
        elapsed = time.monotonic() - started
        rest = elapsed / made * (len(missing) - number)
        print(
            f"cell {number} of {len(missing)} finished, {_span(elapsed)} so far, about {_span(rest)} left", flush=True
        )
    return [cell for cell in missing if not is_finished(study, cell)]


def _can_start(study: Study, cell: Cell, cells: list[Cell]) -> bool:
    """Whether what the cell needs is there."""
    before = cell_before(study, cell)
    is_wanted = before is not None and any(other.place == before.place for other in cells)  # not with the user's own
    return before is None or not is_wanted or is_finished(study, before)


def _make(study: Study, cell: Cell, text: str) -> None:
    """Run the unfinished stages of a cell."""
    for stage in stages(study, cell):
        if stage.is_finished:
            continue
        print(f"{text}: {stage.name} {stage.overrides.get('subset', '')}".rstrip(), flush=True)
        run(str(study.bundle), stage.name, overlay=stage.overlay, **stage.overrides)
        if not stage.is_finished:
            raise ValueError(
                f"the stage {stage.name} of {study.bundle.name} ended without {stage.product}; an experiment needs "
                f"handlers WeightsWriter in train and PredictionsWriter and MetricsWriter in evaluate, as the bundles "
                f"of this package have them."
            )


@contextmanager
def _claimed(folder: Path) -> Iterator[bool]:
    """Whether this process may work in a folder; a process that ends, or is killed, claims nothing any more."""
    lock = FolderLock(folder)
    try:
        yield lock.acquire()
    finally:
        lock.release()


def _span(seconds: float) -> str:
    """Length of time in hours and minutes, or minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
