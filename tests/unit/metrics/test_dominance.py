"""Sums over the points that come earlier and are ahead, against two loops."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics.dominance import sum_earlier_ahead


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 37])
def test_sums_are_those_of_two_loops(size: int) -> None:
    generator = np.random.default_rng(size)
    order, first, second = generator.permutation(size), generator.random(size), generator.integers(0, 5, size) + 0.0
    rank = np.argsort(order)
    ahead = [[other for other in range(place) if rank[other] < rank[place]] for place in range(size)]
    ours = sum_earlier_ahead(order, first, second)
    np.testing.assert_allclose(ours[0], [first[others].sum() for others in ahead], rtol=1e-14)
    np.testing.assert_array_equal(ours[1], [second[others].sum() for others in ahead])
