"""Baseline hazard of a fitted model, and the survival curves it gives.

N patients, T times, K distinct event times (counted per stratum).
"""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np

from prognos.estimators.protocol import Floats, check_label
from prognos.losses.risk_sets import risk_sets

__all__ = ["BaselineHazard"]


class BaselineHazard:
    """Cumulative hazard of a patient with log hazard 0, a step function of time in each stratum.

    Args:
        ties: ``"efron"`` or ``"breslow"``, as in the model that gave the log hazards.

    Attributes:
        strata: names of the strata, as text; one empty name without strata.
        time: event times in days, stratum after stratum, [K].
        cumulative: hazard accumulated up to and including each time, [K].
        owner: stratum of each time, [K].
        last: last follow-up of each stratum, days; nothing is known beyond it.

    Raises:
        ValueError: when ``ties`` is neither.

    Example:
        >>> label = np.array([[1.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
        >>> BaselineHazard().fit(np.zeros(3), label).survival(np.zeros(1), [0.5, 1.0, 3.0, 4.0]).round(3)
        array([[1.   , 0.717, 0.264,   nan]])

    Source:
        Breslow 1972, discussion of Cox, J. R. Statist. Soc. B 34:216-217; with Efron's ties as in R's
        ``survival::survfit.coxph``, whose survival is, as here, the exponential of minus the cumulative hazard.
    """

    def __init__(self, ties: Literal["efron", "breslow"] = "efron") -> None:
        if ties not in ("efron", "breslow"):
            raise ValueError(f"BaselineHazard: ties is {ties!r}, expected 'efron' or 'breslow'.")
        self.ties: Literal["efron", "breslow"] = ties
        self.strata: list[str] = []
        self.time: Floats = np.empty(0)
        self.cumulative: Floats = np.empty(0)
        self.owner = np.empty(0, dtype=np.int64)
        self.last: Floats = np.empty(0)

    def fit(
        self,
        log_hazard: Any,
        label: Any,
        strata: Any | None = None,
        *,
        weight: Any | None = None,
        entry: Any | None = None,
    ) -> Self:
        """Estimate the hazard.

        Args:
            log_hazard: of the training patients, no unit, higher = earlier event, [N].
            label: time and event, [N, 2].
            strata: groups with hazards of their own, numbers or text, [N].
            weight: case weights, > 0, [N].
            entry: time from which a patient was followed, [N].

        Raises:
            ValueError: when shapes or values do not fit, or there is no event.
        """
        score = _finite(log_hazard, "log_hazard")
        outcome = check_label(label, len(score), "BaselineHazard")
        names, stratum = _strata(strata, len(score))
        case = None if weight is None else _finite(weight, "weight", len(score))
        start = None if entry is None else _finite(entry, "entry", len(score))
        sets = risk_sets(outcome, self.ties, weight=case, stratum=stratum, entry=start)
        peak = float(score.max())
        hazard = np.exp(score - peak) if case is None else case * np.exp(score - peak)
        # A sum near 0 times exp(peak) would lose what log space keeps.
        terms = sets.weight * np.exp(-peak - np.log(sets.totals(hazard)))
        steps = np.bincount(sets.cell, terms, minlength=len(sets.time))
        self.strata, self.time, self.owner = names, sets.time, sets.owner
        self.cumulative, self.last = np.empty_like(steps), np.empty(len(names))
        for code in range(len(names)):
            self.cumulative[sets.owner == code] = steps[sets.owner == code].cumsum()
            self.last[code] = outcome[stratum == code, 0].max()
        return self

    def cumulative_hazard(self, times: Any, stratum: str = "") -> Floats:
        """Cumulative hazard of a patient with log hazard 0.

        Args:
            times: days, [T].
            stratum: name of the stratum; empty without strata.

        Returns:
            No unit, 0 before the first event, NaN after the last follow-up of the stratum, [T].

        Raises:
            ValueError: when the stratum is unknown, or nothing is fitted.
        """
        if not self.strata:
            raise ValueError("BaselineHazard: not fitted; call fit first.")
        if stratum not in self.strata:
            raise ValueError(
                f"BaselineHazard: no stratum {stratum!r}; it was fitted to {', '.join(map(repr, self.strata))}. A "
                f"stratum without training patients has no survival curve: merge rare strata before the fit."
            )
        code = self.strata.index(stratum)
        days = np.asarray(times, dtype=np.float64).reshape(-1)
        own = self.owner == code
        steps = np.concatenate([[0.0], self.cumulative[own]])
        hazard = steps[np.searchsorted(self.time[own], days, side="right")]
        return np.where(days > self.last[code], np.nan, hazard)

    def survival(self, log_hazard: Any, times: Any, strata: Any | None = None) -> Floats:
        """Probability of no event up to each time.

        Args:
            log_hazard: no unit, higher = earlier event, [N].
            times: days, [T].
            strata: of each patient, [N]; needed when the fit had strata.

        Returns:
            In [0, 1], [N, T]; NaN after the last follow-up of the patient's stratum, where nobody knows.

        Raises:
            ValueError: when strata are missing or unknown, or nothing is fitted.
        """
        score = _finite(log_hazard, "log_hazard")
        if strata is None and self.strata not in ([], [""]):
            raise ValueError("BaselineHazard: it was fitted to strata; say in which stratum each patient is.")
        names = np.full(len(score), "") if strata is None else _texts(strata, len(score))
        curves = {name: self.cumulative_hazard(times, name) for name in sorted(set(names.tolist()))}
        hazard = np.array([curves[name] for name in names.tolist()]).reshape(len(score), -1)
        with np.errstate(over="ignore", divide="ignore"):  # before the first event, log 0 is right
            return np.asarray(np.exp(-np.exp(np.log(hazard) + score[:, None])), dtype=np.float64)


def _strata(strata: Any, size: int) -> tuple[list[str], Any]:
    """Names of the strata, and the number of each patient's."""
    if strata is None:
        return [""], np.zeros(size, dtype=np.int64)
    names, codes = np.unique(_texts(strata, size), return_inverse=True)
    return names.tolist(), codes.astype(np.int64)


def _texts(strata: Any, size: int) -> Any:
    """Strata as text, [N]."""
    names = np.asarray([str(value) for value in np.asarray(strata).reshape(-1).tolist()])
    if len(names) != size:
        raise ValueError(f"BaselineHazard: {len(names)} strata for {size} patients.")
    return names


def _finite(value: Any, name: str, size: int | None = None) -> Floats:
    """Finite numbers, [N]."""
    column = np.asarray(value, dtype=np.float64).reshape(-1)
    if size not in (None, len(column)) or not np.isfinite(column).all():
        raise ValueError(f"BaselineHazard: {name} must be finite numbers, one a patient.")
    return column
