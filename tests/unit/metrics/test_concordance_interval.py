"""The interval reaches 1.96 standard errors to each side and stays a share."""

from __future__ import annotations

import math

import pytest

from prognos.metrics import concordance_interval


def test_an_interval_reaches_196_standard_errors() -> None:
    assert concordance_interval(0.7, 0.1) == pytest.approx((0.504, 0.896), abs=1e-4)


def test_an_interval_ends_at_zero_and_one() -> None:
    assert concordance_interval(0.95, 0.2)[1] == 1.0
    assert concordance_interval(0.05, 0.2)[0] == 0.0


@pytest.mark.parametrize(("index", "error"), [(math.nan, 0.1), (0.7, math.nan)])
def test_an_undefined_index_has_no_interval(index: float, error: float) -> None:
    assert all(math.isnan(end) for end in concordance_interval(index, error))
