"""CoxLoss against R's survival package, torchsurv and lifelines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torchsurv.loss.cox import neg_partial_log_likelihood

from golden import COHORTS, columns
from prognos.losses import CoxLoss

CASES = [
    pytest.param(name, case, id=f"{name}-{'-'.join(str(case[key]) for key in list(case)[:4])}")
    for name, cohort in COHORTS.items()
    for case in cohort["likelihood"]
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_value_and_gradient_equal_those_of_r(name: str, case: dict[str, Any]) -> None:
    data = {key: torch.tensor(value) for key, value in columns(name).items()}
    log_hazard = data["log_hazard"].double()[:, None].requires_grad_()
    label = torch.stack([data["time"].double(), data["event"].double()], dim=1)
    loss = CoxLoss(case["ties"], "sum")(
        log_hazard,
        label,
        weight=data["weight"] if case["weighted"] else None,
        strata=data["stratum"] if case["stratified"] else None,
        entry=data["entry"] if case["entered"] else None,
    )
    loss.backward()
    assert loss.item() == pytest.approx(case["loss"], rel=1e-12)
    if "gradient" in case:
        assert log_hazard.grad is not None
        np.testing.assert_allclose(log_hazard.grad[:, 0], case["gradient"], rtol=1e-8, atol=1e-10)


def make_cohort(size: int, seed: int, distinct_times: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Standard normal log hazards and 60 % events; all times differ unless ``distinct_times`` is given."""
    generator = torch.Generator().manual_seed(seed)
    log_hazard = torch.randn(size, 1, generator=generator)
    if distinct_times is None:
        time = torch.randperm(size, generator=generator).float() + 1.0
    else:
        time = torch.randint(1, distinct_times + 1, (size,), generator=generator).float()
    event = (torch.rand(size, generator=generator) < 0.6).float()
    return log_hazard, torch.stack([time, event], dim=1)


@pytest.mark.filterwarnings("ignore:Ties in `time`")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("distinct_times", [3, 30, None], ids=["many_ties", "some_ties", "no_tie"])
def test_equals_torchsurv(distinct_times: int | None, seed: int) -> None:
    log_hazard, label = make_cohort(64, seed, distinct_times)
    expected = neg_partial_log_likelihood(log_hazard[:, 0], label[:, 1] > 0.5, label[:, 0], reduction="sum")
    # torchsurv sums 64 terms in float32: 1e-5 is the accuracy it can claim.
    torch.testing.assert_close(CoxLoss(reduction="sum")(log_hazard, label), expected, rtol=1e-5, atol=1e-5)


def test_equals_lifelines() -> None:
    pandas = pytest.importorskip("pandas")
    lifelines = pytest.importorskip("lifelines")
    covariate, label = (tensor.double() for tensor in make_cohort(80, seed=0, distinct_times=12))
    frame = pandas.DataFrame({"x": covariate[:, 0], "time": label[:, 0], "event": label[:, 1]})
    fit = lifelines.CoxPHFitter().fit(frame, "time", "event")
    ours = -CoxLoss(reduction="sum")(covariate * fit.params_["x"], label)
    # lifelines stops its iterations when the step is below 1e-7.
    assert ours.item() == pytest.approx(fit.log_likelihood_, rel=1e-6)


@pytest.mark.xfail(strict=True, reason="torchsurv 0.2.0 drops a censored sample that ties with a lone event")
def test_torchsurv_keeps_a_censored_tie_in_the_risk_set() -> None:
    log_hazard = torch.tensor([0.3, 1.0, -0.5, 0.2])
    time, event = torch.tensor([2.0, 2.0, 3.0, 4.0]), torch.tensor([False, True, True, False])
    exact = CoxLoss(reduction="sum")(log_hazard[:, None].double(), torch.stack([time, event.float()], dim=1))
    torchsurv = neg_partial_log_likelihood(log_hazard, event, time, reduction="sum")
    torch.testing.assert_close(torchsurv.double(), exact, rtol=1e-5, atol=1e-5)


@pytest.mark.xfail(strict=True, reason="torchsurv 0.2.0 takes exponentials out of log space")
@pytest.mark.filterwarnings("ignore:Ties in `time`")
def test_torchsurv_is_finite_at_large_log_hazards() -> None:
    log_hazard, label = make_cohort(16, seed=0, distinct_times=3)
    assert torch.isfinite(neg_partial_log_likelihood(300 * log_hazard[:, 0], label[:, 1] > 0.5, label[:, 0]))


@pytest.mark.xfail(strict=True, reason="torchsurv 0.2.0 gives a zero without graph when there is no event")
@pytest.mark.filterwarnings("ignore:No events")
def test_torchsurv_keeps_the_graph_without_events() -> None:
    log_hazard, label = make_cohort(16, seed=0)
    loss = neg_partial_log_likelihood(log_hazard[:, 0].requires_grad_(), label[:, 1] > 2, label[:, 0])
    assert loss.grad_fn is not None
