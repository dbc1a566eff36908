"""Shares of saliency on regions, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import exchange_share, saliency_by_region


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


def test_the_share_of_a_region_is_its_part_of_the_variance_when_regions_add_up() -> None:
    random = np.random.default_rng(0)
    face, background = random.normal(0, 3, 200_000), random.normal(0, 1, 200_000)
    other = random.permutation(200_000)
    assert exchange_share(face + background, face[other] + background) == pytest.approx(0.9, abs=0.01)
    assert exchange_share(face + background, face + background[other]) == pytest.approx(0.1, abs=0.01)
    assert exchange_share(face, face) == 0


def test_a_share_of_scores_that_do_not_differ_is_refused() -> None:
    with pytest.raises(ValueError, match="do not differ"):
        exchange_share([1.0, 1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"expected \[N\] twice"):
        exchange_share([1.0, 2.0], [1.0, 2.0, 3.0])
