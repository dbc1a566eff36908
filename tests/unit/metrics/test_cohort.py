"""Metrics over a cohort: patients instead of annotations, and what happens when nothing can be computed."""

from __future__ import annotations

import math

import pytest
import torch

from prognos.losses import CoxLoss
from prognos.metrics import ConcordanceIndexMetric, CoxLossMetric, concordance_index

LOG_HAZARD = torch.tensor([[3.0], [1.0], [2.0], [1.0]])
LABEL = torch.tensor([[10.0, 1.0], [20.0, 1.0], [30.0, 0.0], [10.0, 1.0]], dtype=torch.float64)


def test_annotations_of_a_patient_are_averaged_before_the_index() -> None:
    metric = ConcordanceIndexMetric()
    metric(LOG_HAZARD[:3], LABEL[:3], torch.tensor([4, 0, 9]))
    metric([LOG_HAZARD[3]], [LABEL[3]], [torch.tensor(4)])
    averaged = torch.tensor([1.0, 2.0, 2.0])  # patients 0, 4, 9
    index, error = concordance_index(averaged, LABEL[[1, 0, 2], 0], LABEL[[1, 0, 2], 1])
    assert metric.aggregate() == index
    assert metric.estimate() == (index, error, 2, 3)


def test_loss_of_the_cohort_is_not_the_mean_of_the_batches() -> None:
    metric = CoxLossMetric()
    for rows in (slice(0, 2), slice(2, 4)):
        metric(LOG_HAZARD[rows], LABEL[rows])
    assert metric.aggregate() == CoxLoss()(LOG_HAZARD.double(), LABEL).item()


def test_reset_forgets_the_epoch() -> None:
    metric = CoxLossMetric()
    metric(LOG_HAZARD, LABEL)
    metric.reset()
    metric(LOG_HAZARD[:2], LABEL[:2])
    assert metric.aggregate() == CoxLoss()(LOG_HAZARD[:2].double(), LABEL[:2]).item()


@pytest.mark.parametrize("metric", [ConcordanceIndexMetric(), CoxLossMetric()], ids=["index", "loss"])
def test_nothing_to_compute_gives_nan_and_exactly_one_warning(metric: ConcordanceIndexMetric | CoxLossMetric) -> None:
    metric(LOG_HAZARD, LABEL * torch.tensor([1.0, 0.0]))
    with pytest.warns(UserWarning, match="undefined") as caught:
        assert math.isnan(metric.aggregate())
    assert len(caught) == 1


@pytest.mark.parametrize("metric", [ConcordanceIndexMetric(), CoxLossMetric()], ids=["index", "loss"])
def test_epoch_without_a_batch_gives_nan(metric: ConcordanceIndexMetric | CoxLossMetric) -> None:
    with pytest.warns(UserWarning, match="among 0"):
        assert math.isnan(metric.aggregate())


def test_annotations_of_a_patient_with_different_outcomes_are_refused() -> None:
    metric = ConcordanceIndexMetric()
    metric(LOG_HAZARD, LABEL, torch.tensor([0, 0, 1, 2]))
    with pytest.raises(ValueError, match="time or event"):
        metric.aggregate()


def test_patient_index_for_some_samples_only_is_refused() -> None:
    metric = ConcordanceIndexMetric()
    metric(LOG_HAZARD[:2], LABEL[:2], torch.tensor([0, 1]))
    metric(LOG_HAZARD[2:], LABEL[2:])
    with pytest.raises(ValueError, match="only some samples"):
        metric.aggregate()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"log hazard has shape \[4, 1\], label \[3, 2\]"):
        CoxLossMetric()(LOG_HAZARD, LABEL[:3])
