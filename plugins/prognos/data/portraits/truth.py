"""Scores that only somebody who knows the truth can give: the oracle, and parts of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.data.portraits.clinical import STAGES
from prognos.data.portraits.factors import NUISANCES, PLACEMENT, read_factors

__all__ = ["true_portrait_scores"]

CLINICAL_EFFECTS = {
    "age": 0.014,
    "male": 0.093,
    "stage": 0.500,
    "ecog": 0.460,
    "albumin_g_l": -0.046,
    "haemoglobin_g_dl": -0.134,
    "log_bilirubin": 0.254,
    "log_crp": 0.449,
    "comorbidity": 0.208,
}
"""Best linear prediction of the log hazard within a cancer type from a table without gaps.

Least squares on 20 000 patients of the clinic (seed 99); the unit is that of the column, a stage counts from 0.
"""


def true_portrait_scores(folder: Path | str) -> pd.DataFrame:
    """Score every patient of drawn portraits in several ways; higher means earlier event in each.

    Args:
        folder: a cohort that :func:`prognos.data.write_portrait_cohort` made.

    Returns:
        One row a patient, in the order of the cohort table: ``patient_id`` and

        - ``oracle``: the true log hazard;
        - ``visible``: its part that the face shows, signs of illness and age;
        - ``health``, ``age``: the two of them apart;
        - ``unseen``: its part that the table alone tells;
        - ``clinical``: the best linear score of a table without gaps, with the cancer type;
        - ``type``: the baseline of the cancer;
        - ``nuisances``: sum of the standardised circumstances of the first photo, which predict nothing.

    Raises:
        FileNotFoundError: when ``folder`` holds no truth.
    """
    truth = Path(folder) / "truth"
    if not (truth / "patients.csv").exists():
        raise FileNotFoundError(
            f"{truth}: holds no patients.csv; expected the truth of drawn portraits. Write one with "
            f"'prognos synthesize portraits {folder}'."
        )
    patients = pd.read_csv(truth / "patients.csv", float_precision="round_trip")
    factors = read_factors(truth / "factors.csv")
    circumstances = factors.loc[factors["photo"] == 1, [*NUISANCES, *PLACEMENT]].reset_index(drop=True)
    spread = circumstances.std(ddof=0).replace(0.0, np.inf)
    return pd.DataFrame(
        {
            keys.PATIENT: patients[keys.PATIENT],
            "oracle": patients["log_hazard"],
            "visible": patients["health"] + patients["age_part"],
            "health": patients["health"],
            "age": patients["age_part"],
            "unseen": patients["unseen"],
            "clinical": _clinical(patients) + patients["type"],
            "type": patients["type"],
            "nuisances": ((circumstances - circumstances.mean()) / spread).sum(axis=1),
        }
    )


def _clinical(patients: pd.DataFrame) -> pd.Series:
    """Linear score of the clinical columns."""
    numbers = patients.assign(
        male=(patients["sex"] == "M").astype(float),
        stage=patients["stage"].map({name: number for number, name in enumerate(STAGES)}),
        log_bilirubin=np.log(patients["bilirubin_umol_l"] + 1.0),
        log_crp=np.log(patients["crp_mg_l"].clip(lower=0.1)),
    )
    weighted = numbers[list(CLINICAL_EFFECTS)].to_numpy(np.float64) @ np.array(list(CLINICAL_EFFECTS.values()))
    return pd.Series(weighted, index=patients.index)
