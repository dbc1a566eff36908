"""What must hold for the Brier score and the time-dependent AUC of every cohort."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from prognos.metrics import brier_score, time_dependent_auc
from strategies import Cohort, cohorts

some = settings(deadline=None, max_examples=50)
HORIZONS = np.array([2.0, 5.0, 8.5])

pytestmark = pytest.mark.filterwarnings("ignore:.*undefined at:UserWarning")


@some
@given(cohorts())
def test_without_censoring_the_brier_score_is_the_mean_squared_error(cohort: Cohort) -> None:
    log_hazard, label = cohort
    survival = torch.sigmoid(log_hazard).expand(-1, 3).numpy()
    time = label[:, 0].numpy()
    ours = brier_score(survival, time, np.ones(len(time)), horizons=HORIZONS)
    expected = ((survival - (time[:, None] > HORIZONS)) ** 2).mean(axis=0)
    defined = time.max() > HORIZONS
    np.testing.assert_allclose(ours[defined], expected[defined], atol=1e-12)
    assert np.isnan(ours[~defined]).all()


@some
@given(cohorts())
def test_perfect_prediction_scores_zero(cohort: Cohort) -> None:
    _, label = cohort
    survival = (label[:, :1] > torch.tensor(HORIZONS)).double()
    score = brier_score(survival, label[:, 0], label[:, 1], horizons=HORIZONS)
    assert np.nanmax(score, initial=0.0) == 0.0


@some
@given(cohorts(extreme=20.0))
def test_increasing_map_of_the_log_hazard_leaves_the_auc(cohort: Cohort) -> None:
    log_hazard, label = cohort
    log_hazard = log_hazard.round()
    plain = time_dependent_auc(log_hazard, label[:, 0], label[:, 1], horizons=HORIZONS)
    mapped = time_dependent_auc(log_hazard.exp(), label[:, 0], label[:, 1], horizons=HORIZONS)
    np.testing.assert_allclose(mapped, plain, atol=1e-12)


@some
@given(cohorts())
def test_opposite_log_hazards_give_the_opposite_auc(cohort: Cohort) -> None:
    log_hazard, label = cohort
    plain = time_dependent_auc(log_hazard, label[:, 0], label[:, 1], horizons=HORIZONS)
    opposite = time_dependent_auc(-log_hazard, label[:, 0], label[:, 1], horizons=HORIZONS)
    np.testing.assert_allclose(opposite, 1 - plain, atol=1e-12)


@some
@given(cohorts())
def test_horizon_beyond_follow_up_gives_nan_and_exactly_one_warning(cohort: Cohort) -> None:
    log_hazard, label = cohort
    survival = torch.full((len(label), 2), 0.5)
    for undefined in (
        lambda: brier_score(survival, label[:, 0], label[:, 1], horizons=[12.0, 99.0]),
        lambda: time_dependent_auc(log_hazard, label[:, 0], label[:, 1], horizons=[12.0, 99.0]),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert np.isnan(undefined()).all()
        assert [str(warning.message).split(" at ")[1][:14] for warning in caught] == ["2 of 2 horizons"[:14]]
