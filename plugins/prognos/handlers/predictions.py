"""Handlers that write what an evaluation predicted and how well: one row a patient, and the metrics of the epoch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import ignite.distributed as idist
import torch
from ignite.engine import Engine, Events

from prognos.config import keys
from prognos.files import written_whole
from prognos.handlers.samples import evaluated_samples, gathered, mask_paths
from prognos.handlers.tables import provenance_lines, write_table
from prognos.networks import Provenance

__all__ = ["MetricsWriter", "PredictionsWriter"]

COLUMNS = ("patient_id", "time_days", "event", "log_hazard", "readers", "fold", "seed", "model", "flags")
"""Columns of the predictions table."""

MEANING = "log_hazard: no unit, no horizon, higher = earlier event; the mean over the patient's annotations."
"""First comment of the table."""


class Annotation(NamedTuple):
    """What one annotation, or one photo, of a patient gave."""

    patient_index: int
    patient_id: str
    source: str
    log_hazard: float
    time_days: float
    event: float
    lesions: int | None


class PredictionsWriter:
    """Write the predictions of an epoch: one row a patient, the mean over the patient's annotations.

    Every cross-validation, pooled or paired number is computed from this table. An annotation that a distributed
    sampler served twice counts once.

    Args:
        path: CSV file, replaced at the end of each epoch.
        provenance: origin of the weights, for the head of the table.
        fold: part of the cross-validation the patients belong to.
        seed: seed of the run.
        model: name of the model.

    Attributes:
        rows: the table of the last epoch, on the first process.
    """

    def __init__(
        self,
        path: str | Path,
        provenance: Provenance | None = None,
        *,
        fold: int | None = None,
        seed: int | None = None,
        model: str = "",
    ) -> None:
        self.path = Path(path)
        self.provenance = provenance
        self.constants = {"fold": fold, "seed": seed, "model": model}
        self.annotations: list[Annotation] = []
        self.rows: list[dict[str, Any]] = []

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)

    def _forget(self, engine: Engine) -> None:
        self.annotations = []

    def _collect(self, engine: Engine) -> None:
        self.annotations += [_annotation(sample, prediction) for sample, prediction in evaluated_samples(engine)]

    def _write(self, engine: Engine) -> None:
        annotations = gathered(self.annotations)
        if idist.get_rank() != 0:
            return
        self.rows = [row | self.constants for row in _rows_by_patient(annotations)]
        write_table(self.path, COLUMNS, self.rows, [MEANING, *provenance_lines(self.provenance)])


class MetricsWriter:
    """Write ``engine.state.metrics`` as JSON when a run ends.

    Args:
        path: JSON file: ``metrics`` (undefined values are null), ``epoch`` and ``provenance``.
        provenance: origin of the weights.
    """

    def __init__(self, path: str | Path, provenance: Provenance | None = None) -> None:
        self.path = Path(path)
        self.provenance = provenance

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if idist.get_rank() != 0:
            return
        content = {
            "metrics": _plain(engine.state.metrics),
            "epoch": engine.state.epoch,
            "provenance": None if self.provenance is None else asdict(self.provenance),
        }
        with written_whole(self.path) as temporary:
            temporary.write_text(json.dumps(content, indent=4, allow_nan=False) + "\n", encoding="utf-8")


def _annotation(sample: dict[str, Any], prediction: Any) -> Annotation:
    """Keep the plain numbers of a sample."""
    log_hazard = prediction[keys.LOG_HAZARD] if isinstance(prediction, dict) else prediction
    label, volume = sample.get(keys.LABEL), sample.get(keys.VOLUME)
    return Annotation(
        patient_index=int(sample.get(keys.PATIENT_INDEX, -1)),
        patient_id=str(sample[keys.PATIENT]),
        source=_source(sample),
        log_hazard=float(torch.as_tensor(log_hazard).reshape(())),
        time_days=math.nan if label is None else float(label[keys.TIME]),
        event=math.nan if label is None else float(label[keys.EVENT]),
        lesions=None if volume is None else int((torch.as_tensor(volume) > 0).sum()),
    )


def _source(sample: dict[str, Any]) -> str:
    """What tells the annotations or photos of a patient apart; empty when the sample does not say."""
    masks = ";".join(mask_paths(sample.get("mask_files", "")))
    return "|".join(
        str(part) for part in (sample.get(keys.READER), sample.get("image_file"), sample.get("photo"), masks) if part
    )


def _rows_by_patient(annotations: list[Annotation]) -> list[dict[str, Any]]:
    """One row a patient, in the order of the cohort table."""
    patients: dict[tuple[int, str], dict[str, Annotation]] = {}
    for number, annotation in enumerate(annotations):
        of_patient = patients.setdefault((annotation.patient_index, annotation.patient_id), {})
        of_patient.setdefault(annotation.source or str(number), annotation)
    return [_row(list(found.values())) for _, found in sorted(patients.items())]


def _row(annotations: list[Annotation]) -> dict[str, Any]:
    """Mean of a patient's annotations."""
    first = annotations[0]
    without = sum(annotation.lesions == 0 for annotation in annotations)
    flags = "" if not without else "no lesions" if without == len(annotations) else "a reader marked no lesions"
    return {
        "patient_id": first.patient_id,
        "time_days": first.time_days,
        "event": None if math.isnan(first.event) else int(first.event),
        "log_hazard": math.fsum(annotation.log_hazard for annotation in annotations) / len(annotations),
        "readers": len(annotations),
        "flags": flags,
    }


def _plain(value: Any) -> Any:
    """Numbers, lists and dictionaries that JSON can hold; what is undefined becomes None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, torch.Tensor):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
