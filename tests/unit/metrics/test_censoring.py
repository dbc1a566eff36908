"""Kaplan-Meier curve of the censoring, computed by hand."""

from __future__ import annotations

import numpy as np

from prognos.metrics.censoring import censoring_curve


def test_event_at_the_time_of_a_censoring_happens_first() -> None:
    time, event = np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True])
    curve = censoring_curve(time, event, np.ones(4))
    # At time 2 the event leaves first: the censored one is 1 of 2 that are still followed.
    np.testing.assert_allclose(curve.after(np.array([0.0, 1.0, 2.0, 9.0])), [1.0, 1.0, 0.5, 0.5])
    np.testing.assert_allclose(curve.before(np.array([1.0, 2.0, 3.0])), [1.0, 1.0, 0.5])


def test_weight_counts_copies() -> None:
    time, event, weight = np.array([1.0, 2.0, 3.0]), np.array([False, True, False]), np.array([2.0, 1.0, 3.0])
    copies = np.repeat([0, 1, 2], [2, 1, 3])
    weighted, repeated = censoring_curve(time, event, weight), censoring_curve(time[copies], event[copies], np.ones(6))
    np.testing.assert_allclose(weighted.probability, repeated.probability, rtol=1e-14)
