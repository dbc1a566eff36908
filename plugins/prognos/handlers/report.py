"""Handler that turns the predictions of an evaluation into a report a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import ignite.distributed as idist
import numpy as np
from ignite.engine import Engine, Events

from prognos.config import keys
from prognos.data import SkippedScan
from prognos.estimators import TrainingRisks
from prognos.handlers.judgement import judge_predictions
from prognos.handlers.lesion_images import LesionImageHandler
from prognos.handlers.lesion_slices import LesionSlicesHandler
from prognos.handlers.lesion_table import LesionTableWriter
from prognos.handlers.patient_lesions import PatientLesions
from prognos.handlers.patient_view import view_patients
from prognos.handlers.predictions import PredictionsWriter
from prognos.handlers.reporting import reporting_items
from prognos.metrics import Evaluation, concordance_interval
from prognos.networks import Provenance
from prognos.visualize import (
    Concordance,
    Illustration,
    Numbers,
    PatientView,
    Section,
    Table,
    cohort_section,
    draw_log_hazards,
    follow_up_text,
    interpret_lesions,
    interpretation_section,
    lesion_section,
    performance_sections,
    require_items,
    risk_gallery,
    subgroup_section,
    write_report,
)

__all__ = ["ReportWriter"]

SUBGROUPS = (
    *("sex", "gender", "age", "cancer_type", "stage", "treatment"),
    *("centre", "center", "hospital", "institution", "site"),
)
"""Columns of the cohort that subgroups are made of, where it has them."""

UNKNOWN_TRAINING = TrainingRisks(reason="The config names no predictions of the training part.")


class _Content(NamedTuple):
    """What takes long to make, kept for a second report of the same epoch."""

    training: TrainingRisks
    found: Evaluation | None
    sections: list[Section]


class ReportWriter:
    """Write the report when an evaluation ends, and the numbers of its pictures into a folder beside it.

    Args:
        path: HTML file.
        predictions: collects the patients; attach it to the same evaluator, before this handler, like the other
            collectors below.
        title: what the report is about.
        predicts: what was predicted, with unit, direction and horizon.
        cohort: for whom.
        not_for: what the result must not be used for.
        metric: name under which :class:`prognos.handlers.ConcordanceIndexHandler` is attached; a report without it says
            that nothing was measured.
        provenance: origin of the weights, whose notice becomes the banner.
        training: risks of the patients the network learned from, for survival curves and the borders of risk groups;
            without them the report says what is absent and why.
        samples: the cohort's samples, whose further columns describe the patients.
        subgroups: columns in which the concordance is given, where the cohort has them.
        lesions: keeps the lesions of the highest and lowest risk.
        lesion_table: keeps the table of lesions.
        lesion_slices: keeps the slices of the highest and lowest risks.
        patient_lesions: keeps every patient's lesions for the part that shows single patients.
        reporting: what the makers of the bundle know of the items of TRIPOD+AI, by item; the run adds what it knows.
        oracle: concordance index of the true risks, where the truth is known.
        settings: what made the run what it is.
        skipped: patients that were left out because their scan cannot be used, see :func:`prognos.data.usable_scans`.

    Raises:
        ValueError: when an item of TRIPOD+AI does not exist.
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
        training: TrainingRisks | None = None,
        samples: Sequence[Mapping[str, Any]] = (),
        subgroups: Sequence[str] = SUBGROUPS,
        lesions: LesionImageHandler | None = None,
        lesion_table: LesionTableWriter | None = None,
        lesion_slices: LesionSlicesHandler | None = None,
        patient_lesions: PatientLesions | None = None,
        reporting: Mapping[str, str] | None = None,
        oracle: float | None = None,
        settings: Mapping[str, object] | None = None,
        skipped: Sequence[SkippedScan] = (),
    ) -> None:
        require_items(reporting or {})
        self.path = Path(path)
        self.predictions = predictions
        self.lesions = lesions
        self.lesion_table = lesion_table
        self.lesion_slices = lesion_slices
        self.patient_lesions = patient_lesions
        self.training = training or UNKNOWN_TRAINING
        self.samples = samples
        self.subgroups = subgroups
        self.skipped = skipped
        self.metric = metric
        self.oracle = oracle
        self.notice = "" if provenance is None else provenance.notice
        self.texts = {"title": title, "predicts": predicts, "cohort": cohort, "not_for": not_for}
        self.reporting = dict(reporting or {})
        self.content: _Content | None = None
        self.provenance = provenance
        origin = "" if provenance is None else f"{provenance.trained_on}: {provenance.description}"
        self.settings = {**(settings or {}), **({"weights": origin} if origin else {})}

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _write(self, engine: Engine) -> None:
        self.content = None
        if idist.get_rank() == 0:
            self.write(engine.state.metrics)

    def write(
        self,
        metrics: Mapping[str, Any],
        *,
        path: str | Path | None = None,
        oracle: float | None = None,
        more: Sequence[Section] = (),
        **texts: str,
    ) -> Path:
        """Write the report of the last epoch.

        Args:
            metrics: of the evaluator.
            path: HTML file, by default that of the handler.
            oracle: concordance index of the true risks, by default that of the handler.
            more: sections after those of the evaluation.
            texts: other words for ``title``, ``predicts``, ``cohort`` or ``not_for``.

        Returns:
            Where it was written.
        """
        self.content = content = self.content or self._collect()
        concordance = _concordance(metrics, self.metric, self.oracle if oracle is None else oracle)
        words = self.texts | texts
        items = reporting_items(words, concordance, content.found, content.training, self.provenance, self.settings)
        return write_report(
            path or self.path,
            **words,
            concordance=concordance,
            notice=self.notice,
            facts=self._facts(content.training, content.found),
            patients=self._patients(content.training),
            sections=[*_skipped_section(self.skipped), *content.sections, *more],
            reporting=items | self.reporting,
            settings=self.settings,
        )

    def _collect(self) -> _Content:
        """Evaluate and draw."""
        training = self.training.apart_from({str(row[keys.PATIENT]) for row in self.predictions.rows})
        known = [row for row in self.predictions.rows if row["event"] is not None]
        found = judge_predictions(known, training, self.samples, self.subgroups) if known else None
        return _Content(training, found, [*_outcome_sections(known, found), *self._lesion_sections()])

    def _patients(self, training: TrainingRisks) -> PatientView | None:
        """The part that shows single patients; None without anything to show of them."""
        annotations = None if self.patient_lesions is None else self.patient_lesions.annotations
        if not annotations and training.baseline is None:
            return None
        return view_patients(self.predictions.rows, training, annotations)

    def _facts(self, training: TrainingRisks, found: Evaluation | None) -> dict[str, str]:
        """Short values for the first screen."""
        facts = {} if found is None else {"median follow-up": follow_up_text(found)}
        if self.lesion_table is not None:
            table = self.lesion_table.table()
            annotations = len(table[[keys.PATIENT, keys.READER]].drop_duplicates())
            facts["lesions"] = f"{len(table)} outlines in {annotations} annotations"
        if training.label is not None:
            facts["learned from"] = f"{len(training.label)} patients, {int(training.label[:, 1].sum())} events"
        return facts

    def _lesion_sections(self) -> list[Section]:
        galleries, slices = _galleries(self.lesions), _slices(self.lesion_slices)
        if self.lesion_table is not None and len(table := self.lesion_table.table()):
            shown = lesion_section(table, galleries=galleries, illustrations=slices)
            found = interpret_lesions(table, without_lesions=self.lesion_table.without_lesions)
            return [shown, interpretation_section(found)]
        return [Section("Lesions", galleries=galleries, illustrations=slices)] if galleries or slices else []


def _skipped_section(skipped: Sequence[SkippedScan]) -> list[Section]:
    """Who is missing, and why."""
    if not skipped:
        return []
    text = (
        f"{len(skipped)} patient(s) of the cohort table were left out, because the config says on_error: skip. Every "
        f"number of this report is of the others; if the reason has to do with the outcome, they are biased."
    )
    table = Table(("patient_id", "stage", "reason"), skipped, name="skipped_patients", sortable=True)
    return [Section("Patients left out", text, tables=[table])]


def _outcome_sections(rows: Sequence[Mapping[str, Any]], found: Evaluation | None) -> list[Section]:
    """What is known of patients with an outcome."""
    if found is None:
        return []
    log_hazard, event = (np.array([row[name] for row in rows], float) for name in (keys.LOG_HAZARD, "event"))
    numbers = Numbers("log_hazards", {keys.LOG_HAZARD: log_hazard, "event": event.astype(int)})
    spread = Illustration(draw_log_hazards(log_hazard, event), "The predicted log hazards.", [numbers])
    order, *others = performance_sections(found)
    order = replace(order, illustrations=[*order.illustrations, spread])
    return [order, *others, subgroup_section(found), cohort_section(found)]


def _galleries(lesions: LesionImageHandler | None) -> list[Any]:
    """Patches at both ends of the ranking."""
    if lesions is None or not lesions.shown:
        return []
    patches, risks, captions = zip(*((each.patch, each.risk, each.caption) for each in lesions.shown), strict=True)
    caption = "Patches as the network sees them; the number is the predicted risk of the lesion, without unit."
    return [risk_gallery(patches, risks, captions, caption=caption)]


def _slices(handler: LesionSlicesHandler | None) -> list[Illustration]:
    """The slices of the highest and lowest risks."""
    if handler is None or handler.figure is None or handler.plotted is None:
        return []
    plotted = handler.plotted
    numbers = Numbers("lesion_slices", {str(name): np.asarray(plotted[name]) for name in plotted})
    caption = "The highest and the lowest risks on their slices; every lesion in view bears the colour of its risk."
    return [Illustration(handler.figure, caption, [numbers])]


def _concordance(metrics: Mapping[str, Any], name: str, oracle: float | None) -> Concordance | None:
    """Index, interval and counts that :class:`prognos.handlers.ConcordanceIndexHandler` left under a name."""
    if name not in metrics:
        return None
    index, error = float(metrics[name]), float(metrics[f"{name}_se"])
    patients, events = int(metrics[f"{name}_patients"]), int(metrics[f"{name}_events"])
    return Concordance(index, *concordance_interval(index, error), patients, events, oracle)
