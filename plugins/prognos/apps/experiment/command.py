"""``prognos experiment``: every cell of a table trained, scored and pooled by one command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fire.decorators import SetParseFn

from prognos.apps.bundles import find_bundle
from prognos.apps.experiment.cells import Cell, Study, cell_before, stages, stock_command
from prognos.apps.experiment.claims import claim_cells
from prognos.apps.experiment.making import make_cells
from prognos.apps.experiment.planning import plan_cells, read_place, whole_numbers, with_overrides
from prognos.apps.experiment.pooling import pool_cells
from prognos.apps.experiment.tables import choose_rows, find_table

__all__ = ["experiment"]

OWN_OPTIONS = {"cohort_file": "cohorts", "fold": "folds", "permute_labels": "permute", "seed": "seeds"}
"""Ids of the config that the cells set, and the option that chooses them."""


# fire reads 0,1 as a tuple and the folder 2024 as a number
@SetParseFn(str, "name", "output_dir", "folds", "seeds", "rows", "cohorts", "overlay")
def experiment(
    name: str,
    *,
    output_dir: str,
    folds: str = "",
    seeds: str = "0",
    rows: str = "",
    cohorts: str = "",
    permute: int = 0,
    reduced: bool = False,
    overlay: str = "",
    list: bool = False,  # noqa: A002 - the name of the option
    redo: bool = False,
    **overrides: Any,
) -> None:
    """Train and test every row of a table in cross-validation, and pool the out-of-fold risks.

    A cell is one row, fold, seed and cohort table. Kill it and call it again: finished cells are kept, an unfinished
    one goes on after its last epoch, and a cell that was made with other settings is refused. The same command may
    run several times side by side; each process takes the next cell. All cells share the caches.

    Args:
        name: ``lesion_table``, ``face_table``, or name or folder of a bundle, whose own model is then the one row.
        output_dir: folder of the results, ``results.md`` and ``results.csv``, and of the cells.
        folds: parts of the column ``fold`` to test on, such as ``0,1``; by default all.
        seeds: seeds of the training, such as ``0,1,2``.
        rows: rows of the table to make, separated by commas; a config file, or the name of an overlay, is a row too.
        cohorts: cohort tables in the folder of the cohort, such as ``cohort.csv,cohort_seed1.csv``: each gets cells of
            its own. By default the one of the config.
        permute: number of times that the outcomes are dealt to other patients, in place of the true outcomes; the
            result is ``permuted.md`` and should be 0.5.
        reduced: one reader of each patient an epoch, without the slow rows; shows that everything works, not the order.
        overlay: config file, or name of one, to put on top of every row; several are separated by commas.
        list: print one line a cell with MONAI's own commands instead of running them, for any scheduler.
        redo: delete and make anew what was made with other settings.
        overrides: any value of the config by its id, for example ``--dataset_dir ./cohort --epochs 2``; with the name
            of a row before it, ``--whole_volume::epochs 2``, for that row alone. An id that only some rows have goes
            to those.
    """
    for given in overrides.keys() & OWN_OPTIONS.keys():
        raise ValueError(f"--{given} differs between the cells: choose it with --{OWN_OPTIONS[given]}.")
    table = find_table(name)
    if reduced and not table.reduced:
        raise ValueError(f"{table.name} has no reduced protocol; leave --reduced out.")
    chosen = choose_rows(table, rows, is_reduced=reduced)
    if "latents_file" in overrides:
        chosen = chosen[0], [run for run in chosen[1] if run.stage != "embed" or run.per_fold]
    overlay = ",".join(filter(None, [table.reduced if reduced else "", overlay]))
    study = Study(table, find_bundle(table.bundle), Path(output_dir), overlay)
    study = with_overrides(study, [*(row for row in chosen[0] if not row.made_by), *chosen[1]], overrides)
    cohort = read_place(study, overrides, cohorts)
    permutations = [*range(1, permute + 1)] if permute else [None]
    cells = plan_cells(chosen, cohort, folds=folds, seeds=whole_numbers("seeds", seeds), permutations=permutations)
    claim_cells(study, cells, redo=redo)
    if list:
        for line in _listed(study, cells):
            print(line)
        return
    if left := make_cells(study, cells):
        print(f"left to other processes: {len(left)} cells. Call again when they have ended, to pool all.")
        return
    print(pool_cells(study, cells, chosen[0], cohort, is_reduced=reduced))


def _listed(study: Study, cells: list[Cell]) -> Iterable[str]:
    """One line a cell that no other one needs: the commands of its unfinished stages, after those that come first."""
    known = {cell.place: cell for cell in cells}
    needed = {before.place for cell in cells if (before := cell_before(study, cell))}
    for cell in cells:
        commands = [
            stock_command(study, part, stage)
            for part in _chain(study, cell, known)
            for stage in stages(study, part)
            if not stage.is_finished
        ]
        if commands and cell.place not in needed:
            yield " && ".join(commands)


def _chain(study: Study, cell: Cell, known: Mapping[Path, Cell]) -> list[Cell]:
    """A cell after those that must come before it."""
    before = cell_before(study, cell)
    return [*(_chain(study, before, known) if before and before.place in known else ()), cell]
