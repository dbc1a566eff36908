"""What every survival model of the house can do.

N patients, P features.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from prognos.config import keys

__all__ = ["Features", "Floats", "SurvivalModel", "check_features", "check_label", "rows_of"]

Floats: TypeAlias = NDArray[np.float64]

Features: TypeAlias = Any
"""Features of N patients: an array [N, P], or a pandas table of N rows for models that choose their columns by name."""


class SurvivalModel(Protocol):
    """Fits features to survival in one piece and gives log hazards: numpy in, numpy out."""

    def fit(self, features: Features, label: Floats, strata: Any | None = None) -> Self:
        """Fit.

        Args:
            features: of the training patients, [N, P].
            label: follow-up time in days and event flag (1 observed, 0 censored), [N, 2].
            strata: groups with baseline hazards of their own, numbers or text, [N].
        """
        ...

    def log_hazard(self, features: Features) -> Floats:
        """Log hazard [N], no unit, higher = earlier event."""
        ...

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted, whose random draws follow ``seed``."""
        ...


def check_features(features: Features, owner: str, width: int | None = None) -> Floats:
    """Turn features into float64 [N, P], or refuse them.

    Args:
        features: a table or an array.
        owner: who asks, for the message.
        width: P, when it is known.

    Raises:
        ValueError: when the shape is not [N, P], or a value is NaN or infinite.
    """
    table = np.asarray(features, dtype=np.float64)
    if table.ndim != 2 or width not in (None, table.shape[1]):
        expected = "[N, P]" if width is None else f"[N, {width}], the features it was fitted to"
        raise ValueError(f"{owner}: features have shape {list(table.shape)}, expected {expected}.")
    bad = int((~np.isfinite(table)).any(axis=1).sum())
    if bad:
        raise ValueError(
            f"{owner}: {bad} of {len(table)} rows of the features hold NaN or infinite values. Leave these patients "
            f"out, or impute clinical columns with prognos.estimators.ClinicalPreprocessor."
        )
    return table


def check_label(label: Any, size: int, owner: str) -> Floats:
    """Turn labels into float64 [N, 2], or refuse them.

    Raises:
        ValueError: when the shape is not [N, 2], a time is not positive and finite, a flag is neither 0 nor 1, or there
            is no event.
    """
    table = np.asarray(label, dtype=np.float64)
    if table.shape != (size, 2):
        raise ValueError(f"{owner}: label has shape {list(table.shape)}, expected [{size}, 2]: time and event.")
    time, event = table[:, keys.TIME], table[:, keys.EVENT]
    if not (np.isfinite(time) & (time > 0)).all():
        raise ValueError(f"{owner}: times must be positive and finite; check the cohort table.")
    if not np.isin(event, (0.0, 1.0)).all():
        raise ValueError(f"{owner}: event flags other than 0 and 1; expected 1 (event observed) or 0 (censored).")
    if not event.any():
        raise ValueError(f"{owner}: no event among {size} patients, so nothing can be learned.")
    return table


def rows_of(features: Features, rows: NDArray[Any]) -> Features:
    """Chosen rows of a table or an array; ``rows`` are positions or a mask."""
    return features.iloc[rows] if hasattr(features, "iloc") else np.asarray(features)[rows]
