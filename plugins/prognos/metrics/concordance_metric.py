"""Concordance index of a whole cohort, accumulated over the batches of one epoch."""

from __future__ import annotations

from typing import NamedTuple

from prognos.config import keys
from prognos.metrics.cohort import CohortMetric
from prognos.metrics.concordance import concordance_index

__all__ = ["ConcordanceEstimate", "ConcordanceIndexMetric"]


class ConcordanceEstimate(NamedTuple):
    """An index together with what a reader needs in order to judge it."""

    concordance: float
    """Harrell's concordance index, in [0, 1]; NaN when no pair is comparable."""

    standard_error: float
    """Its infinitesimal-jackknife standard error; index +- 1.96 standard errors is the usual 95 % interval."""

    events: int
    """Observed events among the patients."""

    patients: int
    """Patients, or samples when no patient index was given."""


class ConcordanceIndexMetric(CohortMetric):
    """Harrell's concordance index over the patients of an epoch; see :func:`prognos.metrics.concordance_index`.

    Args:
        tau: only events up to this time count, in days; None = all.
    """

    def __init__(self, tau: float | None = None) -> None:
        super().__init__()
        self.tau = tau

    def aggregate(self) -> float:
        """Compute the index.

        Returns:
            The index, in [0, 1]. NaN, with one warning, when no pair is comparable.
        """
        return self.estimate().concordance

    def estimate(self) -> ConcordanceEstimate:
        """Index, standard error and the counts that they rest on."""
        log_hazard, label = self.patients()
        time, event = label[:, keys.TIME], label[:, keys.EVENT]
        index, error = concordance_index(log_hazard, time, event, tau=self.tau)
        return ConcordanceEstimate(index, error, events=int(event.sum()), patients=len(label))
