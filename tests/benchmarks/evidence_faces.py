"""What the bundle face_prognosis reaches on drawn portraits whose truth is known, in one command that can be killed.

    python tests/benchmarks/evidence_faces.py --generator G --encoder E --output_dir DIR [--patients 400 --seed 21]

Runs the bundle's own stages on patients that neither generator nor encoder has seen. Each part writes ``<part>.json``
when it is finished; calling again does only what is missing. In the end ``summary.md`` is written and printed: the page
``docs/explanation/face-results.md``. Parts: ``photo`` and ``encoder`` (cross-validated C-index from searched and from
encoder latents), ``permuted`` (labels), ``null`` (portraits without any truth), ``edits`` (of held-out patients),
``subgroups`` and ``surroundings`` (of the shipped feed-forward network) and ``adaptation`` (fine-tuning on at most 1000
portraits).

N patients, K values of beta, C colours, R the side of a portrait.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from evidence_faces_edits import FactorReader, measure_sweeps, pool_folds, with_error
from evidence_faces_page import describe
from evidence_faces_subgroups import measure_subgroups
from evidence_faces_surroundings import measure_surroundings
from ignite.engine import Engine
from monai.bundle import ConfigWorkflow
from scipy.stats import spearmanr

from prognos.apps.portraits import align
from prognos.apps.run import open_stage
from prognos.apps.split import split
from prognos.apps.synthesize import synthesize
from prognos.config import keys
from prognos.data import AlignedPhotos
from prognos.files import written_whole
from prognos.handlers import FrechetDistanceHandler
from prognos.networks import fingerprint, load_latent_encoder, load_stylegan2, read_provenance
from prognos.networks.nets import load_portrait_features

BUNDLE = "face_prognosis"

FEATURES = Path(__file__).parents[2] / "bundles" / BUNDLE / "models/features.safetensors"

REDRAWS = 5
"""Further follow-ups of the same patients; their latents serve all of them."""

FOLDS, EDIT_FOLDS, FINE_TUNING_FOLDS = 4, 8, 10
"""Parts of the cross-validation, of the edits and of the fine-tuning. The last two set one part aside for validation:
six of eight and eight of ten are fitted to."""

EDIT_TABLE = "cohort_edits.csv"
"""Cohort table with the folds of the edits."""

READER_SEED, CLINIC_SEED = 4000, 5000
"""Added to the seed: portraits that train the reader of factors, and those to fine-tune on."""

READER_PORTRAITS = 1500
"""Drawn for the reader; also what the Fréchet distance compares with."""

ATTRIBUTES = {
    "encoder": {"attributes": ["age"], "random_directions": 20},
    "fast": {"attributes": [], "random_directions": 5},  # an attribute more is thrice the photos to be searched
}
"""How many sweeps are drawn and embedded again."""

SEARCHES = {"fast": "@searches::fast", "encoder": "@searches::encoder"}

PHOTO, CLINICAL, FUSION = "coxph", "clinical", "fusion"
"""Models of compare.json that the verdicts rest on."""

REDRAWN_MODELS = (PHOTO, "deepsurv", CLINICAL, FUSION)
"""Models that are compared on every follow-up; the first one has all of compare.json."""


@dataclass(frozen=True)
class Study:
    """What is measured, and where the files of it lie."""

    folder: Path
    generator: Path
    encoder: Path
    patients: int
    seed: int
    resolution: int
    options: argparse.Namespace

    @property
    def drawn(self) -> Path:
        """Photos, tables and truth."""
        return self.folder / "drawn"

    @property
    def cohort(self) -> Path:
        """Aligned photos, and the tables with their folds."""
        return self.folder / "cohort"

    @property
    def tables(self) -> list[str]:
        """Names of the cohort tables, one a follow-up."""
        return ["cohort.csv", *(f"cohort_seed{number}.csv" for number in range(1, REDRAWS + 1))]

    @property
    def networks(self) -> dict[str, str]:
        """Overrides of every stage that draws or embeds."""
        return {"generator_file": str(self.generator), "encoder_file": str(self.encoder)}


def photo(study: Study, way: str = "fast") -> dict[str, Any]:
    """Photo, clinical columns and their fusion against the truth, for every follow-up."""
    latents = embed(study, study.cohort, way)
    oracle = json.loads((study.drawn / "truth/oracle.json").read_text(encoding="utf-8"))
    tables = {}
    for table in study.tables:
        models = () if table == study.tables[0] else REDRAWN_MODELS  # all of them the first time
        summary = compare(study, study.cohort / table, latents, study.folder / way / Path(table).stem, models)
        tables[table] = {
            "patients": summary["patients"],
            "events": summary["events"],
            "truth": {name: _truth(oracle[table][name]) for name in ("visible", "clinical", "oracle")},
            "models": {name: _figures(found) for name, found in summary["models"].items()},
            "fusion_minus_clinical": _difference(summary, FUSION, CLINICAL),
        }
    record = pd.read_csv(latents.with_name("reconstructions.csv"), comment="#")
    return {
        "search": way,
        "median_relative_error": float(record["rmse"].median()),
        "median_seconds_a_photo": float(record["seconds"].median()),
        "tables": tables,
    }


def encoder(study: Study) -> dict[str, Any]:
    """The same from the encoder's latents, and whether both order the patients alike."""
    photo(study, "fast")  # its predictions; nothing is computed twice
    found = photo(study, "encoder")
    return found | {"agreement": {model: _agreement(study, model) for model in (PHOTO, "deepsurv")}}


def permuted(study: Study) -> dict[str, Any]:
    """Outcomes dealt to other patients, several times."""
    latents = embed(study, study.cohort, "fast")
    models = (PHOTO, "deepsurv", FUSION)
    found: dict[str, list[float]] = {model: [] for model in models}
    for number in range(study.options.permutations):
        folder = study.folder / "permuted" / str(number)
        summary = compare(study, study.cohort / "cohort.csv", latents, folder, models, permute_labels=number)
        for model in models:
            found[model].append(summary["models"][model]["c_index"]["value"])
    return {"models": {model: with_error(values) for model, values in found.items()}}


def null(study: Study) -> dict[str, Any]:
    """Portraits that differ in nuisances alone, and a survival that depends on nothing."""
    drawn, cohort = study.folder / "null_drawn", study.folder / "null_cohort"
    draw_cohort(drawn, cohort, study.patients, study.seed, study.resolution, nuisances_only=True)
    latents = embed(study, cohort, "fast", study.folder / "null_latents")
    summary = compare(study, cohort / "cohort.csv", latents, study.folder / "null", (PHOTO, "deepsurv"))
    return {
        "patients": summary["patients"],
        "events": summary["events"],
        "models": {name: _figures(figures) for name, figures in summary["models"].items()},
    }


def edits(study: Study) -> dict[str, Any]:
    """Portraits of held-out patients moved along the directions of the others: risk, factors, pixels."""
    reader = FactorReader(reader_portraits(study), study.folder / "reader/truth/factors.csv")
    split(str(study.drawn / "cohort.csv"), parts=EDIT_FOLDS, output=str(study.cohort / EDIT_TABLE), overwrite=True)
    counts = {"encoder": study.options.edited, "fast": study.options.searched_edits}
    found: dict[str, Any] = {"reader": reader.correlation}
    for way, count in counts.items():
        limit = math.ceil(count / EDIT_FOLDS)
        parts = [_edited_fold(study, reader, way, fold, limit) for fold in range(EDIT_FOLDS)]
        found[way] = pool_folds(parts)
    return found


def subgroups(study: Study) -> dict[str, Any]:
    """The shipped feed-forward network in patients of each skin tone, sex and age."""
    folder = study.folder / "feed_forward"
    if not (folder / "predictions_all.csv").is_file():
        run_stage("evaluate", dataset_dir=str(study.cohort), subset="all", output_dir=str(folder))
    return measure_subgroups(folder / "predictions_all.csv", study.drawn)


def surroundings(study: Study) -> dict[str, Any]:
    """Whether the shipped feed-forward network reads the face or what surrounds it."""
    workflow = open_stage(BUNDLE, "evaluate", dataset_dir=str(study.cohort), output_dir=str(study.folder / "unused"))
    network = workflow.parser.get_parsed_content("network_def")
    network.load_state_dict(torch.load(workflow.parser.get_parsed_content("weights"), weights_only=True))
    return measure_surroundings(network.float().eval(), study.drawn)


def adaptation(study: Study) -> dict[str, Any]:
    """Fine-tuning on a clinic's portraits: does the augmentation act, and what becomes of the images."""
    options, folder = study.options, study.folder / "fine_tuning"
    cohort = folder / "cohort"
    draw_cohort(
        folder / "drawn", cohort, options.portraits, study.seed + CLINIC_SEED, study.resolution, folds=FINE_TUNING_FOLDS
    )
    workflow = run_stage(
        "train_generator",
        overlay="train_generator_photos",
        dataset_dir=str(cohort),
        cache_dir=str(folder / "cache"),
        output_dir=str(folder / "run"),
        start_file=str(study.generator),
        resolution=study.resolution,
        epochs=options.fine_tuning_ticks,
        tick_kimg=options.tick_kimg,
        batch_size=options.fine_tuning_batch,
        precision=options.precision,
        frechet_interval=0,
    )
    portraits = len(workflow.parser.get_parsed_content("train::dataset"))
    with written_whole(study.folder / "fine_tuning.png") as path:
        shutil.copyfile(folder / "run/fine_tuning.png", path)
    others = AlignedPhotos(reader_portraits(study))
    return {
        "portraits": portraits,
        "kimg_a_tick": options.tick_kimg,
        "augmentation": _scalars(folder / "run/tensorboard", "augmentation"),
        "real_sign": _scalars(folder / "run/tensorboard", "real_sign"),
        "frechet_distance_to_other_patients": {
            "before": frechet_distance(study.generator, others),
            "after": frechet_distance(folder / "run/generator.safetensors", others),
        },
    }


PARTS: dict[str, Callable[[Study], dict[str, Any]]] = {
    "photo": photo,
    "encoder": encoder,
    "permuted": permuted,
    "null": null,
    "edits": edits,
    "subgroups": subgroups,
    "surroundings": surroundings,
    "adaptation": adaptation,
}


def run_stage(stage: str, **overrides: Any) -> ConfigWorkflow:
    """Run a stage of the bundle."""
    workflow = open_stage(BUNDLE, stage, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()
    return workflow


def draw_cohort(
    drawn: Path,
    cohort: Path,
    patients: int,
    seed: int,
    resolution: int,
    *,
    redraws: int = 0,
    folds: int = FOLDS,
    nuisances_only: bool = False,
) -> None:
    """Draw, align and split patients; what is finished is kept."""
    last = cohort / (f"cohort_seed{redraws}.csv" if redraws else "cohort.csv")
    if last.is_file() and keys.FOLD in pd.read_csv(last, nrows=1):
        return
    synthesize(
        "portraits",
        str(drawn),
        patients=patients,
        seed=seed,
        redraws=redraws,
        size=resolution,
        nuisances_only=nuisances_only,
    )
    align(
        str(drawn / "photos.csv"),
        output_dir=str(cohort),
        size=resolution,
        cohort=str(drawn / "cohort.csv"),
        contact_sheet=False,
        overwrite=True,
    )
    for name in ["cohort.csv", *(f"cohort_seed{number}.csv" for number in range(1, redraws + 1))]:
        split(str(drawn / name), parts=folds, output=str(cohort / name), overwrite=True)


def embed(study: Study, cohort: Path, way: str, folder: Path | None = None) -> Path:
    """Latents of a cohort; those that are found already are kept."""
    folder = folder or study.folder / way / "latents"
    if not (folder / "latents.csv").is_file():
        run_stage(
            "embed",
            dataset_dir=str(cohort),
            cache_dir=str(study.folder / "cache"),
            output_dir=str(folder),
            search=SEARCHES[way],
            **study.networks,
        )
    return folder / "latents.csv"


def compare(
    study: Study, table: Path, latents: Path, folder: Path, models: Sequence[str] = (), **overrides: Any
) -> dict[str, Any]:
    """Cross-validate models on one follow-up, and return their summary."""
    if not (folder / "summary.json").is_file():
        chosen = {"comparison::models": {name: f"@models::{name}" for name in models}} if models else {}
        run_stage(
            "compare",
            dataset_dir=str(table.parent),
            cohort_file=str(table),
            latents_file=str(latents),
            output_dir=str(folder),
            transductive="no",
            **chosen,
            **overrides,
        )
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return summary


def reader_portraits(study: Study) -> Path:
    """Aligned portraits of other patients of the clinic."""
    folder = study.folder / "reader"
    if not (folder / "aligned.npy").is_file() or not (folder / "truth/factors.csv").is_file():
        synthesize(
            "portraits",
            str(folder),
            patients=READER_PORTRAITS,
            seed=study.seed + READER_SEED,
            size=study.resolution,
            aligned=True,
        )
    return folder / "aligned.npy"


def frechet_distance(weights: Path, photos: AlignedPhotos) -> float:
    """Distance of a generator's images from photos, by the handler that the training uses; lower is better."""
    handler = FrechetDistanceHandler(
        load_stylegan2(weights), load_portrait_features(FEATURES), dataset=photos, count=1000, interval=1
    )
    engine = Engine(lambda engine, batch: None)
    handler.attach(engine)
    engine.run([0], max_epochs=1)
    return float(engine.state.metrics[handler.name])


def _edited_fold(study: Study, reader: FactorReader, way: str, fold: int, limit: int) -> dict[str, Any]:
    """Checks of the tested patients of one fold, and what their edited portraits show."""
    folder = study.folder / "edits" / way / f"fold_{fold}"
    if (folder / "measured.json").is_file():
        done: dict[str, Any] = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
        return done
    workflow = run_stage(
        "manipulate",
        dataset_dir=str(study.cohort),
        cohort_file=str(study.cohort / EDIT_TABLE),
        latents_file=str(embed(study, study.cohort, way)),
        output_dir=str(folder),
        search=SEARCHES[way],
        fold=fold,
        fitted_subset="train",
        shown_subset="test",
        checked_patients=limit,
        **ATTRIBUTES[way],
        **study.networks,
    )
    checks = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    measured = {
        "patients": checks["patients"],
        "patients_also_in_the_fit": checks["patients_also_in_the_fit"],
        "attributes": checks["attributes"],
        "prices": {name: found["price"] for name, found in checks["directions"].items()},
        "saliency": checks["saliency"],
        "exchange": checks["exchange"],
        **measure_sweeps(workflow.parser.get_parsed_content, study.drawn / "truth/factors.csv", reader),
    }
    _write(folder / "measured.json", measured)
    return measured


def _agreement(study: Study, model: str) -> float:
    """Spearman's correlation of the log hazards of both kinds of latents, mean over the folds."""
    fast, guessed = (pd.read_csv(study.folder / way / "cohort/predictions.csv", comment="#") for way in SEARCHES)
    both = fast[fast["model"] == model].merge(
        guessed[guessed["model"] == model], on=[keys.PATIENT, keys.FOLD], suffixes=("_fast", "_encoder"), validate="1:1"
    )
    parts = [spearmanr(part["log_hazard_fast"], part["log_hazard_encoder"]) for _, part in both.groupby(keys.FOLD)]
    return float(np.mean([part.statistic for part in parts]))


def _truth(scores: Mapping[str, float]) -> dict[str, float]:
    """C-index of a part of the truth, over all pairs and within types."""
    return {"c_index": scores["concordance_index"], "within_types": scores["stratified_concordance_index"]}


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a model's summary."""
    return {
        "c_index": found["c_index"],
        "within_types": found["c_index_stratified"],
        "integrated_brier": found["integrated_brier"],
        "integrated_over_days": found["integrated_over_days"],
    }


def _difference(summary: Mapping[str, Any], a: str, b: str) -> dict[str, float]:
    """Paired difference of the indices of ``a`` and ``b``, whichever way round the summary has it."""
    pair = next(pair for pair in summary["differences"] if {pair["a"], pair["b"]} == {a, b})
    sign = 1.0 if pair["a"] == a else -1.0
    return {
        "difference": sign * pair["difference"],
        "standard_error": pair["standard_error"],
        "p_value": pair["p_value"],
        "within_types": sign * pair["stratified_difference"],
        "within_types_standard_error": pair["stratified_standard_error"],
        "within_types_p_value": pair["stratified_p_value"],
    }


def _scalars(folder: Path, name: str) -> list[float]:
    """One number a tick, from the TensorBoard events of a run that may have been resumed."""
    from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]  # here: it takes seconds
        EventAccumulator,
    )

    events = EventAccumulator(str(folder))
    events.Reload()
    ticks = {event.step: event.value for event in events.Scalars(name)}
    return [ticks[step] for step in sorted(ticks)]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write numbers as JSON, complete or not at all; what is undefined becomes null."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(_plain(content), indent=4, allow_nan=False) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def open_study(options: argparse.Namespace) -> Study:
    """Claim the folder for these networks and patients, and draw them.

    Raises:
        ValueError: when the folder holds the evidence of others, or a part is unknown.
    """
    if unknown := set(options.parts.split(",")) - set(PARTS):
        raise ValueError(f"unknown part(s) {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    network = load_stylegan2(options.generator)
    mark = fingerprint(network)
    about = {
        "patients": options.patients,
        "seed": options.seed,
        "generator": mark,
        "encoder": fingerprint(load_latent_encoder(options.encoder, mark)),
        "generator_trained_on": read_provenance(options.generator).description,
        "encoder_trained_on": read_provenance(options.encoder).description,
    }
    path = options.output_dir / "study.json"
    if path.is_file() and (found := json.loads(path.read_text(encoding="utf-8"))) != about:
        differing = ", ".join(name for name in about if found.get(name) != about[name])
        raise ValueError(f"{path}: holds the evidence of another {differing}. Choose another --output_dir.")
    _write(path, about)
    study = Study(
        options.output_dir,
        options.generator,
        options.encoder,
        options.patients,
        options.seed,
        network.resolution,
        options,
    )
    draw_cohort(study.drawn, study.cohort, study.patients, study.seed, study.resolution, redraws=REDRAWS)
    return study


def main() -> None:
    """Do what is missing, and print the page."""
    options = arguments()
    study = open_study(options)
    for name in options.parts.split(","):
        path = study.folder / f"{name}.json"
        if path.is_file():
            print(f"{path}: finished already")
            continue
        print(f"{name}: begins", flush=True)
        _write(path, PARTS[name](study))
    found = {
        name: json.loads((study.folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("study", *PARTS)
        if (study.folder / f"{name}.json").is_file()
    }
    page = describe(found)
    with written_whole(study.folder / "summary.md") as path:
        path.write_text(page, encoding="utf-8")
    print(page)


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--output_dir", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--seed", type=int, default=21, help="of patients; not one that a network was trained on")
    parser.add_argument("--parts", default=",".join(PARTS), help="separated by commas")
    parser.add_argument("--permutations", type=int, default=10)
    parser.add_argument("--edited", type=int, default=400, help="patients whose edits the encoder embeds again")
    parser.add_argument("--searched_edits", type=int, default=24, help="patients whose edits are searched again")
    parser.add_argument("--portraits", type=int, default=1000, help="drawn to fine-tune on; 80 %% of them are used")
    parser.add_argument("--fine_tuning_ticks", type=int, default=5)
    parser.add_argument("--tick_kimg", type=float, default=2.0, help="thousand images a tick")
    parser.add_argument("--fine_tuning_batch", type=int, default=16)
    parser.add_argument("--precision", default="float32", help="of the fine-tuning: float32 or bfloat16")
    return parser.parse_args()


if __name__ == "__main__":
    main()
