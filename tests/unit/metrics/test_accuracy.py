"""Brier score beside its null, and resamples that equal repeated patients."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import (
    accuracy_over_time,
    brier_score,
    integrated_brier_score,
    null_brier_score,
    resample_patients,
    scaled_brier_score,
    time_dependent_auc,
)
from prognos.metrics.auc import areas_under_curve
from prognos.metrics.brier import brier_scores

RANDOM = np.random.default_rng(4)
SCORE = RANDOM.standard_normal(150)
TIME = np.ceil(RANDOM.exponential(np.exp(-SCORE)) * 50)  # days on which several have their event
EVENT = RANDOM.random(150) < 0.6
HORIZONS = np.array([10.0, 30.0, 60.0])
SURVIVAL = np.exp(-np.outer(np.exp(SCORE), HORIZONS) / 50)


def test_without_censoring_the_null_score_is_the_variance_of_the_outcome() -> None:
    share = (TIME[:, None] > HORIZONS).mean(axis=0)
    np.testing.assert_allclose(null_brier_score(TIME, np.ones(150), horizons=HORIZONS), share * (1 - share))


def test_predicting_what_the_null_model_predicts_scores_0() -> None:
    null = np.tile([0.8, 0.6, 0.4], (150, 1))
    np.testing.assert_allclose(scaled_brier_score(null, TIME, EVENT, horizons=HORIZONS, null=null), 0, atol=1e-14)


def test_perfect_predictions_score_1() -> None:
    perfect = (TIME[:, None] > HORIZONS).astype(float)
    np.testing.assert_allclose(scaled_brier_score(perfect, TIME, EVENT, horizons=HORIZONS), 1)


def test_table_repeats_the_single_functions() -> None:
    rows, integral = accuracy_over_time(SURVIVAL, TIME, EVENT, horizons=HORIZONS, replicates=100)
    np.testing.assert_allclose([row.brier for row in rows], brier_score(SURVIVAL, TIME, EVENT, horizons=HORIZONS))
    areas = time_dependent_auc(1 - SURVIVAL, TIME, EVENT, horizons=HORIZONS)
    np.testing.assert_allclose([row.auc for row in rows], areas)
    assert integral is not None
    assert integral.brier == pytest.approx(integrated_brier_score(SURVIVAL, TIME, EVENT, horizons=HORIZONS))
    null = np.trapezoid(null_brier_score(TIME, EVENT, horizons=HORIZONS), HORIZONS) / 50
    assert integral.scaled_brier == pytest.approx(1 - integral.brier / null)
    for row in rows:
        assert row.auc_low < row.auc < row.auc_high
        assert row.brier_low < row.brier < row.brier_high
        assert row.scaled_low < row.scaled_brier < row.scaled_high


def test_resamples_equal_cohorts_of_repeated_patients() -> None:
    weight = resample_patients(150, replicates=3, seed=0)
    scores = brier_scores(SURVIVAL, TIME, EVENT, HORIZONS, weight)
    areas = areas_under_curve(1 - SURVIVAL, TIME, EVENT, HORIZONS, weight)
    for counts, score, area in zip(weight, scores, areas, strict=True):
        copies = np.repeat(np.arange(150), counts.astype(int))
        outcome = TIME[copies], EVENT[copies]
        np.testing.assert_allclose(score, brier_score(SURVIVAL[copies], *outcome, horizons=HORIZONS), rtol=1e-12)
        again = time_dependent_auc(1 - SURVIVAL[copies], *outcome, horizons=HORIZONS)
        np.testing.assert_allclose(area, again, rtol=1e-12)


def test_without_replicates_there_is_no_interval() -> None:
    rows, _ = accuracy_over_time(SURVIVAL, TIME, EVENT, horizons=HORIZONS, replicates=0)
    assert np.isnan([rows[0].auc_low, rows[0].brier_high]).all()


def test_one_horizon_has_no_integral() -> None:
    assert accuracy_over_time(SURVIVAL[:, :1], TIME, EVENT, horizons=[10], replicates=0)[1] is None
