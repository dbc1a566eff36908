"""A small Cox regression that describes predictions: calibration slopes, smooth calibration curves, hazard ratios.

n samples, p covariates (a few), E events. Models of many features belong to :mod:`prognos.estimators`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from prognos.losses.risk_sets import RiskSets, risk_sets
from prognos.metrics.arguments import Column, Floats, codes, events, numbers

__all__ = ["CoxFit", "EventTerms", "fit_cox"]

STEPS = 50
"""Newton steps after which the search is given up; six are usual."""

SMALLEST_SPREAD = 1e-10
"""Spread within strata, relative to the largest value, below which a covariate is constant but for rounding."""

CONVERGED = 1e-12
"""Gain of log likelihood, in nats, below which a step is the last one; errors shrink to their square."""

LARGEST_COEFFICIENT = 30.0
"""Standardised coefficients beyond it mean that a covariate separates the events from the others."""


class EventTerms(NamedTuple):
    """What each event adds to the likelihood, at given coefficients."""

    sets: RiskSets
    """Risk sets; the terms below are in the order of ``sets.event``."""

    log_total: Floats
    """Logarithm of the sum of the hazard ratios at risk, [E]."""

    mean: Floats
    """Mean covariates of the risk set, weighted by the hazard ratios, [E, p]."""

    covariance: Floats
    """Their covariance, [E, p, p]."""


class CoxFit(NamedTuple):
    """Coefficients with their covariance."""

    coefficients: Floats
    """Log hazard ratios for one unit of each covariate, [p]."""

    covariance: Floats
    """Inverse information matrix, [p, p]."""

    covariates: Floats
    """As given, [n, p]."""

    terms: EventTerms
    """The events, at these coefficients."""

    log_likelihood: float
    """Log partial likelihood, nats."""

    @property
    def standard_errors(self) -> Floats:
        """Of the coefficients, [p]."""
        return np.asarray(np.sqrt(np.diag(self.covariance)), dtype=np.float64)

    def survival(self, covariates: Floats, day: float) -> tuple[Floats, Floats]:
        """Probability of no event up to a time, for other samples of the same (single) stratum.

        Args:
            covariates: of K samples. Shape [K, p].
            day: in the unit of the times of the fit.

        Returns:
            The probability [K], and the standard error of its logarithm [K], which knows that both the coefficients and
            the baseline hazard were estimated. As R's ``survival::survfit.coxph``.
        """
        until = np.flatnonzero(self.terms.sets.time[self.terms.sets.cell] <= day)
        log_step = -self.terms.log_total[until]
        peak = float(log_step.max()) if len(until) else 0.0
        step = np.exp(log_step - peak)
        relative = np.exp(covariates @ self.coefficients + peak)
        distance = covariates * step.sum() - step @ self.terms.mean[until]  # [K, p]
        variance = (step**2).sum() + np.einsum("kp,pq,kq->k", distance, self.covariance, distance)
        return np.exp(-relative * step.sum()), relative * np.sqrt(variance)


def fit_cox(covariates: Column, time: Column, event: Column, *, strata: Column | None = None) -> CoxFit:
    """Fit without a penalty, with Efron's ties.

    Args:
        covariates: numbers. Shape [n, p].
        time: follow-up time, any unit. Shape [n].
        event: 1 = event observed, 0 = censored. Shape [n].
        strata: groups with baseline hazards of their own. Shape [n].

    Returns:
        The fit; equals R's ``survival::coxph``.

    Raises:
        ValueError: when shapes differ, a number is not finite, there are fewer events than covariates, or the
            likelihood has no finite, unique maximum.

    Source:
        Cox 1972, Journal of the Royal Statistical Society B 34:187-220. Ties: Efron 1977, Journal of the American
        Statistical Association 72:557-565.
    """
    days = numbers("time", time)
    observed = events(event, len(days))
    design = np.column_stack([numbers("covariates", column, len(days)) for column in np.asarray(covariates).T])
    if observed.sum() < design.shape[1]:
        raise ValueError(f"{int(observed.sum())} events for {design.shape[1]} covariates; expected as many or more.")
    label = np.column_stack([days, observed])
    stratum = codes("strata", strata, len(days))
    sets = risk_sets(label, "efron", stratum=stratum)
    # Centred within strata, whose level has no say: log hazards of different folds may lie far apart.
    centre = np.stack([design[stratum == code].mean(axis=0) for code in range(int(stratum.max(initial=0)) + 1)])
    spread = (design - centre[stratum]).std(axis=0)
    if (spread <= SMALLEST_SPREAD * np.abs(design).max(axis=0)).any():
        raise ValueError("a covariate is the same for everyone of a stratum, so it has no coefficient; leave it out.")
    scaled = (design - centre[stratum]) / spread
    current = _maximum(scaled, sets)
    terms = _terms(scaled, current, sets)
    level = centre[sets.owner[sets.cell]]
    natural = EventTerms(
        sets,
        terms.log_total + level @ (current / spread),
        terms.mean * spread + level,
        terms.covariance * np.multiply.outer(spread, spread),
    )
    covariance = np.linalg.inv(natural.covariance.sum(axis=0))
    return CoxFit(current / spread, covariance, design, natural, _log_likelihood(scaled, current, terms))


def _maximum(design: Floats, sets: RiskSets) -> Floats:
    """Coefficients of the largest likelihood, by Newton's method with halved steps."""
    current = np.zeros(design.shape[1])
    terms = _terms(design, current, sets)
    value = _log_likelihood(design, current, terms)
    for _ in range(STEPS):
        gradient = (design[sets.event] - terms.mean).sum(axis=0)
        try:
            step = np.linalg.solve(terms.covariance.sum(axis=0), gradient)
        except np.linalg.LinAlgError:
            break
        if float(gradient @ step) < CONVERGED:
            return np.asarray(current + step, dtype=np.float64)
        for _ in range(30):
            candidate = _terms(design, current + step, sets)
            new = _log_likelihood(design, current + step, candidate)
            if math.isfinite(new) and new >= value:
                break
            step = step / 2
        else:
            return current  # rounding leaves nothing to gain
        current, terms, value = current + step, candidate, new
        if np.abs(current).max() > LARGEST_COEFFICIENT:
            break
    raise ValueError(
        "the Cox regression has no finite, unique maximum: a covariate separates the events from the others, or is a "
        "combination of others. Leave it out, or merge rare levels."
    )


def _terms(design: Floats, coefficients: Floats, sets: RiskSets) -> EventTerms:
    """Risk-set sums of every event; not finite where a step went so far that a risk set vanishes."""
    score = design @ coefficients
    peak = np.full(int(sets.stratum.max(initial=0)) + 1, -np.inf)
    np.maximum.at(peak, sets.stratum, score)
    hazard = np.exp(score - peak[sets.stratum])
    total = sets.totals(hazard)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = sets.totals(hazard[:, None] * design) / total[:, None]
        square = sets.totals(hazard[:, None, None] * design[:, :, None] * design[:, None, :]) / total[:, None, None]
        log_total = np.log(total) + peak[sets.owner[sets.cell]]
        return EventTerms(sets, log_total, mean, square - mean[:, :, None] * mean[:, None, :])


def _log_likelihood(design: Floats, coefficients: Floats, terms: EventTerms) -> float:
    """Log partial likelihood, nats."""
    rows: NDArray[np.int64] = terms.sets.event
    return float((design[rows] @ coefficients).sum() - terms.log_total.sum())
