"""The schedule of the learning rate."""

from __future__ import annotations

import pytest

from prognos.inferers.latent_search import QuasiNewtonSearch, SphereSearch, learning_rate_share


def test_the_learning_rate_ramps_up_stays_and_ramps_down() -> None:
    assert [round(learning_rate_share(step / 1000), 4) for step in (0, 25, 50, 400, 750, 875)] == [0, 0.5, 1, 1, 1, 0.5]
    assert learning_rate_share(0.999) < 1e-4


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="evaluations=0"):
        QuasiNewtonSearch(0)
    with pytest.raises(ValueError, match="probes=0"):
        QuasiNewtonSearch(probes=0)
    with pytest.raises(ValueError, match="starts=9, candidates=8"):
        SphereSearch(starts=9, candidates=8)
