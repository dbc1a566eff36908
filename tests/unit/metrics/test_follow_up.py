"""Follow-up and the horizons it can carry."""

from __future__ import annotations

import numpy as np

from prognos.metrics import choose_horizons, describe_follow_up


def test_median_follow_up_without_events_is_the_median_time() -> None:
    assert describe_follow_up([1, 2, 3, 4, 5], [0] * 5).median == 3


def test_follow_up_is_that_of_the_censoring() -> None:
    found = describe_follow_up([1, 2, 3, 4], [1, 1, 0, 0])
    assert (found.median, found.upper_quartile, found.longest, found.patients, found.events) == (3.5, 4, 4, 4, 2)


def test_a_horizon_is_trimmed_for_each_reason_it_has() -> None:
    time, event = np.arange(1.0, 101.0), np.tile([1, 0], 50)
    rows = choose_horizons(time, event, candidates=[5, 50, 99], largest_weight=2.0, longest=60)
    assert [row.kept for row in rows] == [False, True, False]
    assert rows[0].reason == "events before it: 3, expected 10 or more"
    assert rows[2].reason.count(";") == 2
    assert "no further than 60 days" in rows[2].reason
    assert "patients followed longer: 1," in rows[2].reason
    assert "would weigh" in rows[2].reason


def test_short_follow_up_falls_back_to_quartiles_of_the_event_times() -> None:
    rows = choose_horizons(np.arange(1.0, 101.0), np.ones(100))
    assert [row.days for row in rows if row.kept] == [26, 50, 75]
    assert next(row.days for row in rows if not row.kept) == 365
