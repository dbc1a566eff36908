"""Ridge regression in closed form, its penalty chosen by leave-one-out cross-validation.

N samples, P features, L penalties.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["RidgeFit", "fit_ridge"]

Floats = NDArray[np.float64]

PENALTIES = np.logspace(-4, 4, 49)
"""Penalties tried, as multiples of the mean eigenvalue of the features' scatter matrix."""


class RidgeFit(NamedTuple):
    """Linear prediction ``intercept + features @ coefficients``."""

    coefficients: Floats
    """Change of the target per unit of each feature, [P]."""

    intercept: float
    """Prediction where all features are 0."""

    penalty: float
    """Weight of the squared coefficients beside the sum of squared errors."""

    explained: float
    """Share of the target's variance that is explained out of sample (leave-one-out R2); <= 1, <= 0 means useless."""


def fit_ridge(features: Floats, target: Floats, *, penalties: Floats | None = None) -> RidgeFit:
    """Regress a number on features; any P, also P much larger than N.

    Args:
        features: [N, P], all in the same unit: they are centred, not scaled.
        target: [N].
        penalties: candidates, > 0, [L]; by default 49 from 1e-4 to 1e4 times the mean eigenvalue of the scatter matrix.

    Returns:
        The fit with the smallest leave-one-out squared error. A sample is a patient, so no patient is in both parts.

    Raises:
        ValueError: when shapes do not fit, a number is not finite, there are fewer than 3 samples, or the target or all
            features are constant.

    Note:
        The leave-one-out errors are exact and cost nothing: residual / (1 - leverage).

    Source:
        Hoerl and Kennard 1970, Technometrics 12:55-67; Allen 1974, Technometrics 16:125-127.
    """
    x, y = np.asarray(features, np.float64), np.asarray(target, np.float64)
    _check(x, y)
    centre, mean = x.mean(axis=0), float(y.mean())
    left, values, right = np.linalg.svd(x - centre, full_matrices=False)
    kept = values > values[0] * 1e-10
    left, values, right = left[:, kept], values[kept], right[kept]
    rotated = left.T @ (y - mean)
    tried = PENALTIES * float((values**2).mean()) if penalties is None else np.asarray(penalties, np.float64)
    shrinkage = values**2 / (values**2 + tried[:, None])  # [L, rank]
    residual = (y - mean) - (shrinkage * rotated) @ left.T  # [L, N]
    leverage = 1 / len(y) + shrinkage @ (left**2).T
    error = ((residual / np.maximum(1 - leverage, 1e-12)) ** 2).mean(axis=1)
    best = int(np.argmin(error))
    coefficients: Floats = right.T @ (shrinkage[best] * rotated / values)
    alone = float(((y - mean) ** 2).mean()) * (len(y) / (len(y) - 1)) ** 2  # leave-one-out error of the mean
    explained = 1.0 - float(error[best]) / alone
    return RidgeFit(coefficients, mean - float(centre @ coefficients), float(tried[best]), explained)


def _check(features: Floats, target: Floats) -> None:
    """Refuse what no regression can use."""
    if features.ndim != 2 or target.shape != features.shape[:1]:
        raise ValueError(f"features {features.shape} and target {target.shape} do not fit, expected [N, P] and [N].")
    if not np.isfinite(features).all() or not np.isfinite(target).all():
        raise ValueError("features or target hold values that are NaN or infinite; drop or fill them first.")
    if len(target) < 3 or np.ptp(target) == 0 or not np.ptp(features, axis=0).any():
        raise ValueError(f"nothing to learn from {len(target)} samples: expected at least 3, with values that differ.")
