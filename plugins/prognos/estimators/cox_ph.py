"""Penalised Cox regression on a table of features.

N patients, P features, L penalties.
"""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from prognos.estimators.cox_objective import CoxSample
from prognos.estimators.inner_folds import inner_folds
from prognos.estimators.penalty import PATIENCE, cross_validated_deviance, fit_coefficients, penalty_grid, standardise
from prognos.estimators.protocol import Features, Floats, check_features, check_label

__all__ = ["CoxPH"]


class CoxPH:
    """Cox regression with a ridge or elastic net penalty, exact for more features than patients.

    Minimises, as glmnet does, ::

        -log partial likelihood / sum of weights + penalty * (l1_ratio * sum |b| + (1 - l1_ratio) / 2 * sum b^2)

    over the coefficients b of the features standardised to mean 0 and standard deviation 1 (divisor N, weighted).
    ``coefficients`` are reported on the scale of the input. A feature that is constant has the coefficient 0.

    Args:
        penalty: weight of the penalty, >= 0; 0 is an ordinary Cox regression. None: the one of ``penalties`` values
            with the least cross-validated deviance.
        l1_ratio: share of the L1 penalty in [0, 1]; 0 = ridge, 1 = lasso.
        ties: ``"efron"`` or ``"breslow"``.
        folds: parts of the cross-validation that chooses the penalty.
        penalties: how many are tried, from the largest useful one down to 1e-4 of it.
        seed: of the parts.

    Attributes:
        coefficients: log hazard a unit of each feature, [P].
        mean: features of the patient whose log hazard is 0, the mean of the training patients, [P].
        scale: standard deviation of the training patients, 1 where it is 0, [P].
        chosen: the penalty of the fit.
        tried: penalties and their cross-validated deviance an event, [L, 2], up to the fourth after the best one; empty
            when the penalty was given.

    Raises:
        ValueError: when an argument is out of range.

    Example:
        >>> features = np.array([[0.0], [1.0], [2.0], [0.0], [1.0]])
        >>> label = np.array([[5.0, 1.0], [2.0, 1.0], [1.0, 1.0], [4.0, 0.0], [3.0, 1.0]])
        >>> CoxPH(penalty=0.1).fit(features, label).log_hazard(features).round(2)
        array([-1.64,  0.41,  2.45, -1.64,  0.41])

    Source:
        Cox 1972. Ridge: Verweij and van Houwelingen 1994, Statistics in Medicine 13:2427-2436. Elastic net: Simon,
        Friedman, Hastie and Tibshirani 2011, Journal of Statistical Software 39(5). With P > N a ridge fit lies in the
        span of the patients, so the features are rotated there: Hastie and Tibshirani 2004, Biostatistics 5:329-340.
    """

    def __init__(
        self,
        penalty: float | None = None,
        *,
        l1_ratio: float = 0.0,
        ties: Literal["efron", "breslow"] = "efron",
        folds: int = 5,
        penalties: int = 25,
        seed: int = 0,
    ) -> None:
        if penalty is not None and not 0 <= penalty < np.inf:
            raise ValueError(f"CoxPH: penalty is {penalty}, expected 0 or more, or None to have it chosen.")
        if not 0 <= l1_ratio <= 1:
            raise ValueError(f"CoxPH: l1_ratio is {l1_ratio}, expected between 0 (ridge) and 1 (lasso).")
        if ties not in ("efron", "breslow"):
            raise ValueError(f"CoxPH: ties is {ties!r}, expected 'efron' or 'breslow'.")
        if folds < 2 or penalties < 2:
            raise ValueError(f"CoxPH: {folds} folds and {penalties} penalties, expected at least 2 of each.")
        self.penalty, self.l1_ratio, self.ties = penalty, l1_ratio, ties
        self.folds, self.penalties, self.seed = folds, penalties, seed
        self.coefficients: Floats = np.empty(0)
        self.mean: Floats = np.empty(0)
        self.scale: Floats = np.empty(0)
        self.chosen = float("nan")
        self.tried: Floats = np.empty((0, 2))

    def fit(
        self,
        features: Features,
        label: Any,
        strata: Any | None = None,
        *,
        weight: Any | None = None,
        entry: Any | None = None,
    ) -> Self:
        """Fit the coefficients.

        Args:
            features: any units, [N, P].
            label: time and event, [N, 2].
            strata: groups with baseline hazards of their own, numbers or text, [N].
            weight: case weights, >= 0, [N].
            entry: time from which a patient was followed, before its own time, [N].

        Raises:
            ValueError: when a shape or a value does not fit, when there is no event, when there are too few events to
                choose a penalty, or when the likelihood has no finite maximum (collinear or separating features
                without ridge penalty).
        """
        table = check_features(features, "CoxPH")
        sample, present = _sample(table, label, self.ties, strata, weight, entry)
        table = table[present]
        design = standardise(table, sample.weight, rotate=self.l1_ratio == 0)
        self.chosen = self._choose(sample, table, design.table) if self.penalty is None else float(self.penalty)
        kept = np.arange(design.table.shape[1])
        if self.chosen == 0:  # without a penalty, constant features would make the maximum a valley
            kept = np.flatnonzero(design.table.any(axis=0))
        rotated = np.zeros(design.table.shape[1])
        rotated[kept] = fit_coefficients(sample, design.table[:, kept], self.chosen, self.l1_ratio)
        self.coefficients, self.mean, self.scale = design.coefficients(rotated), design.mean, design.scale
        return self

    def log_hazard(self, features: Features) -> Floats:
        """Log hazard of each patient.

        Args:
            features: in the units of the fit, [N, P].

        Returns:
            No unit, higher = earlier event, 0 for the mean training patient, [N].

        Raises:
            ValueError: when the model is not fitted, or the features do not fit it.
        """
        if not len(self.coefficients):
            raise ValueError("CoxPH: not fitted; call fit, or load a fitted model with prognos.estimators.load_model.")
        table = check_features(features, "CoxPH", len(self.coefficients))
        return np.asarray((table - self.mean) @ self.coefficients, dtype=np.float64)

    def fresh(self, seed: int) -> Self:
        """Copy of the settings, not fitted, whose parts follow ``seed``."""
        return type(self)(
            self.penalty,
            l1_ratio=self.l1_ratio,
            ties=self.ties,
            folds=self.folds,
            penalties=self.penalties,
            seed=seed,
        )

    def _choose(self, sample: CoxSample, features: Floats, table: Floats) -> float:
        """Penalty with the least cross-validated deviance."""
        grid = penalty_grid(sample, table, self.l1_ratio, self.penalties)
        folds = inner_folds(sample.label, self.folds, self.seed)
        deviance = cross_validated_deviance(sample, features, folds, grid, self.l1_ratio, patience=PATIENCE)
        if not len(deviance):
            raise ValueError("CoxPH: no fit exists even at the largest penalty; check the scale of the features.")
        self.tried = np.stack([grid[: len(deviance)], deviance], axis=1)
        return float(grid[int(np.argmin(deviance))])


def _sample(
    table: Floats, label: Any, ties: Literal["efron", "breslow"], strata: Any, weight: Any, entry: Any
) -> tuple[CoxSample, NDArray[np.bool_]]:
    """Checked outcomes of the patients whose weight is not 0, and who they are."""
    size = len(table)
    outcome = check_label(label, size, "CoxPH")
    case = None if weight is None else _column("weight", weight, size)
    if case is not None and (case < 0).any():
        raise ValueError("CoxPH: negative weights; expected case weights of 0 or more.")
    start = None if entry is None else _column("entry", entry, size)
    if start is not None and (start >= outcome[:, 0]).any():
        raise ValueError("CoxPH: an entry is not before its time; leave out patients whose image came after follow-up.")
    present = np.ones(size, dtype=bool) if case is None else case > 0
    if not outcome[present, 1].any():
        raise ValueError("CoxPH: no event among the patients with a weight above 0.")
    sample = CoxSample(
        outcome[present],
        ties,
        weight=None if case is None else case[present],
        stratum=None if strata is None else np.unique(_groups(strata, size)[present], return_inverse=True)[1],
        entry=None if start is None else start[present],
    )
    return sample, present


def _groups(strata: Any, size: int) -> NDArray[Any]:
    """Strata as an array [N], numbers or text."""
    groups = np.asarray(strata).reshape(-1)
    if len(groups) != size:
        raise ValueError(f"CoxPH: {len(groups)} strata for {size} patients.")
    return groups.astype(str) if groups.dtype == object else groups


def _column(name: str, value: Any, size: int) -> Floats:
    """Finite numbers [N]."""
    column = np.asarray(value, dtype=np.float64).reshape(-1)
    if len(column) != size or not np.isfinite(column).all():
        raise ValueError(f"CoxPH: {name} must be {size} finite numbers, one a patient.")
    return column
