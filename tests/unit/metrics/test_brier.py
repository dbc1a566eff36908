"""Brier score and time-dependent AUC, computed by hand where an event and a censoring share a time."""

from __future__ import annotations

import pytest

from prognos.metrics import brier_score, time_dependent_auc

# The censoring at time 2 leaves G at 1 just before it, 1/2 after it: the event of that time weighs 1, who is left 2.
TIME, EVENT, HORIZON = [1.0, 2.0, 2.0, 3.0], [1, 1, 0, 1], [2.5]


def test_brier_score_reads_the_censoring_just_before_an_event() -> None:
    survival = [[0.5], [0.4], [0.9], [0.8]]
    expected = (0.5**2 + 0.4**2 + 2 * 0.2**2) / 4
    assert brier_score(survival, TIME, EVENT, horizons=HORIZON) == pytest.approx([expected], rel=1e-14)


def test_auc_reads_the_censoring_just_before_an_event() -> None:
    assert time_dependent_auc([2.0, 0.0, 9.0, 1.0], TIME, EVENT, horizons=HORIZON) == pytest.approx([0.5], rel=1e-14)


def test_weight_counts_copies() -> None:
    survival, copies = [[0.5], [0.4], [0.9], [0.8]], [0, 0, 1, 2, 3, 3]
    weighted = brier_score(survival, TIME, EVENT, horizons=HORIZON, weight=[2, 1, 1, 2])
    repeated = brier_score(
        [survival[i] for i in copies], [TIME[i] for i in copies], [EVENT[i] for i in copies], horizons=HORIZON
    )
    assert weighted == pytest.approx(repeated, rel=1e-14)
