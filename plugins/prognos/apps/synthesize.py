"""``prognos synthesize``: a cohort of drawn patients whose true risks are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from fire.decorators import SetParseFn

from prognos.data import redraw_survival, true_scores, write_lesion_cohort
from prognos.files import written_whole
from prognos.metrics import concordance_index

__all__ = ["score_truth", "synthesize"]


@SetParseFn(str, "kind", "folder")  # fire reads the folder 2024 as a number
def synthesize(
    kind: Literal["lesions"],
    folder: str,
    *,
    patients: int = 258,
    seed: int = 1,
    survival_seed: int = 0,
    redraws: int = 0,
    processes: int | None = None,
) -> None:
    """Write a synthetic cohort: scans, masks, tables, and the truth behind them.

    Everything in it is drawn; no real patient is behind it. What is complete in the folder is kept, so an interrupted
    call goes on where it stopped.

    Args:
        kind: ``lesions``: chest CTs with metastases, for the bundle lesion_prioritization.
        folder: where to write.
        patients: number of patients.
        seed: of the patients.
        survival_seed: of the follow-up in cohort.csv; another one leaves the scans as they are.
        redraws: further follow-ups of the same patients, in cohort_seed<n>.csv with n from survival_seed + 1.
        processes: that work at the same time; by default one for each core.
    """
    if kind != "lesions":
        raise ValueError(f"there is no synthetic cohort of {kind!r}; expected 'lesions'.")
    if redraws < 0:
        raise ValueError(f"redraws is {redraws}, expected 0 or more.")
    table = write_lesion_cohort(folder, patients=patients, seed=seed, survival_seed=survival_seed, processes=processes)
    tables = [table, *(redraw_survival(folder, survival_seed + n) for n in range(1, redraws + 1))]
    summary = {path.name: score_truth(path) for path in tables}
    oracle = Path(folder) / "truth/oracle.json"
    with written_whole(oracle) as temporary:
        temporary.write_text(json.dumps(summary, indent=4) + "\n", encoding="utf-8")
    for path in tables:
        cohort = pd.read_csv(path)
        index = summary[path.name]["oracle"]
        print(
            f"{path}: {len(cohort)} synthetic patients, {int(cohort['event'].sum())} events, "
            f"C-index of the oracle {_shown(index['concordance_index'])} "
            f"(standard error {_shown(index['standard_error'])})"
        )


def score_truth(table: Path | str) -> dict[str, dict[str, float | None]]:
    """C-index of everything that :func:`prognos.data.true_scores` knows about the patients of a cohort table.

    Args:
        table: a cohort table of a synthetic cohort, in the cohort's folder.

    Returns:
        For each score its ``concordance_index`` and ``standard_error``, no unit; ``None`` where no pair of patients
        can be compared. No network can be expected to beat ``oracle``.
    """
    cohort = pd.read_csv(table)
    scores = true_scores(Path(table).parent).set_index("patient_id").loc[cohort["patient_id"]]
    time, event = cohort["time"].to_numpy(float), cohort["event"].to_numpy(float)
    found = {name: concordance_index(scores[name].to_numpy(float), time, event) for name in scores.columns}
    return {
        name: {"concordance_index": _finite(index), "standard_error": _finite(error)}
        for name, (index, error) in found.items()
    }


def _finite(value: float) -> float | None:
    """Value for a JSON file, which knows no NaN."""
    return float(value) if np.isfinite(value) else None


def _shown(value: float | None) -> str:
    """Value for the screen."""
    return "unknown" if value is None else f"{value:.3f}"
