"""Concordance indices and their standard errors against R's survival package, lifelines and scikit-survival."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from golden import COHORTS, columns
from prognos.metrics import concordance_difference, concordance_index, uno_concordance_index

CASES = [
    pytest.param(name, case, id=f"{name}-weighted_{case['weighted']}-stratified_{case['stratified']}")
    for name, cohort in COHORTS.items()
    for case in cohort["concordance"]
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_index_and_standard_error_equal_those_of_r(name: str, case: dict[str, Any]) -> None:
    data = columns(name)
    outcome = {
        "time": data["time"],
        "event": data["event"],
        "weight": data["weight"] if case["weighted"] else None,
        "strata": data["stratum"] if case["stratified"] else None,
    }
    score, tau = data["log_hazard"], case["tau"]
    ours = {
        "plain": concordance_index(score, **outcome),
        "clustered": concordance_index(score, **outcome, cluster=data["cluster"]),
        "until_tau": concordance_index(score, **outcome, tau=tau),
        "uno": uno_concordance_index(score, **outcome, tau=tau),
        "difference": concordance_difference(score, data["log_hazard_b"], **outcome),
    }
    for what, (value, error) in ours.items():
        assert value == pytest.approx(case[what][0], abs=1e-12), what
        assert error == pytest.approx(case[what][1], rel=1e-10), what


def drawn(size: int, seed: int, *, tied: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, time and event; rounded to few values when ``tied``."""
    generator = np.random.default_rng(seed)
    score = generator.normal(size=size)
    time = generator.exponential(size=size) * np.exp(-score)
    event = generator.random(size) < 0.6
    return (score.round(1), time.round(1), event) if tied else (score, time, event)


@pytest.mark.parametrize("tied", [False, True])
def test_equals_lifelines(tied: bool) -> None:
    utils = pytest.importorskip("lifelines.utils")
    score, time, event = drawn(300, seed=0, tied=tied)
    expected = utils.concordance_index(time, -score, event)  # lifelines: higher = longer survival
    assert concordance_index(score, time, event)[0] == pytest.approx(expected, abs=1e-14)


def test_uno_index_equals_scikit_survival_without_ties() -> None:
    metrics = pytest.importorskip("sksurv.metrics")
    util = pytest.importorskip("sksurv.util")
    score, time, event = drawn(300, seed=1, tied=False)
    outcome = util.Surv.from_arrays(event, time)
    # scikit-survival reads G at t instead of just before it, and counts t < tau: the same when no times are equal.
    tau = float(np.quantile(time, 0.8))
    expected = metrics.concordance_index_ipcw(outcome, outcome, score, tau=tau)[0]
    assert uno_concordance_index(score, time, event, tau=tau)[0] == pytest.approx(expected, abs=1e-12)
