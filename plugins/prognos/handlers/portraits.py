"""Handler that writes what an inference on photos found: risk, survival at stated horizons, reconstruction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import ignite.distributed as idist
import numpy as np
import torch
from ignite.engine import Engine, Events

from prognos.config import keys
from prognos.estimators import BaselineHazard
from prognos.files import written_whole
from prognos.handlers.samples import evaluated_samples, gathered
from prognos.handlers.tables import provenance_lines, write_table
from prognos.inferers.inversion_problem import relative_error
from prognos.inferers.portrait_ranking import RECONSTRUCTION
from prognos.networks import Provenance
from prognos.visualize import draw_portrait_card

__all__ = ["PortraitWriter"]

MEANING = (
    "log_hazard: no unit, no horizon, higher = earlier event; it orders patients.",
    "survival_<day>_days: probability of no event up to that day, for a patient of the training cohort with this log "
    "hazard; empty beyond the follow-up of that cohort.",
    "made by the feed-forward network (encoder and its own head), not by optimised latents.",
)
"""First comments of the table."""

CURVE_POINTS = 200
"""Times at which a drawn curve is computed."""

IDENTIFYING = "IDENTIFYING: portrait of a patient. Confidential; research only; not to be shown to the patient."
"""Strip on a picture of a real portrait."""


class PortraitWriter:
    """Write ``portraits.csv`` and, where that is wanted, a picture of each photo with its reconstruction and curve.

    Args:
        output_dir: folder of the results, made when absent.
        provenance: origin of the weights.
        baseline: baseline hazard of the head's training patients.
        horizons: times at which survival is written, days.
        show_portraits: whether pictures are written. They identify the person.
        origin: ``"synthetic"`` for drawn portraits, which identify nobody.
    """

    def __init__(
        self,
        output_dir: str | Path,
        provenance: Provenance,
        baseline: BaselineHazard,
        horizons: Sequence[float],
        *,
        show_portraits: bool = False,
        origin: Literal["synthetic", "patients"] = "patients",
    ) -> None:
        if not len(horizons) or min(horizons) <= 0:
            raise ValueError(f"horizons are {list(horizons)}, expected days above 0.")
        self.output_dir = Path(output_dir)
        self.provenance = provenance
        self.baseline = baseline
        self.horizons = sorted(float(day) for day in horizons)
        self.show_portraits = show_portraits
        self.origin = origin
        self.rows: list[dict[str, Any]] = []

    def attach(self, engine: Engine) -> None:
        """Register on a MONAI evaluator with :class:`prognos.inferers.PortraitRankingInferer`."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._collect)
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _start(self, engine: Engine) -> None:
        self.rows = []

    def _collect(self, engine: Engine) -> None:
        for sample, found in evaluated_samples(engine):
            log_hazard = float(torch.as_tensor(found[keys.LOG_HAZARD]).reshape(()))
            photo = torch.as_tensor(sample[keys.IMAGE]).float().cpu().numpy()
            drawn = found.get(RECONSTRUCTION)
            drawn = None if drawn is None else torch.as_tensor(drawn).float().cpu().numpy()
            number = int(sample["photo_index"])
            row = {keys.PATIENT: sample[keys.PATIENT], "photo": sample["photo"], keys.LOG_HAZARD: log_hazard}
            row |= dict(zip(self._columns(), self.baseline.survival([log_hazard], self.horizons)[0], strict=True))
            row["reconstruction_error"] = _error(photo, drawn)
            self.rows.append(row)
            if self.show_portraits:
                self._draw(number, photo, drawn, log_hazard)

    def _draw(self, number: int, photo: Any, drawn: Any, log_hazard: float) -> None:
        days = np.linspace(0.0, max(self.horizons), CURVE_POINTS)
        notices = [self.provenance.notice, *([IDENTIFYING] if self.origin == "patients" else [])]
        survival = self.baseline.survival([log_hazard], days)[0]
        text = " ".join(filter(None, notices))
        figure = draw_portrait_card(photo, drawn, days, survival, log_hazard=log_hazard, notice=text)
        with written_whole(self.output_dir / f"portrait_{number:04d}.png") as path:
            figure.savefig(path, format="png")

    def _write(self, engine: Engine) -> None:
        rows = gathered(self.rows)
        if idist.get_rank() != 0:
            return
        columns = [keys.PATIENT, "photo", keys.LOG_HAZARD, *self._columns(), "reconstruction_error"]
        write_table(self.output_dir / "portraits.csv", columns, rows, [*MEANING, *provenance_lines(self.provenance)])

    def _columns(self) -> list[str]:
        return [f"survival_{day:g}_days" for day in self.horizons]


def _error(photo: Any, drawn: Any) -> float:
    """Relative error of a reconstruction, as in the table of latents; NaN where there is none."""
    if drawn is None:
        return math.nan
    return float(relative_error(torch.from_numpy(drawn)[None], torch.from_numpy(photo)[None]))
