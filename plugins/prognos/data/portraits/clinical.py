"""Clinical columns of drawn patients, given their factors.

Laboratory values and performance status are noisy views of what the face shows; stage, comorbidity and inflammation are
independent of the face.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from prognos.config import keys
from prognos.data.portraits.chance import CLINICAL, Domain, uniform_numbers
from prognos.data.portraits.factors import HEALTH_FACTORS

__all__ = ["CANCER_TYPES", "STAGES", "draw_clinical", "hide_cells"]

CANCER_TYPES: dict[str, tuple[float, float, float]] = {
    "anal": (-0.7, 0.6, 0.5),
    "bladder": (0.2, 0.4, 1.0),
    "brain": (1.0, 1.0, 1.0),
    "breast": (-1.2, 2.6, 0.0),
    "cervical": (-0.4, 1.2, 0.0),
    "endometrial": (-0.7, 1.2, 0.0),
    "head_and_neck": (-0.1, 0.8, 2.0),
    "liver": (0.8, 0.3, 0.6),
    "lung": (0.7, 1.4, 2.0),
    "lymphoma": (-0.9, 0.6, 0.6),
    "melanoma": (0.1, 0.5, 0.6),
    "oesophageal": (0.6, 0.4, 1.0),
    "pancreatic": (1.1, 0.5, 0.5),
    "prostate": (-1.1, 0.0, 2.4),
    "rectal": (-0.4, 0.8, 1.2),
    "sarcoma": (0.0, 0.5, 0.5),
}
"""For each cancer its log hazard, and its weight among women and among men. Our choice, not figures of a registry."""

STAGES, STAGE_LIMITS = ("I", "II", "III", "IV"), (-1.1, -0.3, 0.4)
"""Stages, and the limits between them on a normal scale."""

MISSING_SHARES = {"stage": 0.03, "ecog": 0.05, "albumin_g_l": 0.10, "haemoglobin_g_dl": 0.06}
MISSING_SHARES |= {"bilirubin_umol_l": 0.12, "crp_mg_l": 0.10, "comorbidity": 0.05}
"""Share of cells that nobody filled in, for each column of the table that has such cells."""


def draw_clinical(patients: pd.DataFrame, domain: Domain, seed: int, numbers: Sequence[int]) -> pd.DataFrame:
    """Draw what the table of a clinic says, without gaps.

    Args:
        patients: factors, one row a patient.
        domain: of the patients.
        seed: of the cohort.
        numbers: of the patients.

    Returns:
        One row a patient, N: ``age`` (years), ``sex``, ``cancer_type``, ``stage``, ``ecog`` (0 to 4), ``albumin_g_l``,
        ``haemoglobin_g_dl``, ``bilirubin_umol_l``, ``crp_mg_l``, ``comorbidity`` (points from 0).
    """
    u = uniform_numbers(domain, seed, numbers, CLINICAL)
    z = ndtri(u)
    male = patients["male"].to_numpy() > 0.5
    sick = patients[list(HEALTH_FACTORS)].to_numpy().mean(axis=1)
    ecog = np.digitize(4.5 * (sick - 0.45) + 0.025 * (patients["age"] - 64.0) + 1.25 * z[:, 3], (-0.5, 0.8, 1.8, 2.7))
    haemoglobin = 12.9 + 0.9 * male - 4.2 * (patients["pallor"] - 0.45) + 1.9 * z[:, 5]
    return pd.DataFrame(
        {
            "age": patients["age"].round().astype(int),
            "sex": np.where(male, "M", "F"),
            keys.CANCER_TYPE: _types(male, u[:, 0]),
            "stage": np.array(STAGES)[np.digitize(z[:, 1], STAGE_LIMITS)],
            "ecog": ecog,
            "albumin_g_l": (38.0 - 11.0 * (patients["hollow_cheeks"] - 0.45) + 6.0 * z[:, 4]).round(1),
            "haemoglobin_g_dl": haemoglobin.round(1),
            "bilirubin_umol_l": np.exp(2.5 + 2.0 * (patients["jaundice"] - 0.45) + 1.0 * z[:, 6]).round(),
            "crp_mg_l": np.exp(2.2 + 1.1 * z[:, 7]).round(1),
            "comorbidity": np.digitize(z[:, 2], (-0.4, 0.3, 0.9, 1.5, 2.1)),
        }
    )


def hide_cells(clinical: pd.DataFrame, domain: Domain, seed: int, numbers: Sequence[int]) -> pd.DataFrame:
    """Leave some cells empty, by chance alone."""
    u = uniform_numbers(domain, seed, numbers, CLINICAL)[:, 16:]
    hidden = clinical.astype(dict.fromkeys(MISSING_SHARES, object))
    for column, (name, share) in enumerate(MISSING_SHARES.items()):
        hidden.loc[u[:, column] < share, name] = None
    return hidden


def _types(male: NDArray[np.bool_], u: NDArray[np.float64]) -> NDArray[np.str_]:
    """Cancer of each patient, given the sex."""
    weights = np.array(list(CANCER_TYPES.values()))[:, 1:]
    limits = np.cumsum(weights / weights.sum(axis=0), axis=0)
    chosen = np.where(male, np.searchsorted(limits[:, 1], u), np.searchsorted(limits[:, 0], u))
    names: NDArray[np.str_] = np.array(list(CANCER_TYPES))[chosen.clip(0, len(CANCER_TYPES) - 1)]
    return names
