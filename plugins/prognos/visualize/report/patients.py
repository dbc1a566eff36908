"""The patients of a report, one at a time: what their risk is made of and how their predicted survival runs.

T points of a curve.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import to_hex

from prognos.visualize.report.parts import Table
from prognos.visualize.style import RISK_MAP, risk_limits

__all__ = ["PatientView", "ShownAnnotation", "ShownLesion", "ShownPatient", "packed_patients", "patient_tables"]

LARGEST_THUMBNAILS = 2_400_000
"""Characters that all thumbnails of a report may take."""

COLOURS = 33
"""Steps of the colour scale of risks that goes into the page."""


class ShownLesion(NamedTuple):
    """One lesion of an annotation; risks have no unit, higher is worse."""

    lesion_id: int
    organ: str
    volume_mm3: float
    diameter_mm: float
    risk: float
    scaled_risk: float


@dataclass(frozen=True)
class ShownAnnotation:
    """The lesions that one reader marked.

    Args:
        reader: who; empty when nobody said it.
        lesions: those that were scored.
        thumbnails: JPEG with one square of each lesion side by side, in the order of the lesions; None without.
    """

    reader: str
    lesions: Sequence[ShownLesion]
    thumbnails: bytes | None = None


@dataclass(frozen=True)
class ShownPatient:
    """One patient.

    Args:
        patient_id: as in the predictions table.
        log_hazard: no unit, higher = earlier event.
        time_days: follow-up, days; NaN when unknown.
        event: 1 = event observed, 0 = censored; None when unknown.
        survival: probability of no event at each day of the view, [T]; NaN where nobody knows.
        annotations: where the risk is made of lesions.
        flags: what is odd about the prediction.
    """

    patient_id: str
    log_hazard: float
    time_days: float
    event: int | None
    survival: Sequence[float] = ()
    annotations: Sequence[ShownAnnotation] = ()
    flags: str = ""


@dataclass(frozen=True)
class PatientView:
    """What a reader may look at patient by patient.

    Args:
        patients: in any order; shown from the highest log hazard down.
        days: points of the survival curves, days, [T]; empty when there are no curves.
        median: survival of a patient with the median log hazard, [T].
        curves: one sentence: what the curves rest on, or why there are none.
        joined: draw straight lines between days that are few, instead of the steps of a dense curve.
        ranked: say the rank of a patient among all; not where log hazards of several models share no scale.
    """

    patients: Sequence[ShownPatient]
    days: Sequence[float] = ()
    median: Sequence[float] = ()
    curves: str = ""
    joined: bool = False
    ranked: bool = True


def packed_patients(view: PatientView) -> str:
    """The view as JSON that an HTML page may hold: names once, probabilities in thousandths, numbers rounded.

    Thumbnails beyond :data:`LARGEST_THUMBNAILS` are left out, those of the highest and lowest log hazards last.
    """
    patients = _by_risk(view.patients)
    lesions = [lesion for patient in patients for part in patient.annotations for lesion in part.lesions]
    organs = sorted({lesion.organ for lesion in lesions})
    limits = risk_limits(lesion.risk for lesion in lesions)
    kept = _thumbnails(patients)
    content = {
        "days": [round(float(day), 1) for day in view.days],
        "median": _thousandths(view.median),
        "joined": view.joined,
        "ranked": view.ranked,
        "organs": organs,
        "limits": [round(limit, 4) for limit in limits],
        "colours": [to_hex(RISK_MAP(step)) for step in np.linspace(0, 1, COLOURS)],
        "patients": [_packed(patient, organs, kept) for patient in patients],
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def patient_tables(view: PatientView) -> dict[str, Table]:
    """The numbers of the view, for files: outcome and log hazard of each patient, and the survival curves."""
    patients = _by_risk(view.patients)
    tables = {
        "patients": Table(
            ["patient_id", "log_hazard", "time_days", "event", "flags"],
            [[p.patient_id, p.log_hazard, p.time_days, p.event, p.flags] for p in patients],
            "log_hazard: no unit, no horizon, higher = earlier event.",
        )
    }
    if len(view.days):
        rows = [[float(day), *column] for day, *column in zip(view.days, *(p.survival for p in patients), strict=True)]
        names = ["time_days", *(p.patient_id for p in patients)]
        tables["patient_curves"] = Table(names, rows, f"Probability of no event, one column a patient. {view.curves}")
    return tables


def _by_risk(patients: Sequence[ShownPatient]) -> list[ShownPatient]:
    """Highest log hazard first."""
    return sorted(patients, key=lambda patient: (-patient.log_hazard, patient.patient_id))


def _thumbnails(patients: Sequence[ShownPatient]) -> dict[int, str]:
    """Encoded thumbnails by the identity of their annotation: the first of each patient, from both ends inwards."""
    ends = [patients[i // 2 if i % 2 == 0 else -1 - i // 2] for i in range(len(patients))]
    first = [part for patient in ends for part in patient.annotations[:1]]
    others = [part for patient in ends for part in patient.annotations[1:]]
    kept: dict[int, str] = {}
    room = LARGEST_THUMBNAILS
    for part in [*first, *others]:
        text = base64.b64encode(part.thumbnails or b"").decode("ascii")
        if text and len(text) <= room:
            kept[id(part)] = text
            room -= len(text)
    return kept


def _packed(patient: ShownPatient, organs: list[str], kept: dict[int, str]) -> list[Any]:
    """One patient as a list; the page's script names the places in the same order."""
    annotations = [
        [
            part.reader,
            [
                [
                    lesion.lesion_id,
                    organs.index(lesion.organ),
                    round(lesion.volume_mm3),
                    round(lesion.diameter_mm, 1),
                    round(lesion.risk, 4),
                    round(lesion.scaled_risk, 4),
                ]
                for lesion in part.lesions
            ],
            kept.get(id(part), ""),
        ]
        for part in patient.annotations
    ]
    time = None if math.isnan(patient.time_days) else round(patient.time_days, 1)
    survival = _thousandths(patient.survival)
    return [
        patient.patient_id,
        round(patient.log_hazard, 4),
        time,
        patient.event,
        patient.flags,
        survival,
        annotations,
    ]


def _thousandths(curve: Sequence[float]) -> list[int]:
    """Probabilities as whole thousandths, up to the first that nobody knows."""
    known: list[int] = []
    for value in curve:
        if math.isnan(value):
            break
        known.append(round(float(value) * 1000))
    return known
