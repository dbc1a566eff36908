"""What must hold for the concordance indices of every cohort."""

from __future__ import annotations

import math
import random
import warnings

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prognos.metrics import concordance_difference, concordance_index, uno_concordance_index
from strategies import Cohort, cohorts, columns

some = settings(deadline=None, max_examples=50)


def by_definition(score: np.ndarray, time: np.ndarray, event: np.ndarray, weight: np.ndarray) -> float:
    """Harrell's index over all pairs, with a matrix; NaN without a comparable pair."""
    later = (time[:, None] < time) | ((time[:, None] == time) & ~event)
    comparable = later & event[:, None] * np.ones_like(later)
    pair = comparable * np.outer(weight, weight)
    right = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    return float((pair * right).sum() / pair.sum()) if comparable.any() else math.nan


def index(log_hazard: torch.Tensor, label: torch.Tensor, **columns: torch.Tensor) -> tuple[float, float]:
    """The index without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return concordance_index(log_hazard, label[:, 0], label[:, 1], **columns)


@some
@given(cohorts(), st.data())
def test_index_is_its_definition(cohort: Cohort, data: st.DataObject) -> None:
    log_hazard, label = cohort
    weight = data.draw(columns(len(label)))["weight"]
    score, time, event = log_hazard[:, 0].round().numpy(), label[:, 0].numpy(), label[:, 1].numpy() == 1
    ours = index(torch.tensor(score), label, weight=weight)[0]
    assert ours == pytest.approx(by_definition(score, time, event, weight.numpy()), abs=1e-12, nan_ok=True)


@some
@given(cohorts(min_events=2), st.data())
def test_standard_error_is_that_of_the_leave_one_out_slope(cohort: Cohort, data: st.DataObject) -> None:
    log_hazard, label = cohort
    weight = data.draw(columns(len(label)))["weight"].numpy()
    score, time, event = log_hazard[:, 0].numpy(), label[:, 0].numpy(), label[:, 1].numpy() == 1
    assume(not math.isnan(by_definition(score, time, event, weight)))
    slopes, step = [], 1e-5
    for sample in range(len(weight)):
        values = []
        for sign in (1.0, -1.0):
            moved = weight.copy()
            moved[sample] *= 1 + sign * step
            values.append(by_definition(score, time, event, moved))
        slopes.append((values[0] - values[1]) / (2 * step))
    # Central differences of a smooth function: error of the order of the step squared.
    expected = float(np.linalg.norm(slopes))
    assert index(log_hazard, label, weight=torch.tensor(weight))[1] == pytest.approx(expected, rel=1e-6, abs=1e-8)


@some
@given(cohorts(), st.data(), st.randoms(use_true_random=False))
def test_order_of_the_samples_does_not_matter(cohort: Cohort, data: st.DataObject, random: random.Random) -> None:
    log_hazard, label = cohort
    drawn = data.draw(columns(len(label)))
    order = list(range(len(label)))
    random.shuffle(order)
    shuffled = index(log_hazard[order], label[order], **{key: value[order] for key, value in drawn.items()})
    assert shuffled == pytest.approx(index(log_hazard, label, **drawn), abs=1e-12, nan_ok=True)


@some
@given(cohorts(extreme=20.0))
def test_increasing_maps_of_log_hazard_and_time_change_nothing(cohort: Cohort) -> None:
    log_hazard, label = cohort
    log_hazard = log_hazard.round()
    mapped = index(log_hazard.exp(), torch.stack([label[:, 0] ** 3, label[:, 1]], dim=1))
    assert mapped == pytest.approx(index(log_hazard, label), abs=1e-12, nan_ok=True)


@some
@given(cohorts())
def test_opposite_log_hazards_give_the_opposite_index(cohort: Cohort) -> None:
    log_hazard, label = cohort
    (value, error), (opposite, same) = index(log_hazard, label), index(-log_hazard, label)
    assert opposite == pytest.approx(1 - value, abs=1e-12, nan_ok=True)
    assert same == pytest.approx(error, abs=1e-12, nan_ok=True)


@some
@given(cohorts(min_events=1))
def test_constant_log_hazard_scores_one_half(cohort: Cohort) -> None:
    log_hazard, label = cohort
    assume(not math.isnan(index(log_hazard, label)[0]))
    assert index(log_hazard * 0, label) == pytest.approx((0.5, 0.0), abs=1e-12)


@some
@given(cohorts())
def test_all_censored_gives_nan_and_exactly_one_warning(cohort: Cohort) -> None:
    log_hazard, label = cohort
    functions = (concordance_index, uno_concordance_index, lambda a, *rest: concordance_difference(a, -a, *rest))
    for function in functions:
        with pytest.warns(UserWarning, match="no comparable pair") as caught:
            assert np.isnan(function(log_hazard, label[:, 0], label[:, 1] * 0)).all()
        assert len(caught) == 1


@some
@given(cohorts())
def test_without_censoring_uno_is_harrell(cohort: Cohort) -> None:
    log_hazard, label = cohort
    time, event = label[:, 0], torch.ones(len(label))
    assume(len(time.unique()) > 1)
    harrell = concordance_index(log_hazard, time, event)
    assert uno_concordance_index(log_hazard, time, event) == pytest.approx(harrell, abs=1e-12)


@some
@given(cohorts(min_events=1))
def test_model_does_not_differ_from_itself(cohort: Cohort) -> None:
    log_hazard, label = cohort
    assume(not math.isnan(index(log_hazard, label)[0]))
    assert concordance_difference(log_hazard, 2 * log_hazard, label[:, 0], label[:, 1]) == (0.0, 0.0)


@some
@given(cohorts(min_events=1))
def test_every_sample_a_cluster_changes_nothing(cohort: Cohort) -> None:
    log_hazard, label = cohort
    clustered = index(log_hazard, label, cluster=torch.arange(len(label)).flip(0))
    assert clustered == pytest.approx(index(log_hazard, label), abs=1e-12, nan_ok=True)
