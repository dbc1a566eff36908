"""The lesion half of ``prognos demo``: a synthetic cohort becomes lesion risks, patient risks and a C-index."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
from ignite.engine import Events
from scipy.stats import spearmanr

from prognos.apps.bundles import find_bundle
from prognos.apps.demo.outcome import Clock, Outcome
from prognos.apps.run import open_stage
from prognos.apps.split import split
from prognos.apps.synthesize import synthesize
from prognos.config import keys
from prognos.metrics import concordance_interval
from prognos.networks import read_provenance
from prognos.visualize import (
    Concordance,
    Illustration,
    Numbers,
    Section,
    draw_risk_agreement,
    draw_training_curves,
)

__all__ = ["show_lesions"]

BUNDLE = "lesion_prioritization"
"""The bundle that is shown."""

DEMO_SEED = 3
"""Seed of the demo's patients; the shipped weights were trained on those of another."""

EPOCHS = 2
"""Epochs of training the demo shows."""


def show_lesions(folder: Path, clock: Clock, patients: int) -> Outcome:
    """Score drawn CTs with the shipped weights, train two epochs, and write ``report.html`` into the folder.

    Args:
        folder: of the results; what is there already is used again.
        clock: prints what begins.
        patients: number of patients, at least 20.
    """
    clock.say(f"lesions 1/5  drawing {patients} synthetic patients with metastases (CT, readers' masks, follow-up)")
    cohort = folder / "cohort"
    synthesize("lesions", str(cohort), patients=patients, seed=DEMO_SEED)
    if "fold" not in pd.read_csv(cohort / "cohort.csv", nrows=1):
        split(str(cohort / "cohort.csv"))
    given = {"dataset_dir": str(cohort), "cache_dir": str(folder / "lesion_cache")}

    clock.say("lesions 2/5  cutting a patch around every lesion, once")
    weights = find_bundle(BUNDLE) / "models/model.pt"
    scoring = open_stage(
        BUNDLE, "evaluate", **given, output_dir=str(folder / "scored"), subset="all", weights=str(weights)
    )
    scoring.initialize()
    scoring.parser.get_parsed_content("dataset").extract(processes=len(os.sched_getaffinity(0)))

    clock.say("lesions 3/5  scoring them with the shipped weights")
    scoring.run()
    scoring.finalize()

    _rank_one_patient(folder, cohort, weights)

    clock.say(f"lesions 4/5  training {EPOCHS} epochs on half of them, from the cache")
    training = open_stage(BUNDLE, "train", **given, output_dir=str(folder / "trained"), epochs=EPOCHS, batch_size=8)
    curves = _Curves()
    training.initialize()
    curves.attach(training.trainer, training.evaluator)
    training.run()
    training.finalize()

    clock.say("lesions 5/5  writing the report")
    notice = read_provenance(weights).notice
    concordance = _concordance(scoring.evaluator, cohort)
    report = scoring.parser.get_parsed_content("report").write(
        scoring.evaluator.state.metrics,
        path=folder / "report.html",
        oracle=concordance.oracle,
        more=_sections(folder, curves),
        title="prognos demo: lesion prioritization",
        cohort=f"{patients} synthetic patients with metastatic lung cancer, unseen by the weights.",
        not_for="Nothing but seeing the software work: patients and weights are synthetic.",
    )
    return Outcome(
        said=f"lesions: C-index {concordance.index:.3f}, 95 % interval {concordance.low:.3f} to {concordance.high:.3f} "
        f"({concordance.patients} synthetic patients, {concordance.events} events); who knows the true risks reaches "
        f"{concordance.oracle:.3f}.",
        notice=notice,
        look_at={"lesions, report": report, "lesions, coloured": folder / "patient/lesions.png"},
    )


def _rank_one_patient(folder: Path, cohort: Path, weights: Path) -> None:
    """Run the inference of the bundle on the scan of the patient with the highest predicted log hazard."""
    predictions = _read(folder / "scored/predictions_all.csv")
    annotations = _read(cohort / "annotations.csv")
    worst = predictions.nlargest(1, keys.LOG_HAZARD)[keys.PATIENT].iloc[0]
    scan = annotations[annotations[keys.PATIENT] == worst].iloc[0]
    files = {name: str(cohort / scan[name]) for name in (keys.IMAGE, keys.MASK, keys.ORGAN_MASK)}
    ranking = open_stage(BUNDLE, "inference", **files, output_dir=str(folder / "patient"), weights=str(weights))
    ranking.initialize()
    ranking.run()
    ranking.finalize()


class _Curves:
    """Keeps the C-index and the loss of each epoch for the report."""

    def __init__(self) -> None:
        self.panels: dict[str, dict[str, list[tuple[int, float]]]] = {}

    def attach(self, trainer: Any, evaluator: Any) -> None:
        """Collect after every epoch, the validation included."""

        def collect(engine: Any) -> None:
            for part, metrics in (("train", engine.state.metrics), ("val", evaluator.state.metrics)):
                for panel, name in (("C-index", "c_index"), ("Cox loss, nats per event", "cohort_loss")):
                    curve = self.panels.setdefault(panel, {}).setdefault(part, [])
                    curve.append((engine.state.epoch, float(metrics[f"{part}_{name}"])))

        trainer.add_event_handler(Events.EPOCH_COMPLETED, collect)


def _concordance(evaluator: Any, cohort: Path) -> Concordance:
    """C-index of the shipped weights, and that of the truth."""
    metrics = evaluator.state.metrics
    oracle = json.loads((cohort / "truth/oracle.json").read_text(encoding="utf-8"))
    return Concordance(
        metrics["c_index"],
        *concordance_interval(metrics["c_index"], metrics["c_index_se"]),
        int(metrics["c_index_patients"]),
        int(metrics["c_index_events"]),
        oracle["cohort.csv"]["oracle"]["concordance_index"],
    )


def _sections(folder: Path, curves: _Curves) -> list[Section]:
    """What only a drawn cohort can show: the true risks; and two epochs of training."""
    lesions, truth = _read(folder / "scored/lesions_all.csv"), _read(folder / "cohort/truth/lesions.csv")
    known = lesions.merge(truth, left_on=[keys.PATIENT, "lesion_id"], right_on=[keys.PATIENT, "instance"])
    predicted, true = known["risk_x"].to_numpy(), known["risk_y"].to_numpy()
    rank = f"Spearman's rank correlation {spearmanr(predicted, true).statistic:.2f}, {len(known)} lesions"
    numbers = Numbers("true_risks", {"predicted": predicted, "true": true})
    agreement = Illustration(draw_risk_agreement(predicted, true, note=rank), rank + ".", [numbers])
    training = Illustration(draw_training_curves(curves.panels, levels={"C-index": 0.5}))
    return [
        Section("Predicted and true risks", "The truth is known because the patients are drawn.", [agreement]),
        Section(
            "Two epochs of training",
            "From random weights, to show that training runs; these weights are not the ones scored above.",
            [training],
        ),
    ]


def _read(path: Path) -> pd.DataFrame:
    """Read one of our tables."""
    return pd.read_csv(path, comment="#", dtype={keys.PATIENT: str})
