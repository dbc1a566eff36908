"""The optimiser's constants."""

from __future__ import annotations

import pytest
import torch

from prognos.engines import build_lazy_adam


def test_constants_shrink_with_the_interval_as_in_the_paper() -> None:
    group = build_lazy_adam([torch.nn.Parameter(torch.zeros(1))], 0.0025, interval=4).param_groups[0]
    assert group["lr"] == pytest.approx(0.002)
    assert group["betas"] == (0.0, pytest.approx(0.99**0.8))


def test_without_a_regulariser_nothing_shrinks() -> None:
    group = build_lazy_adam([torch.nn.Parameter(torch.zeros(1))], 0.0025, interval=0).param_groups[0]
    assert group["lr"] == 0.0025
    assert group["betas"] == (0.0, 0.99)
