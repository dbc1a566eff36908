"""Which cells an experiment has: rows, cohort tables, seeds, permutations and folds multiplied out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from prognos.apps.experiment.cells import Cell, Stage, Study
from prognos.apps.experiment.claims import merged_config
from prognos.apps.experiment.tables import Row, Run
from prognos.apps.run import known_overrides, refuse_unknown
from prognos.config import keys
from prognos.data import read_cohort
from prognos.data.cohort import TimeUnit

__all__ = ["Cohort", "plan_cells", "read_place", "whole_numbers", "with_overrides"]


class Cohort(NamedTuple):
    """Where the patients come from."""

    folder: Path
    """Folder of the cohort."""

    tables: list[Path]
    """Cohort tables."""

    time_unit: TimeUnit
    """Unit of their times."""


def with_overrides(study: Study, models: Sequence[Row | Run], overrides: dict[str, Any]) -> Study:
    """The study with the overrides of each row and run: those that it knows, and its own.

    Args:
        study: without overrides.
        models: rows and runs.
        overrides: by id, which goes to all that know it, or by ``<row>::<id>``.

    Raises:
        ValueError: when an override names an id that none of them has, or that its row does not have.
    """
    known = {model.name: known_overrides(study.files(model)) for model in models}
    every = set[str]().union(*known.values())
    common: dict[str, dict[str, Any]] = {name: {} for name in known}
    own: dict[str, dict[str, Any]] = {name: {} for name in known}
    for given, value in overrides.items():
        name = given.replace("#", "::")
        model, _, rest = name.partition("::")
        if rest and model in known:
            refuse_unknown({rest: value}, known[model])
            own[model][rest] = value
            continue
        refuse_unknown({name: value}, every)
        for model in known:
            if name in known[model]:
                common[model][name] = value
    return replace(study, overrides={name: common[name] | own[name] for name in known})


def read_place(study: Study, overrides: dict[str, Any], cohorts: str) -> Cohort:
    """Where the cohort lies, from the config of the bundle's training.

    Args:
        study: any.
        overrides: of the user; what the training does not know is not for it.
        cohorts: names of cohort tables in the folder, separated by commas; empty for the one of the config.
    """
    cell = Cell(Row("", ""), Path())
    known = known_overrides(study.files(cell.model))
    given = {name: value for name, value in overrides.items() if name in known}
    parser = merged_config(study, cell, Stage("train", "", given, Path()))
    folder = Path(parser.get_parsed_content("dataset_dir"))
    names = [part.strip() for part in cohorts.split(",") if part.strip()]
    tables = [folder / name for name in names] or [Path(parser.get_parsed_content("cohort_file"))]
    return Cohort(folder, tables, parser.get_parsed_content("time_unit"))


def plan_cells(
    models: tuple[Sequence[Row], Sequence[Run]],
    cohort: Cohort,
    *,
    folds: str,
    seeds: Sequence[int],
    permutations: Sequence[int | None],
) -> list[Cell]:
    """Every cell, in the order they are made.

    Args:
        models: rows and runs.
        cohort: where the patients come from.
        folds: numbers of folds, separated by commas; empty for all.
        seeds: of the training.
        permutations: seeds of permuted outcomes, or None for the true ones.

    Raises:
        ValueError: when a cohort table has no folds, or not those.
    """
    rows, runs = models
    makers = {row.made_by for row in rows}
    shared = [run for run in runs if not run.per_fold and run.name not in makers]
    first = (cohort.tables[0], None, seeds[0])
    cells = [Cell(run, *first) for run in shared if not run.needs]
    for table in cohort.tables:
        numbers = fold_numbers(table, cohort.time_unit, folds)
        before = [run for run in runs if run.per_fold and run.name not in makers]
        cells += [Cell(run, table, fold, seed) for seed in seeds for fold in numbers for run in before]
        for permutation in permutations:
            for seed in seeds:
                for run in runs:
                    if run.name in makers:
                        parts = numbers if run.per_fold else [None]
                        cells += [Cell(run, table, fold, seed, permutation) for fold in parts]
                for row in rows:
                    if not row.made_by:
                        cells += [Cell(row, table, fold, seed, permutation) for fold in numbers]
    return cells + [Cell(run, *first) for run in shared if run.needs and permutations[0] is None]


def fold_numbers(table: Path, time_unit: TimeUnit, wanted: str) -> list[int]:
    """Parts to test on.

    Raises:
        ValueError: when the table has no folds, or not those.
    """
    samples = read_cohort(table, time_unit=time_unit)
    if keys.FOLD not in samples[0]:
        raise ValueError(f"{table}: no column {keys.FOLD!r}; write it with: prognos split {table}")
    known = range(int(max(sample[keys.FOLD] for sample in samples)) + 1)
    found = whole_numbers("folds", wanted) if wanted else [*known]
    if strange := sorted({*found} - {*known}):
        raise ValueError(f"{table}: has the folds 0 to {known[-1]}; --folds asks for {strange}.")
    return found


def whole_numbers(option: str, text: str) -> list[int]:
    """Whole numbers between commas.

    Raises:
        ValueError: when a part is none.
    """
    parts = [part for part in text.strip("()[] ").replace(" ", "").split(",") if part]
    if not parts or not all(part.isdecimal() for part in parts):
        raise ValueError(f"--{option} is {text!r}, expected whole numbers from 0 between commas, such as 0,1,2.")
    return [int(part) for part in dict.fromkeys(parts)]
