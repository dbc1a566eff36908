"""Scores that only somebody who knows the truth can give: the oracle, and the oracle with a part taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from prognos.data.phantom.lesions import MOST_LESIONS

__all__ = ["true_scores"]


def true_scores(folder: Path | str) -> pd.DataFrame:
    """Score every patient of a synthetic cohort in six ways; higher means earlier event in each.

    Args:
        folder: a cohort that :func:`prognos.data.write_lesion_cohort` made.

    Returns:
        One row a patient, in the order of the cohort table: ``patient_id`` and

        - ``oracle``: the true log hazard;
        - ``no_size_scaler``: sum of the true lesion risks, of the 40 largest lesions;
        - ``five_largest``: sum of the true scaled risks of the five largest lesions;
        - ``mean_of_five_largest``: mean of their true risks;
        - ``volume``: volume of all lesions, mm3;
        - ``count``: number of all lesions.

    Raises:
        FileNotFoundError: when ``folder`` holds no truth.
    """
    truth = Path(folder) / "truth"
    if not (truth / "patients.csv").exists():
        raise FileNotFoundError(
            f"{truth}: holds no patients.csv; expected the truth of a synthetic cohort. Write one with "
            f"'prognos synthesize lesions {folder}'."
        )
    patients = pd.read_csv(truth / "patients.csv").set_index("patient_id")
    lesions = pd.read_csv(truth / "lesions.csv").sort_values("diameter", ascending=False, kind="stable")
    lesions["scaled_risk"] = lesions["risk"] * lesions["scale"]
    lesions["volume"] = np.pi / 6 * lesions["diameter"] ** 3
    every, largest, five = (lesions.groupby("patient_id").head(most) for most in (len(lesions), MOST_LESIONS, 5))
    scores = pd.DataFrame(
        {
            "oracle": patients["log_hazard"],
            "no_size_scaler": largest.groupby("patient_id")["risk"].sum(),
            "five_largest": five.groupby("patient_id")["scaled_risk"].sum(),
            "mean_of_five_largest": five.groupby("patient_id")["risk"].mean(),
            "volume": every.groupby("patient_id")["volume"].sum(),
            "count": every.groupby("patient_id").size().astype(float),
        }
    )
    return scores.loc[patients.index].reset_index()
