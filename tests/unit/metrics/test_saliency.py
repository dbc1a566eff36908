"""Shares of saliency on regions, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import saliency_by_region


def test_saliency_is_shared_over_regions_and_the_rest() -> None:
    saliency = np.zeros((1, 4, 4))
    saliency[0, :2] = 3.0
    saliency[0, 2:] = 1.0
    face = np.zeros((4, 4), bool)
    face[:2, :2] = True
    found = saliency_by_region(saliency, {"face": face})
    assert found["face"] == pytest.approx((12 / 32, 4 / 16, 1.5))
    assert found["elsewhere"].saliency == pytest.approx(20 / 32)


def test_saliency_refuses_overlapping_regions_and_a_dead_network() -> None:
    full = np.ones((4, 4), bool)
    with pytest.raises(ValueError, match="overlap"):
        saliency_by_region(np.ones((1, 4, 4)), {"face": full, "clothes": full})
    with pytest.raises(ValueError, match="responds to no pixel"):
        saliency_by_region(np.zeros((1, 4, 4)), {"face": full})
