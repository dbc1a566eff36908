"""What a comparison of models found, shown in TensorBoard: indices, and the latents coloured by risk and type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data import Latents, read_latents
from prognos.data.table import MISSING
from prognos.visualize import write_projector

__all__ = ["LatentProjectorWriter"]

TITLES = {
    "synthetic": "latents of SYNTHETIC portraits: drawn faces, no real person",
    "patients": "latents of patients: BIOMETRIC, confidential, research only",
}
"""Name of the points, by where the photos come from."""

RISK = "risk_{model}_percentile"
"""Column of a model's risks: place among the test patients of the fold, 0 to 100, higher = earlier event."""


class LatentProjectorWriter:
    """Show the latents of a comparison in TensorBoard's embedding projector, and the index of each model as a scalar.

    A point is a photo, or what else a row of the latents stands for. It can be coloured by the out-of-fold risk of its
    patient under each model, by type, and by any other column of the cohort. Models of different folds share no scale,
    so risks are shown as percentiles of the fold.

    Args:
        log_dir: folder of the TensorBoard run.
        latents: the table, as a path or read.
        cohort: samples of :func:`prognos.data.read_cohort`.
        results: folder of ``predictions.csv`` and ``summary.json``, see :class:`prognos.estimators.ModelComparison`.
        columns: of the cohort; those that it does not have are left out.
        portraits: the photos of the latents, :class:`prognos.data.PortraitDataset`, to show each at its point. They
            identify people; None for plain points.
        origin: ``"synthetic"`` or ``"patients"``; see :func:`prognos.data.read_origin`.
    """

    def __init__(
        self,
        log_dir: str | Path,
        latents: Latents | str | Path,
        cohort: Sequence[Mapping[str, Any]],
        results: str | Path,
        *,
        columns: Sequence[str] = (keys.CANCER_TYPE,),
        portraits: Any = None,
        origin: Literal["synthetic", "patients"] = "patients",
    ) -> None:
        self.log_dir = Path(log_dir)
        self.latents = latents
        self.cohort = {str(sample[keys.PATIENT]): sample for sample in cohort}
        self.results = Path(results)
        self.columns = list(dict.fromkeys(columns))
        self.portraits = portraits
        self.origin = origin

    def finish(self) -> None:
        """Write, after the comparison has.

        Raises:
            ValueError: when the photos are not those of the latents.
        """
        latents = self.latents if isinstance(self.latents, Latents) else read_latents(self.latents)
        risks = _percentiles(pd.read_csv(self.results / "predictions.csv", comment="#", dtype={keys.PATIENT: str}))
        rows = [row for row, patient in enumerate(latents.patient_ids) if patient in risks.index]
        write_projector(
            self.log_dir,
            latents.values[rows],
            self._known([latents.patient_ids[row] for row in rows], risks),
            title=TITLES[self.origin],
            pictures=None if self.portraits is None else self._pictures(latents, rows),
        )
        self._write_indices()

    def _known(self, patients: list[str], risks: pd.DataFrame) -> pd.DataFrame:
        """What is known of the patient of each point."""
        samples = [self.cohort[patient] for patient in patients]
        label = np.stack([np.asarray(sample[keys.LABEL], dtype=np.float64) for sample in samples])
        known: dict[str, Any] = {keys.PATIENT: patients}
        known |= {name: risks.loc[patients, name].to_numpy() for name in risks.columns}
        for name in self.columns:
            if any(name in sample for sample in samples):
                known[name] = [_known_or_none(sample.get(name)) for sample in samples]
        outcomes = ["event" if flag else "censored" for flag in label[:, keys.EVENT]]
        return pd.DataFrame(known | {"time_days": label[:, keys.TIME], "outcome": outcomes})

    def _pictures(self, latents: Latents, rows: list[int]) -> NDArray[np.uint8]:
        """Aligned photo of each row, RGB [N, S, S, 3]."""
        lines = {item["photo"]: (number, item[keys.PATIENT]) for number, item in enumerate(self.portraits.data)}
        wanted = [(latents.images[row], latents.patient_ids[row]) for row in rows]
        if any(lines.get(line, (0, None))[1] != patient for line, patient in wanted):
            raise ValueError(
                f"{latents.path}: its rows are not those of the photo table. Give the table that was embedded with "
                f"--photos_file, or leave --show_portraits out."
            )
        faces = [torch.as_tensor(self.portraits[lines[line][0]][keys.IMAGE]) for line, _ in wanted]
        pixels = (torch.stack(faces).permute(0, 2, 3, 1) + 1.0) * 127.5
        return np.asarray(pixels.round().clamp(0, 255).to(torch.uint8))

    def _write_indices(self) -> None:
        """The concordance of each model, which also makes the folder a run for TensorBoard."""
        from torch.utils.tensorboard import SummaryWriter  # here: it takes seconds to import

        summary = json.loads((self.results / "summary.json").read_text(encoding="utf-8"))
        with SummaryWriter(str(self.log_dir)) as writer:
            for model, figures in summary["models"].items():
                if figures["c_index"]["value"] is not None:
                    writer.add_scalar(f"c_index/{model}", figures["c_index"]["value"])


def _known_or_none(cell: Any) -> Any:
    """A cell of the cohort table; None for the words by which a table says that nobody knows."""
    return None if isinstance(cell, str) and cell.strip().lower() in MISSING else cell


def _percentiles(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row a patient, one column a model: place of the mean log hazard over the seeds among those of the fold."""
    groups = ["model", "fold", keys.PATIENT]
    means = predictions.groupby(groups, sort=False)[keys.LOG_HAZARD].mean()
    folds = means.groupby(["model", "fold"], sort=False)
    places = (100 * (folds.rank() - 0.5) / folds.transform("size")).rename("place").reset_index()
    wide = places.pivot(index=keys.PATIENT, columns="model", values="place")
    return wide[[*places["model"].unique()]].rename(columns=lambda model: RISK.format(model=model))
