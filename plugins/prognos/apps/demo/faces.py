"""The portrait half of ``prognos demo``: photos become latents, risks, a comparison of models and edited faces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from prognos.apps.bundles import find_bundle
from prognos.apps.demo.outcome import Clock, Outcome
from prognos.apps.figures import figures
from prognos.apps.out_of_fold import JudgedModel, judge_model
from prognos.apps.portraits import align
from prognos.apps.run import open_stage
from prognos.apps.split import split
from prognos.apps.synthesize import synthesize
from prognos.data import read_cohort
from prognos.estimators import TrainingRisks
from prognos.handlers.reporting import reporting_items
from prognos.networks import read_provenance
from prognos.visualize import Picture, Section, Table, write_report

__all__ = ["show_faces"]

BUNDLE = "face_prognosis"
"""The bundle that is shown."""

DEMO_SEED = 31
"""Seed of the demo's patients; generator, encoder and head were trained on those of others."""

SIZE = 64
"""Side of an aligned face, pixels; that of the shipped generator."""

EVALUATIONS = 15
"""Drawings per photo of the search for its latent; half of the bundle's default."""

EDITED, RANDOM = 6, 5
"""Patients whose edits are checked, and random directions they are compared with."""

HELD = {"held_portraits": 8, "held_iterations": 20}
"""Half of the bundle's defaults, for the directions that leave background and clothes."""

TABLES = ("predictions.csv", "training.csv")
"""Of the comparison: out of fold, and of the patients each model was fitted to."""

WORDS = {
    "title": "prognos demo: face prognosis",
    "predicts": "Log hazard of death from a portrait and clinical columns, out of fold; no unit, higher means earlier "
    "death.",
    "not_for": "Nothing but seeing the software work: patients and weights are synthetic. Edits show associations, not "
    "causes, and nobody's future face.",
}
"""Texts of the first screen."""

REPORTING = {
    "1": "Portraits and clinical columns of drawn patients.",
    "12a": "Cross-validation: every prediction is out of fold.",
    "26": "Patients, portraits and outcomes are drawn; the result says nothing about a person.",
}
"""What the demo knows of the items of TRIPOD+AI."""

PHOTO, FUSED, CLINICAL = "coxph", "fusion", "clinical"
"""Models of the comparison that the last line names."""


def show_faces(folder: Path, clock: Clock, patients: int) -> Outcome:
    """Embed drawn portraits, compare survival models on them, edit some, and write ``report.html`` into the folder.

    Args:
        folder: of the results; what is there already is used again.
        clock: prints what begins.
        patients: number of patients, at least 20.
    """
    clock.say(f"faces 1/5  drawing {patients} synthetic patients with a portrait, clinical columns and follow-up")
    drawn, cohort = folder / "drawn", folder / "cohort"
    synthesize("portraits", str(drawn), patients=patients, seed=DEMO_SEED, size=SIZE)
    if "fold" not in pd.read_csv(drawn / "cohort.csv", nrows=1):
        split(str(drawn / "cohort.csv"))

    clock.say("faces 2/5  aligning the faces")
    if not (cohort / "report.json").is_file():
        align(str(drawn / "photos.csv"), output_dir=str(cohort), size=SIZE, cohort=str(drawn / "cohort.csv"))
    given = {"dataset_dir": str(cohort)}
    cached = given | {"cache_dir": str(folder / "face_cache")}

    clock.say("faces 3/5  searching the latent of every photo (encoder, then L-BFGS)")
    latents = str(folder / "latents/latents.csv")
    _run("embed", **cached, output_dir=str(folder / "latents"), evaluations=EVALUATIONS)

    clock.say("faces 4/5  cross-validating Cox regression, DeepSurv, clinical columns and their late fusion")
    _run("compare", **given, latents_file=latents, output_dir=str(folder / "models"), transductive="no")
    summary = json.loads((folder / "models/summary.json").read_text(encoding="utf-8"))
    provenance = read_provenance(find_bundle(BUNDLE) / "models/generator.safetensors")
    figures(str(folder / "models/predictions.csv"), cohort_file=str(cohort / "cohort.csv"), notice=provenance.notice)

    clock.say("faces 5/5  moving portraits along the health and age directions, and re-reading their risk")
    quick = str(folder / "latents_encoder/latents.csv")
    _run("embed", **cached, output_dir=str(folder / "latents_encoder"), search="@searches::encoder")
    editing = _run(
        "manipulate",
        **given,
        latents_file=quick,
        output_dir=str(folder / "edits"),
        search="@searches::encoder",
        checked_patients=EDITED,
        random_directions=RANDOM,
        **HELD,
    )
    oracle = json.loads((drawn / "truth/oracle.json").read_text(encoding="utf-8"))["cohort.csv"]
    judged = _judge(folder / "models", cohort)
    best = judged.concordance(_known(oracle, "oracle"))
    words = WORDS | {
        "cohort": f"{patients} synthetic patients with one portrait each, unseen by generator and encoder."
    }
    settings = {"patients": patients, "cohort seed": DEMO_SEED, "evaluations": EVALUATIONS}
    report = write_report(
        folder / "report.html",
        **words,
        concordance=best,
        notice=provenance.notice,
        facts=judged.facts,
        patients=judged.view,
        sections=[
            *judged.sections,
            *_sections(folder, summary),
            *editing.parser.get_parsed_content("checks").sections,
        ],
        reporting=reporting_items(words, best, judged.found, TrainingRisks(), provenance, settings) | REPORTING,
        settings=settings,
    )
    return Outcome(
        said=f"faces: C-index from the photo {_index(summary, PHOTO):.3f}, from clinical columns "
        f"{_index(summary, CLINICAL):.3f}, fused {_index(summary, FUSED):.3f} ({patients} synthetic patients, "
        f"{summary['events']} events, out of fold); who knows the visible truth reaches "
        f"{_known(oracle, 'visible'):.3f}, who knows all of it {_known(oracle, 'oracle'):.3f}.",
        notice=provenance.notice,
        look_at={"faces, report": report, "faces, edited": folder / "edits/grid_health.png"},
    )


def _run(stage: str, **overrides: Any) -> Any:
    """Run a stage to its end; returns MONAI's workflow."""
    workflow = open_stage(BUNDLE, stage, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    return workflow


def _known(oracle: dict[str, Any], name: str) -> float:
    """C-index of a part of the truth."""
    return float(oracle[name]["concordance_index"])


def _index(summary: dict[str, Any], model: str) -> float:
    """C-index of a model of the comparison."""
    return float(summary["models"][model]["c_index"]["value"])


def _judge(models: Path, cohort: Path) -> JudgedModel:
    """The patients as the late fusion sees them."""
    tables = [pd.read_csv(models / name, comment="#", dtype={"patient_id": str}) for name in TABLES]
    tested, training = (table[table["model"] == FUSED] for table in tables)
    return judge_model(tested, training, read_cohort(cohort / "cohort.csv"))


def _sections(folder: Path, summary: dict[str, Any]) -> list[Section]:
    """Pictures and tables that the stages wrote."""
    rows = [
        [name, *(values := figures["c_index"])["interval_95"], values["value"], figures["integrated_brier"]]
        for name, figures in summary["models"].items()
    ]
    columns = ["model", "C-index, 95 % low", "high", "C-index", "integrated Brier"]
    caption = "Out of fold, pairs within folds; a model of late fusion reads out-of-fold scores only."
    table = Table(columns, rows, caption, "models")
    models = folder / "models"
    return [
        Section(
            "Portraits",
            illustrations=_pictures({folder / "latents/reconstructions.png": "Photo, and what stands at its latent."}),
        ),
        Section(
            "Models",
            illustrations=_pictures(
                {
                    models / "models.svg": "Each model, and its paired difference to the clinical one.",
                    models / "subgroups_cancer_type.svg": "Figure 3 of the paper, on synthetic patients.",
                    models / "brier.svg": "Brier score over time; lower is better.",
                }
            ),
            tables=[table],
        ),
    ]


def _pictures(captions: dict[Path, str]) -> list[Picture]:
    """The pictures that were written; a comparison of few patients may lack some."""
    return [Picture(path, caption, alt=caption) for path, caption in captions.items() if path.is_file()]
