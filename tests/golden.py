"""Golden values of R's survival package, made by ``tests/data/survival_golden.R``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

COHORTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "survival_golden.json").read_text(encoding="utf-8")
)["cohorts"]


def columns(name: str) -> dict[str, np.ndarray]:
    """Columns of one cohort as arrays: time, event, log_hazard, log_hazard_b, weight, stratum, cluster, maybe entry."""
    return {key: np.asarray(value) for key, value in COHORTS[name]["columns"].items()}
