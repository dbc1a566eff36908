"""Handler that writes every scored lesion of a cohort into one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ignite.distributed as idist
import pandas as pd
import torch
from ignite.engine import Engine, Events

from prognos.config import keys
from prognos.config.organs import ORGANS
from prognos.data import LesionMeasurements
from prognos.handlers.samples import evaluated_samples, gathered
from prognos.handlers.tables import provenance_lines, write_table
from prognos.networks import Provenance

__all__ = ["LesionTableWriter"]

COLUMNS = (
    keys.PATIENT,
    keys.READER,
    "lesion_id",
    "organ",
    "volume_mm3",
    "diameter_mm",
    "growth_ratio",
    "risk",
    "scaled_risk",
    "slice_from_feet_first_is_0",
    "matched_lesion",
    "margin_mm",
    "depth_mm",
)
"""Columns of the table, one row a lesion of an annotation."""

MEANING = (
    "risk and scaled_risk: no unit, no horizon, higher is worse; scaled risks add up to the annotation's log hazard."
)
"""First comment of the table."""


class LesionTableWriter:
    """Write the lesions of an evaluation epoch: one row a lesion of an annotation.

    Violins by organ, growth models and comparisons with a known truth start from this table.

    Args:
        path: CSV file, replaced at the end of each epoch.
        provenance: origin of the weights, for the head of the table.
        measurements: where margins are looked up, and which outlines are the same lesion; without it these columns stay
            empty.

    Attributes:
        without_lesions: patient and reader of every annotation of the last epoch that has no lesion and so no row, on
            the first process.
    """

    def __init__(
        self,
        path: str | Path,
        provenance: Provenance | None = None,
        *,
        measurements: LesionMeasurements | None = None,
    ) -> None:
        self.path = Path(path)
        self.provenance = provenance
        self.measurements = measurements
        self.rows: dict[tuple[str, ...], dict[str, Any]] = {}
        self.without_lesions: set[tuple[str, str]] = set()

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator whose prediction holds ``risk`` and ``scaled_risk``."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._forget)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write)

    def table(self) -> pd.DataFrame:
        """The table of the last epoch, on the first process; unknown values are NaN."""
        return pd.DataFrame(list(self.rows.values()), columns=list(COLUMNS))

    def _forget(self, engine: Engine) -> None:
        self.rows, self.without_lesions = {}, set()
        if self.measurements is not None and idist.get_rank() == 0:
            self.measurements.measure()
        idist.barrier()

    def _collect(self, engine: Engine) -> None:
        for sample, prediction in evaluated_samples(engine):
            rows = _rows(sample, prediction)
            if not rows:
                self.without_lesions.add(_annotation(sample))
            for row in rows:
                row |= self._measured(row)
                # A distributed sampler may serve an annotation twice.
                self.rows[row[keys.PATIENT], row[keys.READER], row["lesion_id"]] = row

    def _write(self, engine: Engine) -> None:
        self.rows = dict(gathered(list(self.rows.items())))
        self.without_lesions = set(gathered(list(self.without_lesions)))
        if idist.get_rank() == 0:
            comments = [MEANING, *provenance_lines(self.provenance)]
            write_table(self.path, COLUMNS, list(self.rows.values()), comments)

    def _measured(self, row: dict[str, Any]) -> dict[str, Any]:
        """Measures of the lesion of a row."""
        if self.measurements is None:
            return {}
        lesion = self.measurements.of_annotation(row[keys.PATIENT], row[keys.READER])[row["lesion_id"]]
        return {"matched_lesion": lesion.matched, "margin_mm": lesion.margin, "depth_mm": lesion.depth}


def _rows(sample: dict[str, Any], prediction: dict[str, torch.Tensor]) -> list[dict[str, Any]]:
    """Lesions of one annotation, without padding."""
    present = torch.as_tensor(sample[keys.VOLUME]) > 0
    values = {
        "lesion_id": sample[keys.INSTANCE][present].tolist(),
        "organ": [ORGANS[organ] for organ in sample[keys.ORGAN][present].tolist()],
        "volume_mm3": sample[keys.VOLUME][present].tolist(),
        "diameter_mm": sample[keys.DIAMETER][present].tolist(),
        "growth_ratio": sample[keys.GROWTH][present].tolist(),
        "risk": prediction[keys.RISK].cpu()[present].tolist(),
        "scaled_risk": prediction[keys.SCALED_RISK].cpu()[present].tolist(),
        "slice_from_feet_first_is_0": sample[keys.SLICE][present].tolist(),
    }
    whose = dict(zip((keys.PATIENT, keys.READER), _annotation(sample), strict=True))
    return [whose | dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _annotation(sample: dict[str, Any]) -> tuple[str, str]:
    """Patient and reader; the reader is empty where nobody named one."""
    return str(sample[keys.PATIENT]), str(sample.get(keys.READER) or "")
