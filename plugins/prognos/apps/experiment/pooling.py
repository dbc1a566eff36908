"""Results of an experiment from its finished cells: tables, pictures, and what they say about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prognos.apps.experiment.cells import Cell, Study, stages
from prognos.apps.experiment.claims import merged_config
from prognos.apps.experiment.figure_one import draw_figure_one
from prognos.apps.experiment.fine_tuning import measure_fine_tuning, read_declarations
from prognos.apps.experiment.gathering import ORACLES, gather_cells, gather_oracles, with_strata
from prognos.apps.experiment.order import claim_limits
from prognos.apps.experiment.planning import Cohort
from prognos.apps.experiment.references import REFERENCES, gather_references
from prognos.apps.experiment.report import write_experiment_report
from prognos.apps.experiment.results import write_fine_tuning, write_null, write_predictions, write_results
from prognos.apps.experiment.tables import Row, Run
from prognos.apps.figures import figures
from prognos.config import keys
from prognos.data import read_cohort, read_origin

__all__ = ["pool_cells"]

SYNTHETIC = "SYNTHETIC COHORT: drawn patients only. This result says nothing about a real patient."
"""First line of every result of a drawn cohort."""

FIGURE_ONE = "Figure 1: photos of test patients, and their reconstructions without and with fine-tuning"

REDUCED = "Reduced protocol: it shows that everything works, not the order of the rows."


def pool_cells(study: Study, cells: list[Cell], rows: Sequence[Row], cohort: Cohort, *, is_reduced: bool) -> str:
    """Write the results.

    Args:
        study: what the cells share.
        cells: all of them, finished.
        rows: of the table.
        cohort: where the patients come from.
        is_reduced: whether the reduced protocol was followed.

    Returns:
        The Markdown.
    """
    pictures = _pictures(study, cells, cohort)
    horizons = _horizons(study, cohort)
    folds = sorted({cell.fold for cell in cells if cell.fold is not None}) or _all_folds(cohort)
    trained = gather_cells(study, cells, rows=rows, folds=folds, horizons=horizons)
    notes = _notes(study, cells, cohort, is_reduced=is_reduced) + read_declarations(study, cells, rows)
    fine_tuning = measure_fine_tuning(study, cells, cohort.time_unit)
    if trained.empty:
        lines = write_fine_tuning(study.output_dir, fine_tuning, notes) if len(fine_tuning) else []
        return "\n".join([*lines, "", *(f"{path}: {caption}" for path, caption in pictures)])
    titles = _titles(rows, trained)
    if (trained["permutation"] > 0).any():
        return write_null(study.output_dir, study.table, trained, titles, notes)
    references, missing = gather_references(study, cells, cohort, folds)
    truth = gather_oracles(cells, cohort, folds)
    titles = REFERENCES | ORACLES | titles
    names = dict.fromkeys([*(row.name for row in rows), *REFERENCES, *ORACLES])
    order = {name: place for place, name in enumerate(names)}
    predictions = pd.concat([trained, references, truth], ignore_index=True)
    predictions = predictions.sort_values("row", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    predictions = with_strata(predictions, study.table.strata, cohort)
    pictures += _draw(study, predictions, notes)
    every = _all_folds(cohort)
    limits = claim_limits(study, cells, folds=every, is_reduced=is_reduced, is_synthetic=SYNTHETIC in notes)
    text, results = write_results(
        study.output_dir,
        study.table,
        predictions,
        titles,
        [*notes, *missing],
        horizons=horizons,
        pictures=pictures,
        fine_tuning=fine_tuning,
        limits=limits,
    )
    write_experiment_report(
        study,
        cells,
        cohort,
        predictions,
        results,
        notes=[*notes, *missing],
        limits=limits,
        pictures=pictures,
        notice=SYNTHETIC if SYNTHETIC in notes else "",
    )
    return text


def _pictures(study: Study, cells: list[Cell], cohort: Cohort) -> list[tuple[Path, str]]:
    """What the runs drew, and what it shows; figure 1 of the face paper is drawn here, from two of them."""
    found = []
    for cell in cells:
        if isinstance(cell.model, Run):
            where = "" if cell.fold is None else f", fold {cell.fold}"
            files = [(study.folder(cell) / name, caption + where) for name, caption in cell.model.pictures]
            found += [(path, caption) for path, caption in files if path.is_file()]
            if cell.model.stage == "embed" and cell.model.per_fold:
                path = draw_figure_one(study, cell, cohort.time_unit)
                found += [(path, f"{FIGURE_ONE}{where}")] if path else []
    return found


def _draw(study: Study, predictions: pd.DataFrame, notes: Sequence[str]) -> list[tuple[Path, str]]:
    """Models, and where they apply subgroups and Brier score; nothing where a patient is in several cohort tables."""
    if predictions["cohort"].nunique() > 1:
        return []
    present = list(dict.fromkeys(predictions["row"]))
    model = study.table.proposed if study.table.proposed in present else present[0]
    strata = study.table.strata if study.table.strata in predictions else ""
    write_predictions(study.output_dir / "predictions.csv", predictions, notes)
    figures(
        str(study.output_dir / "predictions.csv"),
        by=strata,
        model=model,
        reference=model,
        notice=SYNTHETIC if SYNTHETIC in notes else "",
    )
    captions = {
        "models.svg": f"C-index of every row, and its difference to {model}",
        f"subgroups_{strata}.svg": f"Figure 3: C-index by {strata.replace('_', ' ')}",
        "brier.svg": "Brier score over time",
    }
    found = [(study.output_dir / name, caption) for name, caption in captions.items()]
    return [(path, caption) for path, caption in found if path.is_file()]


def _horizons(study: Study, cohort: Cohort) -> list[float]:
    """Days at which the comparison of models predicts survival; none without such a run."""
    for run in study.table.runs:
        if run.stage == "compare":
            cell = Cell(run, cohort.tables[0])
            return [
                float(day) for day in merged_config(study, cell, stages(study, cell)[0]).get_parsed_content("horizons")
            ]
    return []


def _all_folds(cohort: Cohort) -> list[int]:
    """Numbers of all folds."""
    samples = read_cohort(cohort.tables[0], time_unit=cohort.time_unit)
    return sorted({int(sample[keys.FOLD]) for sample in samples})


def _notes(study: Study, cells: list[Cell], cohort: Cohort, *, is_reduced: bool) -> list[str]:
    """What every file says about its result."""
    notes = [SYNTHETIC] if read_origin(cohort.folder) == "synthetic" else []
    notes += [REDUCED] if is_reduced else []
    counts = (
        f"seeds {_listed(cell.seed for cell in cells)}, cohort tables {_listed(path.stem for path in cohort.tables)}"
    )
    if folds := _listed(cell.fold for cell in cells if cell.fold is not None):
        counts = f"folds {folds}, {counts}"
    changed = [*filter(None, study.overlay.split(",")), *_changed_values(study)]
    return [*notes, f"{counts}; the bundle's settings{', but ' + ', '.join(changed) if changed else ''}."]


def _changed_values(study: Study) -> list[str]:
    """Overrides in words, with their row where they are not those of all; places aside."""
    found: dict[str, list[str]] = {}
    for row, overrides in study.overrides.items():
        for name, value in overrides.items():
            if not name.endswith(("_dir", "_file")) and name != "device":
                found.setdefault(f"{name} {value}", []).append(row)
    return [
        text if len(rows) == len(study.overrides) else f"{text} ({', '.join(rows)})" for text, rows in found.items()
    ]


def _titles(rows: Sequence[Row], trained: pd.DataFrame) -> dict[str, str]:
    """Title of each row, with what its predictions add to its name, such as ``(from scratch)``."""
    titles = {row.name: row.title for row in rows}
    for row, model in trained[["row", "model"]].drop_duplicates().itertuples(index=False):
        if str(model).startswith(f"{row} "):
            titles[str(row)] += str(model).removeprefix(str(row))
    return titles


def _listed(values: Any) -> str:
    """Different values in their order."""
    return ", ".join(dict.fromkeys(str(value) for value in values))
