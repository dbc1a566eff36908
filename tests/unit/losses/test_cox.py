"""CoxLoss on cases small enough to compute by hand, and at its border."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from monai.data import MetaTensor

from prognos.losses import CoxLoss

LOG_HAZARD = torch.tensor([[1.0], [0.0], [-1.0]], dtype=torch.float64)
LABEL = torch.tensor([[10.0, 1.0], [20.0, 1.0], [30.0, 0.0]], dtype=torch.float64)
E = math.e


def test_loss_is_that_computed_by_hand() -> None:
    expected = (math.log(E + 1 + 1 / E) - 1 + math.log(1 + 1 / E)) / 2
    assert CoxLoss()(LOG_HAZARD, LABEL).item() == pytest.approx(expected, rel=1e-14)


def test_sum_is_mean_times_events() -> None:
    assert CoxLoss(reduction="sum")(LOG_HAZARD, LABEL).item() == pytest.approx(2 * CoxLoss()(LOG_HAZARD, LABEL).item())


def test_tied_events_share_their_risk_set_after_efron_or_breslow() -> None:
    label = torch.tensor([[10.0, 1.0], [10.0, 1.0], [10.0, 0.0]])
    whole, tied = E + 1 + 1 / E, E + 1
    efron = math.log(whole) + math.log(whole - tied / 2) - 1
    breslow = 2 * math.log(whole) - 1
    assert CoxLoss("efron", "sum")(LOG_HAZARD, label).item() == pytest.approx(efron, rel=1e-14)
    assert CoxLoss("breslow", "sum")(LOG_HAZARD, label).item() == pytest.approx(breslow, rel=1e-14)


def test_sample_censored_at_the_time_of_an_event_is_still_at_risk() -> None:
    label = torch.tensor([[10.0, 0.0], [10.0, 1.0], [30.0, 0.0]])
    assert CoxLoss()(LOG_HAZARD, label).item() == pytest.approx(math.log(E + 1 + 1 / E), rel=1e-14)


def test_sample_that_enters_later_is_not_at_risk_before() -> None:
    loss = CoxLoss("efron", "sum")(LOG_HAZARD, LABEL, entry=torch.tensor([0.0, 10.0, 5.0]))
    expected = math.log(E + 1 / E) - 1 + math.log(1 + 1 / E)
    assert loss.item() == pytest.approx(expected, rel=1e-14)


def test_strata_are_added_and_never_compared() -> None:
    label = torch.tensor([[1.0, 1.0], [2.0, 0.0], [1.0, 1.0], [9.0, 1.0]])
    log_hazard = torch.tensor([[0.3], [2.0], [-1.0], [0.7]], dtype=torch.float64)
    loss = CoxLoss(reduction="sum")
    apart = loss(log_hazard[:2], label[:2]) + loss(log_hazard[2:], label[2:])
    assert loss(log_hazard, label, strata=torch.tensor([7, 7, -2, -2])).item() == pytest.approx(apart.item(), rel=1e-14)


def test_integer_weight_is_that_many_copies_under_breslow() -> None:
    loss = CoxLoss("breslow")
    copies = torch.tensor([0, 0, 1, 2, 2, 2])
    weighted = loss(LOG_HAZARD, LABEL, weight=torch.tensor([2.0, 1.0, 3.0]))
    assert weighted.item() == pytest.approx(loss(LOG_HAZARD[copies], LABEL[copies]).item(), rel=1e-14)


def test_weight_zero_is_as_if_absent() -> None:
    log_hazard = LOG_HAZARD.clone().requires_grad_()
    weighted = CoxLoss()(log_hazard, LABEL, weight=torch.tensor([1.0, 0.0, 1.0]))
    weighted.backward()
    assert weighted.item() == pytest.approx(CoxLoss()(LOG_HAZARD[[0, 2]], LABEL[[0, 2]]).item(), rel=1e-14)
    assert log_hazard.grad is not None
    assert log_hazard.grad[1].item() == 0.0


def test_gradient_is_that_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    log_hazard = torch.randn(12, 1, generator=generator, dtype=torch.float64, requires_grad=True)
    time = torch.randint(3, 7, (12,), generator=generator).double()
    label = torch.stack([time, (torch.rand(12, generator=generator) < 0.7).double()], dim=1)
    weight, strata = torch.rand(12, generator=generator) + 0.5, torch.arange(12) % 2
    entry = time - torch.randint(1, 4, (12,), generator=generator)
    assert torch.autograd.gradcheck(lambda x: CoxLoss()(x, label, weight, strata, entry), (log_hazard,))


def test_no_event_gives_a_zero_attached_to_the_graph() -> None:
    log_hazard = LOG_HAZARD.clone().requires_grad_()
    loss = CoxLoss()(log_hazard, LABEL * torch.tensor([1.0, 0.0]))
    loss.backward()
    assert loss.item() == 0.0
    assert log_hazard.grad is not None
    assert not log_hazard.grad.any()


def test_one_sample_gives_zero() -> None:
    assert CoxLoss()(LOG_HAZARD[:1], LABEL[:1]).item() == 0.0


@pytest.mark.parametrize("scale", [1.0, 500.0])
@pytest.mark.parametrize("entry", [None, torch.zeros(3)], ids=["prefix", "ranges"])
def test_value_and_gradient_are_finite_at_extreme_log_hazards(scale: float, entry: torch.Tensor | None) -> None:
    log_hazard = (LOG_HAZARD * scale).flip(0).requires_grad_()
    loss = CoxLoss()(log_hazard, LABEL, entry=entry)
    loss.backward()
    expected = CoxLoss()(log_hazard.detach(), LABEL)
    assert log_hazard.grad is not None
    assert torch.isfinite(log_hazard.grad).all()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-14)


def test_times_that_differ_only_in_float64_are_not_ties() -> None:
    near = LABEL.clone()
    near[1, 0] = 10.0 + 1e-12
    assert CoxLoss()(LOG_HAZARD, near).item() == pytest.approx(CoxLoss()(LOG_HAZARD, LABEL).item(), rel=1e-14)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(torch.float64, torch.float64), (torch.float32, torch.float32), (torch.bfloat16, torch.float32)],
)
def test_loss_is_never_below_float32_and_gradient_is_in_the_dtype_of_the_input(
    dtype: torch.dtype, expected: torch.dtype
) -> None:
    log_hazard = LOG_HAZARD.to(dtype, copy=True).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = CoxLoss()(log_hazard, LABEL.float())
    loss.backward()
    assert loss.dtype == expected
    assert log_hazard.grad is not None
    assert log_hazard.grad.dtype == dtype
    assert loss.item() == pytest.approx(CoxLoss()(LOG_HAZARD, LABEL).item(), rel=1e-6)


def test_metadata_tensors_of_monai_are_taken() -> None:
    log_hazard = LOG_HAZARD.clone().requires_grad_()
    CoxLoss()(MetaTensor(log_hazard), MetaTensor(LABEL)).backward()
    assert log_hazard.grad is not None


def test_second_derivative_is_refused() -> None:
    log_hazard = LOG_HAZARD.clone().requires_grad_()
    with pytest.raises(NotImplementedError, match="create_graph"):
        torch.autograd.grad(CoxLoss()(log_hazard, LABEL), log_hazard, create_graph=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_hazard": LOG_HAZARD[:, 0]}, r"expected \[B, 1\]"),
        ({"log_hazard": LOG_HAZARD[:2]}, r"same B"),
        ({"log_hazard": LOG_HAZARD * math.inf}, "log hazard are NaN or infinite"),
        ({"label": LABEL * math.nan}, "time are NaN or infinite"),
        ({"label": LABEL * 2}, "event flags other than 0 and 1"),
        ({"weight": torch.tensor([1.0, -1.0, 1.0])}, "negative weights"),
        ({"weight": torch.ones(2)}, r"weight has shape \[2\]"),
        ({"strata": torch.tensor([0.5, 0.5, 1.0])}, "expected integers"),
        ({"entry": torch.tensor([0.0, 20.0, 0.0])}, "1 of 3 samples enter at or after"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_wrong_input_is_refused(change: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CoxLoss()(**{"log_hazard": LOG_HAZARD, "label": LABEL, **change})


@pytest.mark.parametrize("options", [{"ties": "exact"}, {"reduction": "none"}])
def test_unknown_option_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        CoxLoss(**options)


def test_gathered_gradient_over_two_processes_is_that_of_the_whole_cohort(tmp_path: Path) -> None:
    worker = Path(__file__).parents[2] / "processes" / "cox_gather.py"
    command = [sys.executable, "-W", "ignore", str(worker), str(tmp_path / "meeting")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    first, second = (subprocess.Popen([*command, rank], env=environment, stderr=subprocess.PIPE) for rank in "01")
    for process in (first, second):
        _, message = process.communicate(timeout=300)
        assert process.returncode == 0, message.decode()


def test_gather_without_a_process_group_changes_nothing() -> None:
    assert CoxLoss(gather=True)(LOG_HAZARD, LABEL).item() == CoxLoss()(LOG_HAZARD, LABEL).item()
