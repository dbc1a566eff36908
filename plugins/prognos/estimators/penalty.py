"""Choice of the penalty of a Cox regression by cross-validated partial likelihood.

N patients, P features, Q rotated features, L penalties.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from prognos.estimators.cox_objective import CoxObjective, CoxSample
from prognos.estimators.cox_solver import NotConvergedError, minimise
from prognos.estimators.protocol import Floats

__all__ = ["PATIENCE", "Design", "cross_validated_deviance", "fit_coefficients", "penalty_grid", "standardise"]

SMALLEST = 1e-4
"""Smallest penalty tried, as a share of the largest."""

SMALLEST_SPARSE = 1e-2
"""The same where an L1 penalty meets more features than patients; below it nearly all patients are fitted exactly."""


PATIENCE = 4
"""Penalties in a row that are worse than the best one before a choice is made."""

TOLERANCE = 1e-10
"""Of a fit that is reported; see :func:`prognos.estimators.cox_solver.minimise`."""

ROUGH_TOLERANCE = 1e-6
"""Of a fit that only leads to another, or to a deviance."""


class Design(NamedTuple):
    """Standardised features, rotated when there are more of them than patients."""

    table: Floats
    """[N, Q]; Q = P without a rotation, else N."""

    mean: Floats
    """Of the features, [P]."""

    scale: Floats
    """Standard deviation (divisor N) of the features, 1 where it is 0, [P]."""

    rotation: Floats | None
    """Orthonormal columns [P, N] that span the rows, or None."""

    def apply(self, features: Floats) -> Floats:
        """Standardise and rotate the features of other patients, [M, Q]."""
        table = (features - self.mean) / self.scale
        return np.asarray(table if self.rotation is None else table @ self.rotation, dtype=np.float64)

    def coefficients(self, rotated: Floats) -> Floats:
        """Coefficients [P] on the input scale from those of the rotated features [Q]."""
        return np.asarray((rotated if self.rotation is None else self.rotation @ rotated) / self.scale)


def standardise(features: Floats, weight: Floats | None, *, rotate: bool) -> Design:
    """Centre and scale features; constant ones become 0 and keep a coefficient of 0.

    Args:
        features: [N, P].
        weight: case weights of the means, [N].
        rotate: whether to rotate when P > N. A ridge penalty does not see it, an L1 penalty does.
    """
    mean = np.average(features, axis=0, weights=weight)
    scale = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weight))
    constant = scale <= 1e-12 * (np.abs(mean) + scale)
    scale = np.where(constant, 1.0, scale)
    table = np.where(constant, 0.0, (features - mean) / scale)
    if not rotate or table.shape[1] <= table.shape[0]:
        return Design(table, mean, scale, None)
    rotation, triangle = qr(table.T, mode="economic", check_finite=False)
    return Design(np.ascontiguousarray(triangle.T), mean, scale, np.asarray(rotation))


def penalty_grid(sample: CoxSample, table: Floats, l1_ratio: float, size: int) -> Floats:
    """Penalties to try, largest first, [L].

    The largest is glmnet's: where the first coefficient leaves zero (as if ``l1_ratio`` were 0.001, for ridge).
    """
    _, gradient = CoxObjective(sample, table, 0.0).value_and_gradient(np.zeros(table.shape[1]))
    largest = float(np.abs(gradient).max(initial=0.0)) / max(l1_ratio, 1e-3)
    if largest == 0:
        raise ValueError("CoxPH: every feature is constant, so there is nothing to fit.")
    smallest = SMALLEST_SPARSE if l1_ratio > 0 and table.shape[1] > table.shape[0] else SMALLEST
    return np.geomspace(largest, largest * smallest, size)


def fit_coefficients(sample: CoxSample, table: Floats, penalty: float, l1_ratio: float) -> Floats:
    """Coefficients [Q] at one penalty.

    With an L1 penalty the search comes down from the largest useful penalty, so that few signs change at a time.

    Args:
        sample: outcomes.
        table: standardised features, [N, Q].
        penalty: weight of the penalty.
        l1_ratio: share of the L1 penalty.

    Raises:
        NotConvergedError: when the likelihood has no finite maximum.
    """
    start = np.zeros(table.shape[1])
    penalties = [penalty]
    if l1_ratio * penalty > 0:
        largest = penalty_grid(sample, table, l1_ratio, 2)[0]
        penalties = [*np.geomspace(largest, penalty, 12)[1:-1], penalty] if penalty < largest else [penalty]
    for step, value in enumerate(penalties):
        objective = CoxObjective(sample, table, float(value) * (1 - l1_ratio))
        tolerance = TOLERANCE if step == len(penalties) - 1 else ROUGH_TOLERANCE
        start = minimise(objective, float(value) * l1_ratio, start, tolerance)
    return start


def cross_validated_deviance(
    sample: CoxSample,
    features: Floats,
    folds: NDArray[np.int64],
    penalties: Floats,
    l1_ratio: float,
    *,
    patience: int | None = None,
    tolerance: float = ROUGH_TOLERANCE,
) -> Floats:
    """Deviance of each part, given the others, at each penalty; lower is better.

    The part k adds twice the difference of the log partial likelihood of all patients and that of all but part k, both
    at the coefficients fitted without part k, standardisation included. A risk set within a part alone is too small to
    say much.

    Args:
        sample: outcomes of all patients.
        features: as given, [N, P].
        folds: part of each patient, [N].
        penalties: largest first, [L].
        l1_ratio: share of the L1 penalty.
        patience: how many penalties in a row may be worse than the best one before the rest, whose fits cost most, is
            left out; None tries all.
        tolerance: of the fits.

    Returns:
        Deviance an event at the first penalties, up to [L]; it ends where a fit does not exist.

    Source:
        Verweij and van Houwelingen 1993, Statistics in Medicine 12:2305-2314; ``cv.glmnet(grouped = TRUE)``, less the
        deviance of its saturated model.
    """
    paths = [_Path(sample, features, folds != part, l1_ratio, tolerance) for part in range(int(folds.max()) + 1)]
    deviances: list[float] = []
    for penalty in penalties:
        try:
            deviances.append(sum(path.deviance(float(penalty)) for path in paths) / sample.events)
        except NotConvergedError:
            break
        if patience is not None and len(deviances) - 1 - int(np.argmin(deviances)) >= patience:
            break
    return np.asarray(deviances, dtype=np.float64)


class _Path:
    """Fits to all but one part, each beginning where the one at the last penalty ended."""

    def __init__(
        self, sample: CoxSample, features: Floats, rows: NDArray[np.bool_], l1_ratio: float, tolerance: float
    ) -> None:
        self.sample, self.training = sample, sample.part(rows)
        self.design = standardise(features[rows], self.training.weight, rotate=l1_ratio == 0)
        self.everyone = self.design.apply(features)
        self.coefficients: Floats = np.zeros(self.design.table.shape[1])
        self.l1_ratio, self.tolerance = l1_ratio, tolerance

    def deviance(self, penalty: float) -> float:
        """Deviance of the part that was left out, at the next penalty."""
        objective = CoxObjective(self.training, self.design.table, penalty * (1 - self.l1_ratio))
        self.coefficients = minimise(objective, penalty * self.l1_ratio, self.coefficients, self.tolerance)
        without = self.training.value(self.design.table @ self.coefficients)
        return 2 * (self.sample.value(self.everyone @ self.coefficients) - without)
