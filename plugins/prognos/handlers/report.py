"""Handler that turns the predictions of an evaluation into a report a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ignite.distributed as idist
import numpy as np
from ignite.engine import Engine, Events

from prognos.handlers.lesion_images import LesionImageHandler
from prognos.handlers.predictions import PredictionsWriter
from prognos.metrics import concordance_interval
from prognos.networks import Provenance
from prognos.visualize import (
    Concordance,
    Illustration,
    Section,
    draw_log_hazards,
    draw_survival_by_risk,
    write_report,
)

__all__ = ["ReportWriter"]

COLUMNS = ("log_hazard", "time_days", "event")
"""Columns of the predictions that the figures and the index need."""


class ReportWriter:
    """Write ``report.html`` when an evaluation ends.

    Args:
        path: HTML file.
        predictions: collects the patients; attach it to the same evaluator, before this handler.
        title: what the report is about.
        predicts: what was predicted, with unit, direction and horizon.
        cohort: for whom.
        not_for: what the result must not be used for.
        metric: name under which :class:`prognos.handlers.ConcordanceIndexHandler` is attached; a report without it says
            that nothing was measured.
        provenance: origin of the weights, whose notice becomes the banner.
        lesions: collects the lesions of the highest and lowest risk; attached like ``predictions``.
        oracle: concordance index of the true risks, where the truth is known.
        settings: what made the run what it is.
    """

    def __init__(
        self,
        path: str | Path,
        predictions: PredictionsWriter,
        *,
        title: str,
        predicts: str,
        cohort: str,
        not_for: str,
        metric: str = "c_index",
        provenance: Provenance | None = None,
        lesions: LesionImageHandler | None = None,
        oracle: float | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.path = Path(path)
        self.predictions = predictions
        self.lesions = lesions
        self.metric = metric
        self.oracle = oracle
        self.notice = "" if provenance is None else provenance.notice
        self.texts = {"title": title, "predicts": predicts, "cohort": cohort, "not_for": not_for}
        origin = "" if provenance is None else f"{provenance.trained_on}: {provenance.description}"
        self.settings = {**(settings or {}), **({"weights": origin} if origin else {})}

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        if idist.get_rank() != 0:
            return
        known = [row for row in self.predictions.rows if row["event"] is not None]
        sections = []
        if known:
            sections.append(_patients_section(known))
        if self.lesions is not None and self.lesions.figure is not None:
            caption = "Patches as the network sees them; the number is the predicted risk of the lesion, without unit."
            sections.append(Section("Lesions", illustrations=[Illustration(self.lesions.figure, caption)]))
        write_report(
            self.path,
            **self.texts,
            concordance=_concordance(engine.state.metrics, self.metric, self.oracle),
            notice=self.notice,
            sections=sections,
            settings=self.settings,
        )


def _patients_section(rows: Sequence[Mapping[str, Any]]) -> Section:
    """Survival by predicted risk and the distribution of the predictions."""
    log_hazard, time, event = (np.array([row[name] for row in rows], float) for name in COLUMNS)
    illustrations = [Illustration(draw_log_hazards(log_hazard, event))]
    if len(rows) > 1:
        illustrations.insert(0, Illustration(draw_survival_by_risk(log_hazard, time, event)))
    return Section("Patients", illustrations=illustrations)


def _concordance(metrics: Mapping[str, Any], name: str, oracle: float | None) -> Concordance | None:
    """Index, interval and counts that :class:`prognos.handlers.ConcordanceIndexHandler` left under a name."""
    if name not in metrics:
        return None
    index, error = float(metrics[name]), float(metrics[f"{name}_se"])
    patients, events = int(metrics[f"{name}_patients"]), int(metrics[f"{name}_events"])
    return Concordance(index, *concordance_interval(index, error), patients, events, oracle)
