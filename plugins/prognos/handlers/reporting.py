"""What a run knows by itself of the items that TRIPOD+AI asks of a prognosis study."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from prognos.estimators import TrainingRisks
from prognos.metrics import Evaluation
from prognos.networks import Provenance
from prognos.visualize import Concordance, follow_up_text

__all__ = ["reporting_items"]

MEASURES = {
    "concordance": "concordance indices of Harrell and Uno",
    "accuracy": "AUC and Brier score over time, plain and scaled",
    "calibration": "calibration at stated horizons",
    "decision_curve": "net benefit",
    "subgroups": "concordance in subgroups",
    "proportional_hazards": "a test of proportional hazards",
}
"""Words for the tables of an evaluation."""


def reporting_items(
    words: Mapping[str, str],
    concordance: Concordance | None,
    found: Evaluation | None,
    training: TrainingRisks,
    provenance: Provenance | None,
    settings: Mapping[str, object],
) -> dict[str, str]:
    """Answer what follows from the run; the makers of a bundle answer the rest in its config.

    Args:
        words: texts of the first screen.
        concordance: how well the risks order the patients.
        found: statistics of the patients with an outcome.
        training: patients the network learned from.
        provenance: origin of the weights.
        settings: what made the run what it is.

    Returns:
        Sentences by item.
    """
    items = {"1": f"{words['title']}. {words['predicts']}", "5a": words["cohort"], "15": words["predicts"]}
    items["18f"] = f"prognos {version('prognos')}, Apache-2.0."
    items["26"] = words["not_for"]
    if settings:
        items["12c"] = ", ".join(f"{name}: {value}" for name, value in settings.items() if name != "weights")
    if provenance is not None:
        items["22"] = f"Weights from {provenance.trained_on} ({provenance.description}), sha256 {provenance.sha256}."
    if concordance is not None:
        interval = f"95 % interval {concordance.low:.3f} to {concordance.high:.3f}"
        counts = f"{concordance.patients} patients, {concordance.events} with the event"
        items["23a"] = f"Concordance index {concordance.index:.3f}, {interval}; {counts}."
    return items | _of_training(training) | ({} if found is None else _of_evaluation(found))


def _of_training(training: TrainingRisks) -> dict[str, str]:
    """What is known of the patients the network learned from."""
    items = {}
    if training.label is not None:
        items["21"] = f"Trained on {len(training.label)} patients with {int(training.label[:, 1].sum())} events."
    if training.baseline is not None:
        items["12g"] = "Survival from the log hazard and the baseline hazard of the training patients."
    return items


def _of_evaluation(found: Evaluation) -> dict[str, str]:
    """What is known of the patients that were evaluated."""
    tables = found.tables()
    items = {
        "12e": f"{', '.join(words for name, words in MEASURES.items() if name in tables)}; with 95 % intervals.",
        "20a": f"{found.patients} patients, {found.events} with the event; median follow-up {follow_up_text(found)} "
        f"(reverse Kaplan-Meier).",
    }
    if found.table_one:
        gaps = [f"{row.variable} {row.missing}" for row in found.missingness if row.missing]
        items["20b"] = f"Table one of this report. Missing: {', '.join(gaps) or 'nothing'}."
    if found.subgroups:
        names = ", ".join(dict.fromkeys(row.variable for row in found.subgroups))
        items["14"] = f"No method for fairness was applied; the concordance is given by {names}."
    return items
