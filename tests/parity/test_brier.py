"""Brier scores and time-dependent AUC against scikit-survival."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import brier_score, integrated_brier_score, time_dependent_auc

metrics = pytest.importorskip("sksurv.metrics")
util = pytest.importorskip("sksurv.util")


class Drawn:
    """A cohort without equal times (there scikit-survival reads G at t, we just before it), and predictions for it."""

    def __init__(self, seed: int, size: int = 200) -> None:
        generator = np.random.default_rng(seed)
        self.score = generator.normal(size=size).round(1)
        self.time = generator.exponential(size=size) * np.exp(-self.score)
        self.event = generator.random(size) < 0.6
        self.outcome = util.Surv.from_arrays(self.event, self.time)
        self.horizons = np.quantile(self.time, [0.15, 0.3, 0.5, 0.6, 0.8])
        self.survival = np.exp(-np.outer(np.exp(self.score), self.horizons))


@pytest.mark.parametrize("seed", range(3))
def test_brier_score_equals_scikit_survival(seed: int) -> None:
    own, train = Drawn(seed), Drawn(seed + 10, size=900)
    for reference in (own, train):
        _, expected = metrics.brier_score(reference.outcome, own.outcome, own.survival, own.horizons)
        ours = brier_score(
            own.survival, own.time, own.event, horizons=own.horizons, reference=(reference.time, reference.event)
        )
        np.testing.assert_allclose(ours, expected, rtol=1e-12)
    np.testing.assert_array_equal(
        brier_score(own.survival, own.time, own.event, horizons=own.horizons),
        brier_score(own.survival, own.time, own.event, horizons=own.horizons, reference=(own.time, own.event)),
    )


def test_integrated_brier_score_equals_scikit_survival() -> None:
    own = Drawn(seed=3)
    expected = metrics.integrated_brier_score(own.outcome, own.outcome, own.survival, own.horizons)
    ours = integrated_brier_score(own.survival, own.time, own.event, horizons=own.horizons)
    assert ours == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_time_dependent_auc_equals_scikit_survival(seed: int) -> None:
    own = Drawn(seed)
    expected, _ = metrics.cumulative_dynamic_auc(own.outcome, own.outcome, own.score, own.horizons)
    ours = time_dependent_auc(own.score, own.time, own.event, horizons=own.horizons)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    columns = np.repeat(own.score[:, None], len(own.horizons), axis=1)
    np.testing.assert_array_equal(time_dependent_auc(columns, own.time, own.event, horizons=own.horizons), ours)
