"""What must hold for every cohort, whatever its ties and its censoring."""

from __future__ import annotations

import math
import random

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prognos.losses import CoxLoss
from strategies import Cohort, cohorts, columns

some = settings(deadline=None, max_examples=50)


def by_definition(log_hazard: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Efron's partial likelihood, summed over event times in two Python loops."""
    score, (time, event) = log_hazard[:, 0], label.T
    total = torch.zeros((), dtype=torch.float64)
    for t in time[event == 1].unique():
        tied, rest = (time == t) & (event == 1), (time > t) | ((time == t) & (event == 0))
        for place in range(int(tied.sum())):
            share = torch.tensor(1 - place / int(tied.sum()), dtype=torch.float64).log()
            total = total + torch.logsumexp(torch.cat([score[rest], score[tied] + share]), 0)
        total = total - score[tied].sum()
    return total


@some
@given(cohorts())
def test_loss_is_its_definition(cohort: Cohort) -> None:
    log_hazard, label = cohort
    expected = by_definition(log_hazard, label)
    torch.testing.assert_close(CoxLoss(reduction="sum")(log_hazard, label), expected, rtol=1e-10, atol=1e-10)


@some
@given(cohorts(extreme=30.0))
def test_gradient_is_that_of_the_definition(cohort: Cohort) -> None:
    log_hazard, label = cohort
    log_hazard.requires_grad_()
    (ours,) = torch.autograd.grad(CoxLoss(reduction="sum")(log_hazard, label), log_hazard)
    expected = torch.autograd.grad(by_definition(log_hazard, label) + 0 * log_hazard.sum(), log_hazard)[0]
    torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-9)


@some
@given(cohorts(), st.data())
def test_loss_and_gradient_are_finite_for_any_hazard(cohort: Cohort, data: st.DataObject) -> None:
    log_hazard, label = cohort
    log_hazard.requires_grad_()
    loss = CoxLoss()(log_hazard, label, **data.draw(columns(len(label))), entry=label[:, 0] / 2)
    loss.backward()
    assert torch.isfinite(loss)
    assert log_hazard.grad is not None
    assert torch.isfinite(log_hazard.grad).all()


@some
@given(cohorts(), st.data())
def test_entry_before_every_event_changes_nothing(cohort: Cohort, data: st.DataObject) -> None:
    log_hazard, label = cohort
    drawn = data.draw(columns(len(label)))
    early = CoxLoss()(log_hazard, label, **drawn, entry=torch.zeros(len(label)))
    torch.testing.assert_close(early, CoxLoss()(log_hazard, label, **drawn), rtol=1e-10, atol=1e-10)


@some
@given(cohorts(min_events=1), st.floats(-50.0, 50.0))
def test_adding_a_constant_to_every_log_hazard_changes_nothing(cohort: Cohort, shift: float) -> None:
    log_hazard, label = cohort
    moved = CoxLoss()(log_hazard + shift, label)
    torch.testing.assert_close(moved, CoxLoss()(log_hazard, label), rtol=1e-10, atol=1e-10)


@some
@given(cohorts(min_events=1))
def test_increasing_map_of_the_times_changes_nothing(cohort: Cohort) -> None:
    log_hazard, label = cohort
    mapped = torch.stack([label[:, 0].exp(), label[:, 1]], dim=1)
    torch.testing.assert_close(CoxLoss()(log_hazard, mapped), CoxLoss()(log_hazard, label), rtol=1e-12, atol=0)


@some
@given(cohorts(min_events=1), st.data(), st.randoms(use_true_random=False))
def test_order_of_the_samples_does_not_matter(cohort: Cohort, data: st.DataObject, random: random.Random) -> None:
    log_hazard, label = cohort
    drawn = data.draw(columns(len(label)))
    order = list(range(len(label)))
    random.shuffle(order)
    shuffled = {key: value[order] for key, value in drawn.items()}
    ours = CoxLoss()(log_hazard[order], label[order], **shuffled)
    torch.testing.assert_close(ours, CoxLoss()(log_hazard, label, **drawn), rtol=1e-10, atol=1e-10)


@some
@given(cohorts(min_events=1), st.floats(0.25, 8.0))
def test_scaling_all_weights_adds_the_log_of_the_scale_to_the_mean(cohort: Cohort, scale: float) -> None:
    log_hazard, label = cohort
    weight = torch.arange(1, len(label) + 1).double()
    ours = CoxLoss()(log_hazard, label, weight=weight * scale) - math.log(scale)
    torch.testing.assert_close(ours, CoxLoss()(log_hazard, label, weight=weight), rtol=1e-10, atol=1e-10)


@some
@given(cohorts(min_events=1))
def test_gradient_sums_to_zero(cohort: Cohort) -> None:
    log_hazard, label = cohort
    log_hazard.requires_grad_()
    (gradient,) = torch.autograd.grad(CoxLoss()(log_hazard, label), log_hazard)
    torch.testing.assert_close(gradient.sum(), torch.zeros((), dtype=torch.float64), rtol=0, atol=1e-10)


@some
@given(cohorts())
def test_all_censored_gives_zero(cohort: Cohort) -> None:
    log_hazard, label = cohort
    assert CoxLoss()(log_hazard, label * torch.tensor([1.0, 0.0])).item() == 0.0
