"""An experiment on one page: the table of rows, and what a reviewer asks of the proposed one, out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from prognos.apps.experiment.cells import Cell, Study, stages
from prognos.apps.experiment.claims import merged_config
from prognos.apps.experiment.gathering import ORACLES
from prognos.apps.experiment.markdown import spread
from prognos.apps.experiment.planning import Cohort
from prognos.apps.experiment.tables import Row, Run, Table
from prognos.apps.lesion_figures import annotations_without_lesions, read_lesion_tables, read_scans
from prognos.apps.out_of_fold import JudgedModel, judge_model
from prognos.config import keys
from prognos.data import read_cohort
from prognos.estimators import TrainingRisks
from prognos.handlers.reporting import reporting_items
from prognos.visualize import Picture, Section, interpret_lesions, interpretation_section, write_report
from prognos.visualize import Table as ShownTable
from prognos.visualize.report.cells import interval, p_value

__all__ = ["write_experiment_report"]

NOT_FOR = "Research only. Not a medical device; must not guide the care of a patient."
"""What a result must not be used for, where the bundle does not say it."""

LARGEST_PICTURES = 2_500_000
"""Bytes that all pictures of the runs may have; a further one is left to its file."""


def write_experiment_report(
    study: Study,
    cells: Sequence[Cell],
    cohort: Cohort,
    predictions: pd.DataFrame,
    results: pd.DataFrame,
    *,
    notes: Sequence[str],
    limits: Sequence[str],
    pictures: Sequence[tuple[Path, str]],
    notice: str,
) -> Path | None:
    """Write ``report.html`` and the folder of its numbers.

    Judged is the proposed row, or the first, in the first cohort table with the first seed; the table shows all.

    Args:
        study: what the cells share.
        cells: all of them, finished.
        cohort: where the patients come from.
        predictions: of all rows, true outcomes, with ``row``, ``subset``, ``cohort``, ``seed`` and ``fold``.
        results: of :func:`prognos.apps.experiment.results.write_results`.
        notes: what every file says: origin of the cohort, protocol.
        limits: why no order of the rows is claimed; none where it may be.
        pictures: files, and what they show.
        notice: banner; empty for none.

    Returns:
        The path; None where nobody was tested whose outcome is known.
    """
    present = list(dict.fromkeys(predictions["row"]))
    row = study.table.proposed if study.table.proposed in present else present[0]
    maker = next(cell for cell in cells if cell.name == row or _makes(cell, row, study.table))
    same = (predictions["row"] == row) & (predictions["cohort"] == maker.cohort.stem)
    own = predictions[same & (predictions["seed"] == maker.seed)]
    tested = own[own["subset"] == "test"]
    if not tested["event"].notna().any():
        return None
    samples = read_cohort(maker.cohort, time_unit=cohort.time_unit)
    judged = judge_model(tested, _training(study, maker, own, row), samples)
    title = str(results.set_index("row").loc[row, "title"])
    config = _evaluation(study, maker)
    words = {
        "title": study.table.heading,
        "predicts": f"Log hazard, out of fold; no unit, no horizon, higher means earlier event. Row: {title}.",
        "cohort": f"{judged.found.patients} patients of {maker.cohort.name}, each tested by a fit that has not seen "
        f"the patient; seed {maker.seed}.",
        "not_for": str(config.get("not_for", NOT_FOR)),
    }
    folds = sorted(tested[keys.FOLD].unique())
    concordance = judged.concordance(_oracle(results, predictions))
    settings = {"folds": ", ".join(map(str, folds)), "rows": ", ".join(present), "protocol": " ".join(notes)}
    items = reporting_items(words, concordance, judged.found, TrainingRisks(), None, settings)
    known = {
        "4": "Models are developed and tested on one cohort.",
        "12a": f"Cross-validation over {len(folds)} folds; every prediction is out of fold.",
    }
    return write_report(
        study.output_dir / "report.html",
        **words,
        concordance=concordance,
        notice=notice,
        facts={**judged.facts, "folds": str(len(folds))},
        patients=judged.view,
        sections=[_rows_section(results, study.table, limits), *_sections(study, cells, row, judged, pictures)],
        reporting=items | config["reporting"] | known,
        settings=settings,
    )


def _makes(cell: Cell, row: str, table: Table) -> bool:
    """Whether a cell is a run that makes a row."""
    return any(known.name == row and known.made_by == cell.name for known in table.rows)


def _training(study: Study, maker: Cell, own: pd.DataFrame, row: str) -> pd.DataFrame | None:
    """Risks of the training patients, of the networks or of a comparison."""
    if not isinstance(maker.model, Run):
        return own[own["subset"] == "train"]
    file = study.folder(maker) / "training.csv"
    if not file.is_file():
        return None
    table = pd.read_csv(file, comment="#", dtype={keys.PATIENT: str})
    names = {known.model or known.name for known in study.table.rows if known.name == row}
    return table[table["model"].isin(names)]


def _evaluation(study: Study, maker: Cell) -> dict[str, Any]:
    """What the bundle says of its report and of the items of TRIPOD+AI, as far as it holds for all folds."""
    if isinstance(maker.model, Run):
        maker = Cell(Row("", ""), maker.cohort, 0)
    config = merged_config(study, maker, stages(study, maker)[-1])
    said = config.get("reporting", {})
    plain = {name: text for name, text in said.items() if isinstance(text, str) and not text.startswith("$")}
    return {"reporting": plain, "not_for": config.get("report::not_for", NOT_FOR)}


def _oracle(results: pd.DataFrame, predictions: pd.DataFrame) -> float | None:
    """Index of the true risks, where they are known and there is one cross-validation."""
    known = results.set_index("row")["c_index"]
    name = [*ORACLES][-1]
    is_one = len(predictions[["cohort", "seed"]].drop_duplicates()) == 1
    return float(known[name]) if is_one and name in known else None


def _sections(
    study: Study, cells: Sequence[Cell], row: str, judged: JudgedModel, pictures: Sequence[tuple[Path, str]]
) -> list[Section]:
    """The judged row, its lesions, and what the runs drew."""
    fitting, room = [], LARGEST_PICTURES
    for path, caption in pictures:
        room -= path.stat().st_size
        if room > 0:
            fitting.append(Picture(path, caption, alt=caption))
    sections = list(judged.sections)
    if found := _lesions(study, cells, row):
        sections.append(found)
    return [*sections, Section("Pictures", illustrations=fitting)] if fitting else sections


def _rows_section(results: pd.DataFrame, table: Table, limits: Sequence[str]) -> Section:
    """All rows, and whether their order means anything."""
    absent = [f"No order of the rows is claimed: {'; '.join(limits)}."] if limits and table.order else []
    return Section("Rows of the table", _meaning(table), tables=[_rows_table(results, table)], absent=absent)


def _meaning(table: Table) -> str:
    """What the table holds."""
    source = f" Paper: {table.source}" if any(row.paper for row in table.rows) else ""
    return (
        "Mean and standard deviation over the trainings; out of fold with its interval over patients, pairs within a "
        f"training; difference to {table.proposed}, same patients, paired.{source}"
    )


def _rows_table(results: pd.DataFrame, table: Table) -> ShownTable:
    """One line a row."""
    has_paper = any(row.paper for row in table.rows)
    head = ["row", "test, mean ± SD", "out of fold [95 %]", "difference [95 %]", "p", *(["paper, test"] * has_paper)]
    lines = []
    for line in results.to_dict("records"):
        difference = interval(line["difference"], line["difference_low"], line["difference_high"], 3)
        index = interval(line["c_index"], line["low"], line["high"], 3)
        means = spread(line["test_mean"], line["test_sd"])
        cells = [line["title"], means, index, difference, p_value(line["p_value"])]
        lines.append([*cells, *([line["paper_test"]] * has_paper)])
    return ShownTable(head, lines, "C-index.", "rows")


def _lesions(study: Study, cells: Sequence[Cell], row: str) -> Section | None:
    """What the lesion risks of all folds go with; None without tables of lesions."""
    first = next((cell for cell in cells if cell.name == row), None)
    if first is None:
        return None
    same = [cell for cell in cells if (cell.name, cell.cohort, cell.seed) == (row, first.cohort, first.seed)]
    files = [path for cell in same if (path := study.folder(cell) / "lesions_test.csv").is_file()]
    if not files:
        return None
    table = read_lesion_tables(files)
    if table.empty:
        return None
    config: Mapping[str, Any] = merged_config(study, first, stages(study, first)[-1])
    annotations = config.get_parsed_content("annotations_file")  # type: ignore[attr-defined]  # a parser
    empty = annotations_without_lesions(table, read_scans(table, str(annotations)))
    return interpretation_section(interpret_lesions(table, without_lesions=empty))
