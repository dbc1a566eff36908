"""Results of an experiment as CSV and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from prognos.apps.experiment.cells import SUBSETS
from prognos.apps.experiment.gathering import ORACLES
from prognos.apps.experiment.markdown import grid, interval, number, p_value, quoted, spread
from prognos.apps.experiment.order import order_lines
from prognos.apps.experiment.statistics import (
    fold_indices,
    null_test,
    score_survival,
    summarise_cohorts,
    summarise_rows,
)
from prognos.apps.experiment.tables import Table
from prognos.estimators.comparison import survival_column
from prognos.files import written_whole

__all__ = ["write_fine_tuning", "write_null", "write_predictions", "write_results"]

MEANING = (
    "C-index of the log hazard; mean ± SD over the trainings: folds, seeds and cohort tables. Out of fold: test "
    "patients of all folds, pairs within a training, 95 % interval over patients. Difference: same patients, paired."
)
"""What the numbers are, for the head of each file."""

FINE_TUNING = (
    "Fréchet distance: between generated images and the photos of the fold's training patients. Error: with which the "
    "photos of the fold's test patients, which no fine-tuning saw, are drawn again; 0 = exact, 1 = a flat picture. "
    "Lower is better."
)
"""What the distances are."""


def write_results(
    folder: Path,
    table: Table,
    predictions: pd.DataFrame,
    titles: Mapping[str, str],
    notes: Sequence[str],
    *,
    horizons: Sequence[float] = (),
    pictures: Sequence[tuple[Path, str]] = (),
    fine_tuning: pd.DataFrame | None = None,
    limits: Sequence[str] = (),
) -> tuple[str, pd.DataFrame]:
    """Write ``results.csv``, ``results.md``, ``folds.csv``, ``predictions.csv``, and where they apply further tables.

    Args:
        folder: receives them.
        table: the experiment.
        predictions: of all rows, true outcomes.
        titles: name of each row on paper.
        notes: what every file says: origin of the cohort, protocol.
        horizons: days whose survival columns the predictions may have.
        pictures: files, and what they show.
        fine_tuning: of :func:`prognos.apps.experiment.fine_tuning.measure_fine_tuning`.
        limits: why no order is claimed; none where it may be.

    Returns:
        The Markdown, and the rows of ``results.csv``.
    """
    present = list(dict.fromkeys(predictions["row"]))
    table = table._replace(proposed=table.proposed if table.proposed in present else present[0])
    rows = summarise_rows(predictions, table.proposed)
    strata = table.strata if table.strata in predictions else ""
    horizons = [day for day in horizons if survival_column(day) in predictions]
    if strata or horizons:
        whole, parts = score_survival(predictions, horizons, strata)
        rows = rows.merge(whole, on="row", how="left", validate="1:1")
        if strata:
            _write_csv(folder / f"results_{strata}.csv", parts, notes)
    papers = {row.name: row.paper for row in table.rows}
    for place, subset in enumerate(SUBSETS):
        rows[f"paper_{subset}"] = [papers[row][place] if papers.get(row) else "" for row in rows["row"]]
    rows.insert(1, "title", rows["row"].map(titles))
    lines = [f"# {table.heading}", "", *quoted(notes), "", MEANING, "", *_main_lines(rows, table)]
    if predictions["cohort"].nunique() > 1:
        lines += _cohort_lines(predictions, titles)
    lines += order_lines(predictions, table, titles, limits)
    if fine_tuning is not None and len(fine_tuning):
        lines += write_fine_tuning(folder, fine_tuning, notes)
    lines += _picture_lines(folder, pictures)
    _write_tables(folder, "results", rows, lines, notes)
    _write_csv(folder / "folds.csv", fold_indices(predictions), notes)
    write_predictions(folder / "predictions.csv", predictions, notes)
    return "\n".join(lines), rows


def write_predictions(path: Path, predictions: pd.DataFrame, notes: Sequence[str]) -> None:
    """Write the out-of-fold predictions with the name of the row as model, which is what ``prognos figures`` reads."""
    tested = predictions[predictions["subset"] == "test"]
    _write_csv(path, tested.assign(model=tested["row"]).drop(columns=["row", "subset"]), notes)


def write_fine_tuning(folder: Path, distances: pd.DataFrame, notes: Sequence[str]) -> list[str]:
    """Write ``fine_tuning.csv``; returns its table as Markdown.

    Args:
        folder: as for :func:`write_results`, like the others.
        distances: one row a fold.
        notes: as above.
    """
    _write_csv(folder / "fine_tuning.csv", distances, notes)
    heads = ["cohort table, seed, fold", "Fréchet distance without", "with", "error of test photos without", "with "]
    cells = [
        [f"{line['cohort']}, {line['seed']}, {line['fold']}", *(number(line[name]) for name in distances.columns[3:])]
        for line in distances.to_dict("records")
    ]
    return ["", "## Fine-tuning the generator", "", FINE_TUNING, "", *grid(heads, cells)]


def write_null(
    folder: Path, table: Table, predictions: pd.DataFrame, titles: Mapping[str, str], notes: Sequence[str]
) -> str:
    """Write ``permuted.csv``, ``permuted.md`` and ``permuted_folds.csv``: what the rows reach on permuted outcomes.

    Args:
        folder: as for :func:`write_results`, like the others.
        table: as above.
        predictions: of all rows, permuted outcomes.
        titles: as above.
        notes: as above.

    Returns:
        The Markdown.
    """
    rows = null_test(predictions)
    rows.insert(1, "title", rows["row"].map(titles))
    notes = [*notes, "PERMUTED OUTCOMES: patients carry the outcomes of others; an index of 0.5 is expected."]
    lines = [f"# {table.heading}: permuted outcomes", "", *quoted(notes), ""]
    lines += grid(
        ["row", "permutations", "test C-index, mean ± SD", "standard error", "distance of the mean from 0.5"],
        [
            [
                str(line["title"]),
                str(line["permutations"]),
                spread(line["mean"], line["sd"]),
                number(line["standard_error"]),
                f"{line['distance']:.1f} standard errors",
            ]
            for line in rows.to_dict("records")
        ],
    )
    _write_tables(folder, "permuted", rows, lines, notes)
    _write_csv(folder / "permuted_folds.csv", fold_indices(predictions), notes)
    return "\n".join(lines)


def _main_lines(rows: pd.DataFrame, table: Table) -> list[str]:
    """The table of the paper, its numbers in brackets."""
    has_paper = any(row.paper for row in table.rows)
    heads = [f"{subset} (paper)" if has_paper else subset for subset in SUBSETS]
    heads += ["out of fold [95 %]", f"difference to {table.proposed} [95 %]", "p"]
    has_strata, has_brier = "stratified" in rows, "integrated_brier" in rows
    heads += [f"within {table.strata.replace('_', ' ')}s [95 %]"] if has_strata else []
    heads += ["integrated Brier"] if has_brier else []
    cells = []
    for line in rows.to_dict("records"):
        row = [str(line["title"])]
        for subset in SUBSETS:
            paper = line[f"paper_{subset}"]
            row.append(spread(line[f"{subset}_mean"], line[f"{subset}_sd"]) + (f" ({paper})" if paper else ""))
        row.append(interval(line["c_index"], line["low"], line["high"]))
        row.append(interval(line["difference"], line["difference_low"], line["difference_high"], sign="+"))
        row.append(p_value(line["p_value"]))
        if has_strata:
            row.append(interval(line["stratified"], line["stratified_low"], line["stratified_high"]))
        row += [number(line["integrated_brier"])] if has_brier else []
        cells.append(row)
    lines = grid(["", *heads], cells)
    counts = rows.iloc[0]
    lines += ["", f"{int(counts['patients'])} patients, {int(counts['events'])} events in the first cohort table read."]
    if has_paper:
        lines += ["", f"In brackets the paper, on real patients: {table.source}"]
    return lines


def _cohort_lines(predictions: pd.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """Mean over the cohort tables, beside the true risks."""
    found = summarise_cohorts(predictions, [*ORACLES][-1])
    cohorts = list(dict.fromkeys(predictions["cohort"]))
    heads = ["test, mean over the folds", *cohorts, "mean ± SD"]
    heads += ["below the oracle"] if "below_oracle" in found else []
    cells = []
    for line in found.to_dict("records"):
        row = [titles[line["row"]], *(number(line[name]) for name in cohorts), spread(line["mean"], line["sd"])]
        cells.append([*row, *([number(line["below_oracle"])] if "below_oracle" in line else [])])
    return ["", "## Cohort tables", "", *grid(heads, cells)]


def _picture_lines(folder: Path, pictures: Sequence[tuple[Path, str]]) -> list[str]:
    """Links to pictures, relative to the folder."""
    links = [f"- [{caption}]({path.relative_to(folder).as_posix()})" for path, caption in pictures]
    return ["", "## Pictures", "", *links] if links else []


def _write_tables(folder: Path, name: str, rows: pd.DataFrame, lines: Sequence[str], notes: Sequence[str]) -> None:
    """CSV and Markdown of one table."""
    _write_csv(folder / f"{name}.csv", rows, notes)
    with written_whole(folder / f"{name}.md") as path:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_csv(path: Path, table: pd.DataFrame, notes: Sequence[str]) -> None:
    """A table with comments at its head."""
    head = "".join(f"# {line}\n" for line in [MEANING, *notes])
    with written_whole(path) as temporary:
        content = table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
        temporary.write_text(head + content, encoding="utf-8")
