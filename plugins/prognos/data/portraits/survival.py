"""Survival of drawn patients, given their factors and their clinical columns.

    log hazard = health + age_part + unseen + type

``health`` and ``age_part`` are what the face shows (signs of illness, age), ``unseen`` is what only the table tells
(stage, comorbidity, inflammation), ``type`` is the baseline of the cancer. The hazards are proportional: a Weibull
baseline times ``exp(log hazard)``. All constants are fixed, so a patient's truth does not depend on who else is in the
cohort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from prognos.config import keys
from prognos.data.portraits.chance import SURVIVAL, Domain, uniform_numbers
from prognos.data.portraits.clinical import CANCER_TYPES, STAGES

__all__ = ["Outcome", "draw_outcome", "true_log_hazard"]

VISIBLE_EFFECTS = {"pallor": 1.4, "jaundice": 1.3, "hollow_cheeks": 1.75, "hair_loss": 1.2, "tired_eyes": 1.5}
"""Log hazard between none and all of a sign of illness."""

AGE_EFFECT_PER_YEAR = 0.022
"""Log hazard of one year."""

REFERENCE_HEALTH, REFERENCE_AGE_YEARS = 0.45, 64.0
"""Signs of illness and age of log hazard 0."""

STAGE_EFFECT, COMORBIDITY_EFFECT, INFLAMMATION_EFFECT = 0.50, 0.20, 0.50
"""Log hazard of one stage, of one point of comorbidity, and of one standard deviation of inflammation."""

WEIBULL_SHAPE, SCALE_DAYS = 1.15, 780.0
"""Shape of the baseline hazard, and the time at which its cumulative value is 1, for a log hazard of 0."""

FOLLOW_UP_DAYS = (180.0, 2200.0)
"""Shortest and longest time between the photo and the end of the study."""


@dataclass(frozen=True)
class Outcome:
    """Follow-up of a cohort.

    Attributes:
        time: days from the photo to the event or the last contact, whole days from 1 up, [N].
        event: 1 event observed, 0 censored, [N].
    """

    time: NDArray[np.int64]
    event: NDArray[np.int64]


def true_log_hazard(patients: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """Log hazard of each patient in its parts; no unit, higher means earlier event.

    Args:
        patients: factors, one row a patient.
        clinical: the table without gaps, from :func:`draw_clinical`.

    Returns:
        Columns ``log_hazard``, and its summands ``health``, ``age_part``, ``unseen`` and ``type``.
    """
    health = sum(effect * (patients[name] - REFERENCE_HEALTH) for name, effect in VISIBLE_EFFECTS.items())
    age = AGE_EFFECT_PER_YEAR * (patients["age"] - REFERENCE_AGE_YEARS)
    stage = clinical["stage"].map({name: number for number, name in enumerate(STAGES)})
    inflammation = (np.log(clinical["crp_mg_l"].clip(lower=0.1)) - 2.2) / 1.1
    unseen = STAGE_EFFECT * (stage - 1.7) + COMORBIDITY_EFFECT * (clinical["comorbidity"] - 1.2)
    unseen += INFLAMMATION_EFFECT * inflammation
    kind = clinical[keys.CANCER_TYPE].map({name: values[0] for name, values in CANCER_TYPES.items()})
    parts = pd.DataFrame({"health": health, "age_part": age, "unseen": unseen, "type": kind}).astype(float)
    parts.insert(0, "log_hazard", parts.sum(axis=1))
    return parts


def draw_outcome(
    log_hazard: NDArray[np.float64], domain: Domain, seed: int, numbers: Sequence[int], *, survival_seed: int = 0
) -> Outcome:
    """Draw the follow-up of every patient.

    Args:
        log_hazard: true log hazard, no unit, higher means earlier event, [N].
        domain: of the patients.
        seed: of the cohort.
        numbers: of the patients.
        survival_seed: another one gives another follow-up of the same patients.
    """
    u = uniform_numbers(domain, seed, numbers, SURVIVAL, repeats=(survival_seed,))
    days = SCALE_DAYS * (-np.log(u[:, 0]) * np.exp(-log_hazard)) ** (1.0 / WEIBULL_SHAPE)
    last = FOLLOW_UP_DAYS[0] + (FOLLOW_UP_DAYS[1] - FOLLOW_UP_DAYS[0]) * u[:, 1]
    time = np.maximum(np.ceil(np.minimum(days, last)), 1.0)
    return Outcome(time.astype(np.int64), (days <= last).astype(np.int64))
