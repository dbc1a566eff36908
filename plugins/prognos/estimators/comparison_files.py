"""Files of a comparison: predictions as a table, the summary for programs and for people."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from prognos.files import written_whole

__all__ = ["write_comparison"]

MEANING = (
    "log_hazard: no unit, no horizon, higher = earlier event; survival_<day>_days: probability of no event up to that "
    "day, empty beyond the follow-up of the training patients; every row is out of fold."
)
"""First comment of the table."""

FITTED = (
    "log_hazard of the patients that the model of a fold was fitted to, for the cut-offs of risk groups; it says "
    "nothing about how well the model predicts."
)
"""First comment of the table of training patients."""

SYNTHETIC = "SYNTHETIC COHORT: drawn patients only. This result says nothing about a real patient."

PERMUTED = "PERMUTED OUTCOMES: patients carry the outcomes of others; an index of 0.5 is expected."


def write_comparison(folder: Path, predictions: pd.DataFrame, training: pd.DataFrame, summary: dict[str, Any]) -> None:
    """Write ``predictions.csv``, ``training.csv``, ``summary.json`` and ``summary.md``.

    Args:
        folder: receives them.
        predictions: one row a patient, model, fold and seed, out of fold.
        training: the same of the patients that each model was fitted to.
        summary: of :func:`prognos.estimators.summarise_comparison`, with what the comparison declares about itself.
    """
    notices = _notices(summary)
    for name, content in (
        ("predictions.csv", _table(predictions, [MEANING, *notices])),
        ("training.csv", _table(training, [FITTED, *notices])),
        ("summary.json", json.dumps(_plain(summary | {"notices": notices}), indent=4, allow_nan=False) + "\n"),
        ("summary.md", "\n".join(_lines(summary, notices)) + "\n"),
    ):
        with written_whole(folder / name) as path:
            path.write_text(content, encoding="utf-8")


def _table(rows: pd.DataFrame, comments: list[str]) -> str:
    """Rows as CSV below comments."""
    head = "".join(f"# {line}\n" for line in comments)
    return head + rows.to_csv(index=False, float_format="%.9g", lineterminator="\n")


def _notices(summary: dict[str, Any]) -> list[str]:
    """What every file says about the result as a whole."""
    notices = [SYNTHETIC] if summary["cohort"] == "synthetic" else []
    notices += [PERMUTED] if summary["permuted_labels"] is not None else []
    return [*notices, summary["declaration"]]


def _lines(summary: dict[str, Any], notices: list[str]) -> list[str]:
    """Summary as Markdown."""
    left_out = summary["patients_without_latents"]
    lines = [f"> {notice}" for notice in notices]
    lines += ["", f"{summary['patients']} patients, {summary['events']} events; pairs of patients within folds."]
    if left_out:
        lines += ["", f"{left_out} patients without latents were left out."]
    stratified = any("c_index_stratified" in figures for figures in summary["models"].values())
    titles = ["model", "reads latents", "C-index (95 %)"]
    titles += ["C-index within subgroups (95 %)"] if stratified else []
    titles += ["integrated Brier", *(f"Brier, {day:g} days" for day in summary["horizons_days"])]
    lines += ["", *_rows(titles, [_model_row(name, summary, stratified) for name in summary["models"]])]
    if summary["differences"]:
        titles = ["difference of C-indices", "value ± standard error", "p"]
        titles += ["within subgroups", "p "] if stratified else []
        lines += ["", *_rows(titles, [_difference_row(pair, stratified) for pair in summary["differences"]])]
        lines += ["", "p values are two-sided and not adjusted for the number of comparisons."]
    return lines


def _model_row(name: str, summary: dict[str, Any], stratified: bool) -> list[str]:
    figures = summary["models"][name]
    row = [name, "yes" if summary["reads_latents"].get(name) else "no", _with_interval(figures["c_index"])]
    row += [_with_interval(figures["c_index_stratified"])] if stratified else []
    span = figures["integrated_over_days"]
    integrated = _number(figures["integrated_brier"])
    integrated += "" if math.isnan(span[0]) else f" ({span[0]:g} to {span[1]:g} days)"
    return [*row, integrated, *(_number(score) for score in figures["brier"])]


def _difference_row(pair: dict[str, Any], stratified: bool) -> list[str]:
    row = [f"{pair['a']} - {pair['b']}"]
    for prefix in ("", "stratified_") if stratified else ("",):
        row += [
            f"{_number(pair[prefix + 'difference'])} ± {_number(pair[prefix + 'standard_error'])}",
            f"{pair[prefix + 'p_value']:.2g}",
        ]
    return row


def _with_interval(figure: dict[str, Any]) -> str:
    low, high = figure["interval_95"]
    return f"{_number(figure['value'])} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return "not defined" if math.isnan(value) else f"{value:.3f}"


def _rows(titles: list[str], rows: list[list[str]]) -> list[str]:
    """Markdown table."""
    return [f"| {' | '.join(row)} |" for row in [titles, ["---"] * len(titles), *rows]]


def _plain(value: Any) -> Any:
    """Numbers, lists and dictionaries that JSON can hold; what is undefined becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
