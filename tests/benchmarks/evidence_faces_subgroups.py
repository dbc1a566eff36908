"""How the shipped feed-forward network does in patients of each skin tone, sex and age, against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prognos.config import keys
from prognos.data import read_factors, true_portrait_scores
from prognos.metrics import age_bands, subgroup_table

__all__ = ["measure_subgroups"]

SKIN_EDGES = (0.2, 0.5)
"""Ends of three bands of the drawn skin tone of about as many patients; 0 is the lightest, 1 the darkest."""

SKIN_NAMES = {"< 0.2": "1 light", "0.2 to < 0.5": "2 medium", ">= 0.5": "3 dark"}
"""Band -> its name, which also puts the bands in order."""


def measure_subgroups(predictions: Path, drawn: Path) -> dict[str, Any]:
    """Concordance and mean of the log hazard in each subgroup.

    Args:
        predictions: table of one model, one row a patient.
        drawn: the cohort with its truth.

    Returns:
        ``patients``, and ``rows``: variable, level, patients, events, ``c_index`` with ``interval_95``; ``visible``,
        the index of the truth that a face shows; the mean log hazard above that of the cohort, of the network
        (``mean``) and of the visible truth (``visible_mean``).
    """
    table = pd.read_csv(predictions, comment="#").merge(true_portrait_scores(drawn), on=keys.PATIENT, validate="1:1")
    factors = read_factors(drawn / "truth/factors.csv")
    first = factors[factors["photo"] == 1][[keys.PATIENT, "skin_tone", "male", "age"]]
    table = table.drop(columns="age").merge(first, on=keys.PATIENT, validate="1:1")
    variables = {
        "skin tone": [SKIN_NAMES[band] for band in age_bands(table["skin_tone"], SKIN_EDGES).tolist()],
        "sex": np.where(table["male"] > 0.5, "male", "female"),
        "age, years": age_bands(table["age"]),
    }
    outcome = (table["time_days"], table["event"])
    network, visible = (subgroup_table(table[score], *outcome, variables) for score in ("log_hazard", "visible"))
    rows = []
    for row, truth in zip(network, visible, strict=True):
        inside = np.asarray(variables[row.variable]) == row.level
        means = {score: table.loc[inside, score].mean() - table[score].mean() for score in ("log_hazard", "visible")}
        rows.append(
            {
                "variable": row.variable,
                "level": row.level,
                "patients": row.patients,
                "events": row.events,
                "c_index": row.concordance,
                "interval_95": [row.low, row.high],
                "visible": truth.concordance,
                "mean": float(means["log_hazard"]),
                "visible_mean": float(means["visible"]),
            }
        )
    return {"patients": len(table), "rows": rows}
