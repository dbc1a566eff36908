"""An evaluation without a network: drawn patients with lesions and outcomes go through the handlers into a report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events

from prognos.config import keys
from prognos.estimators import read_training_risks
from prognos.handlers import (
    LesionImageHandler,
    LesionTableWriter,
    PatientLesions,
    PredictionsWriter,
    ReportWriter,
)
from prognos.metrics import concordance_index
from prognos.networks import Provenance

__all__ = ["write_drawn_report"]

PROVENANCE = Provenance("synthetic", "no network at all", "ab" * 32)

SIDE = 72
"""Pixels along a patch."""

MONTH = 30.4375
"""Days."""


def write_drawn_report(folder: Path, *, patients: int, lesions: int, seed: int = 0, readers: int = 1) -> Path:
    """Evaluate drawn patients and write their report.

    Args:
        folder: of the results.
        patients: number of patients.
        lesions: of all patients and one reader together.
        seed: of every draw.
        readers: annotations a patient.

    Returns:
        The report.
    """
    rng = np.random.default_rng(seed)
    counts = np.full(patients, lesions // patients) + (np.arange(patients) < lesions % patients)
    samples = [
        _sample(rng, index, int(count), reader) for index, count in enumerate(counts) for reader in range(readers)
    ]
    _write_training_part(folder, rng)
    predictions = PredictionsWriter(folder / "predictions_test.csv", PROVENANCE, fold=0, seed=0, model="drawn")
    images = LesionImageHandler(summary_writer=_NoEvents(), provenance=PROVENANCE)
    table = LesionTableWriter(folder / "lesions_test.csv", PROVENANCE)
    patient_lesions = PatientLesions()
    report = ReportWriter(
        folder / "report_test.html",
        predictions,
        title="Lesions of drawn patients",
        predicts="Log hazard of death; no unit, no horizon, higher means earlier death.",
        cohort=f"{patients} drawn patients.",
        not_for="Nothing but a test.",
        provenance=PROVENANCE,
        samples=[_covariates(rng, index) for index in range(patients)],
        training=read_training_risks(folder / "model.pt", folder, PROVENANCE),
        lesions=images,
        lesion_table=table,
        patient_lesions=patient_lesions,
        settings={"seed": seed},
    )
    engine = Engine(lambda _, sample: sample["result"])
    for handler in (predictions, images, table, patient_lesions):
        handler.attach(engine)
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(_metrics(predictions)))
    report.attach(engine)
    engine.run(list(_batches(samples)))
    return report.path


class _NoEvents:
    """Stands where TensorBoard would write."""

    def add_image(self, *_: Any, **__: Any) -> None: ...

    def flush(self) -> None: ...


def _sample(rng: np.random.Generator, index: int, count: int, reader: int) -> dict[str, Any]:
    """One annotation with its prediction; the risk of a lesion follows from its organ."""
    organ = rng.choice([1, 2, 3, 4, 5], count)
    volume = rng.lognormal(7.5, 1.3, count)
    risk = np.array([0, -0.1, 0.05, 0.15, 0.3, 0.1])[organ] + rng.normal(0, 0.08, count)
    scaled = risk * (volume / 4000) ** (1 / 3)
    log_hazard = scaled.sum()
    time = rng.exponential(24 * MONTH) * np.exp(-0.7 * log_hazard) + 1
    followed = rng.uniform(6, 60) * MONTH
    grid = np.linspace(-1, 1, SIDE)
    distance = np.hypot(grid[:, None], grid)[None]
    patch = (
        0.25
        + 0.5 * (distance < rng.uniform(0.15, 0.7, count)[:, None, None])
        + rng.normal(0, 0.05, (count, SIDE, SIDE))
    )
    tensors = {
        keys.IMAGE: patch.clip(0, 1).astype(np.float32),
        keys.VOLUME: volume.astype(np.float32),
        keys.DIAMETER: (2 * volume ** (1 / 3)).astype(np.float32),
        keys.ORGAN: organ,
        keys.INSTANCE: np.arange(1, count + 1),
        keys.GROWTH: np.exp(rng.normal(0, 0.4, count)).astype(np.float32),
        keys.SLICE: rng.integers(0, 100, count),
        keys.LABEL: np.array([min(time, followed), float(time <= followed)]),
    }
    prediction = {keys.LOG_HAZARD: np.array([log_hazard]), keys.RISK: risk, keys.SCALED_RISK: scaled}
    return {
        keys.PATIENT: f"drawn-{index:04d}",
        keys.PATIENT_INDEX: index,
        keys.READER: f"reader-{reader + 1}",
        "mask_files": f"{index}-{reader}.nii.gz",
        **{name: torch.from_numpy(values) for name, values in tensors.items()},
        "result": {name: torch.from_numpy(np.asarray(values)) for name, values in prediction.items()},
    }


def _covariates(rng: np.random.Generator, index: int) -> dict[str, Any]:
    """What a cohort table says of a patient; a tenth of the centres is unknown."""
    centre = rng.choice(["north", "south"]) if rng.random() > 0.1 else None
    age = float(rng.integers(40, 85))
    return {keys.PATIENT: f"drawn-{index:04d}", "age": age, "sex": str(rng.choice(["F", "M"])), "centre": centre}


def _batches(samples: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each annotation as a batch of one, as MONAI's evaluators see it."""
    for sample in samples:
        batch = {name: value[None] if isinstance(value, torch.Tensor) else [value] for name, value in sample.items()}
        prediction = {name: value[None] for name, value in sample["result"].items()}
        seen = {keys.IMAGE: batch[keys.IMAGE], keys.LABEL: batch[keys.LABEL]}
        yield batch | {"result": seen | {"pred": prediction}}


def _write_training_part(folder: Path, rng: np.random.Generator) -> None:
    """Predictions that an evaluation of the training part would leave."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"# weights: trained on synthetic; none; sha256 {PROVENANCE.sha256}",
        "patient_id,time_days,event,log_hazard",
    ]
    for number in range(150):
        log_hazard = rng.normal(0.6, 0.8)
        time, followed = rng.exponential(24 * MONTH) * np.exp(-0.7 * log_hazard) + 1, rng.uniform(6, 60) * MONTH
        lines.append(f"train-{number},{min(time, followed):.1f},{int(time <= followed)},{log_hazard:.5f}")
    (folder / "predictions_train.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _metrics(predictions: PredictionsWriter) -> dict[str, float]:
    """What :class:`prognos.handlers.ConcordanceIndexHandler` would leave."""
    columns = [
        np.array([row[name] for row in predictions.rows], float) for name in ("log_hazard", "time_days", "event")
    ]
    index, error = concordance_index(*columns)
    counts = {"c_index_patients": len(columns[0]), "c_index_events": columns[2].sum()}
    return {"c_index": index, "c_index_se": error, **counts}
