"""Agreement of readers."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import intraclass_correlation


def readings(seed: int, *, between: float, within: float, things: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Values of 2 to 4 readers of each of some things."""
    random = np.random.default_rng(seed)
    thing = np.repeat(np.arange(things), random.integers(2, 5, things))
    value = between * random.standard_normal(things)[thing] + within * random.standard_normal(len(thing))
    return value, thing


def test_it_is_the_share_of_the_variance_between_things() -> None:
    value, thing = readings(0, between=3.0, within=1.0, things=4000)
    found = intraclass_correlation(value, thing)
    assert found.icc == pytest.approx(0.9, abs=0.01)
    assert found.within_variance == pytest.approx(1.0, abs=0.05)
    assert found.between_variance == pytest.approx(9.0, abs=0.6)


def test_perfect_and_absent_agreement() -> None:
    thing = np.repeat(np.arange(5), 3)
    perfect = intraclass_correlation(thing.astype(float), thing)
    assert (perfect.icc, perfect.low, perfect.high) == (1, 1, 1)
    opposed = intraclass_correlation([0.0, 1, 0, 1, 0, 1], list("aabbcc"))
    assert opposed.icc < 0


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        found = intraclass_correlation(*readings(seed, between=1.0, within=1.0))
        held += found.low <= 0.5 <= found.high
    assert 182 <= held <= 198


def test_things_of_one_cluster_count_as_one_for_the_interval() -> None:
    value, thing = readings(7, between=1.0, within=0.5)
    alone = intraclass_correlation(value, thing, cluster=thing)
    plain = intraclass_correlation(value, thing)
    assert alone.icc == plain.icc
    np.testing.assert_allclose([alone.low, alone.high], [plain.low, plain.high], atol=0.06)
    copies = np.tile(value, 4), np.concatenate([thing + 100 * copy for copy in range(4)])
    honest = intraclass_correlation(*copies, cluster=np.tile(thing, 4))
    naive = intraclass_correlation(*copies)
    assert honest.high - honest.low > 1.7 * (naive.high - naive.low)


def test_a_thing_with_one_reading_says_nothing() -> None:
    one = intraclass_correlation([1.0, 2, 5, 6, 100], list("aabbc"))
    assert one == intraclass_correlation([1.0, 2, 5, 6], list("aabb"))


@pytest.mark.parametrize(
    ("value", "group", "message"),
    [
        ([1.0, 2, 3], list("abc"), "fewer than 2 groups"),
        ([1.0, 2, 3], list("aab"), "fewer than 2 groups"),
        ([1.0] * 4, list("aabb"), "all values are the same"),
    ],
)
def test_what_has_no_agreement_is_refused(value: list[float], group: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        intraclass_correlation(value, group)
