"""Penalised partial likelihood of a linear predictor: value, gradient and information matrix.

N samples, P features, E events. Everything is divided by the sum of the case weights, as glmnet does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prognos.estimators.protocol import Floats
from prognos.losses.partial_likelihood import Cohort, partial_likelihood
from prognos.losses.risk_sets import Ties, risk_sets

__all__ = ["CoxObjective", "CoxSample"]


class CoxSample:
    """Outcomes of a cohort, sorted once for many evaluations.

    Args:
        label: time and event, [N, 2]; at least one event.
        ties: how events at the same time share their risk set.
        weight: case weights, > 0, [N].
        stratum: numbered from 0, [N].
        entry: start of follow-up, [N].
    """

    def __init__(
        self,
        label: Floats,
        ties: Ties,
        *,
        weight: Floats | None = None,
        stratum: NDArray[np.int64] | None = None,
        entry: Floats | None = None,
    ) -> None:
        self.label, self.ties, self.weight, self.stratum, self.entry = label, ties, weight, stratum, entry
        self.size = float(len(label) if weight is None else weight.sum())
        self.sets = risk_sets(label, ties, weight=weight, stratum=stratum, entry=entry)
        self.cohort = Cohort(
            time=torch.from_numpy(np.array(label[:, 0])),
            event=torch.from_numpy(label[:, 1] == 1),
            weight=None if weight is None else torch.from_numpy(weight),
            stratum=None if stratum is None else torch.from_numpy(stratum),
            entry=None if entry is None else torch.from_numpy(entry),
        )

    def part(self, rows: NDArray[np.bool_]) -> CoxSample:
        """The chosen patients alone."""

        def cut(column: NDArray[Any] | None) -> Any:
            return None if column is None else column[rows]

        return CoxSample(
            self.label[rows],
            self.ties,
            weight=cut(self.weight),
            stratum=cut(self.stratum),
            entry=cut(self.entry),
        )

    @property
    def events(self) -> float:
        """Number of events, by their weights."""
        return float(self.sets.weight.sum())

    def value(self, log_hazard: Floats) -> float:
        """Negative log partial likelihood, nats."""
        return float(partial_likelihood(torch.from_numpy(log_hazard), self.cohort, self.ties, with_gradient=False)[0])

    def value_and_gradient(self, log_hazard: Floats) -> tuple[float, Floats]:
        """Negative log partial likelihood, nats, and its derivative by the log hazards, [N]."""
        value, gradient = partial_likelihood(torch.from_numpy(log_hazard), self.cohort, self.ties, with_gradient=True)
        return float(value), np.asarray(gradient, dtype=np.float64)

    def information(self, design: Floats, log_hazard: Floats) -> Floats:
        """Second derivative of the value by the coefficients of ``design`` [N, P], [P, P].

        The sum over the events of the covariance of the features in the risk set; NaN where hazards of a stratum differ
        by more than float64 holds.
        """
        sets = self.sets
        peak = np.full(int(sets.stratum.max(initial=0)) + 1, -np.inf)
        np.maximum.at(peak, sets.stratum, log_hazard)
        hazard = np.exp(log_hazard - peak[sets.stratum])
        if self.weight is not None:
            hazard = hazard * self.weight
        with np.errstate(divide="ignore", invalid="ignore"):  # a risk set that underflows gives NaN, as promised
            total = sets.totals(hazard)
            mean = sets.totals(hazard[:, None] * design) * (np.sqrt(sets.weight) / total)[:, None]
            spread = np.sqrt(np.maximum(hazard * sets.received(sets.weight / total), 0.0))[:, None] * design
            return np.asarray(spread.T @ spread - mean.T @ mean, dtype=np.float64)


class CoxObjective:
    """Mean negative log partial likelihood of ``design @ coefficients`` plus ``ridge / 2`` times their sum of squares.

    Args:
        sample: the outcomes.
        design: standardised features, [N, P].
        ridge: weight of the squares, >= 0.
    """

    def __init__(self, sample: CoxSample, design: Floats, ridge: float) -> None:
        self.sample, self.design, self.ridge = sample, design, ridge

    def value(self, coefficients: Floats) -> float:
        """Value at coefficients [P], nats a patient."""
        squares = self.ridge / 2 * float(coefficients @ coefficients)
        return self.sample.value(self.design @ coefficients) / self.sample.size + squares

    def value_and_gradient(self, coefficients: Floats) -> tuple[float, Floats]:
        """Value and gradient [P]."""
        value, slope = self.sample.value_and_gradient(self.design @ coefficients)
        squares = self.ridge / 2 * float(coefficients @ coefficients)
        gradient = self.design.T @ slope / self.sample.size + self.ridge * coefficients
        return value / self.sample.size + squares, np.asarray(gradient, dtype=np.float64)

    def hessian(self, coefficients: Floats, columns: NDArray[np.int64] | None = None) -> Floats:
        """Second derivative by the coefficients, or by those of some columns."""
        design = self.design if columns is None else self.design[:, columns]
        hessian = self.sample.information(design, self.design @ coefficients) / self.sample.size
        hessian[np.diag_indices_from(hessian)] += self.ridge
        return hessian
