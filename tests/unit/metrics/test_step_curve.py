"""Product-limit curves of many resamples at once."""

from __future__ import annotations

import numpy as np

from prognos.metrics.censoring import censoring_curve
from prognos.metrics.step_curve import event_curve

TIME, EVENT = np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, False])


def test_curve_falls_at_events_by_the_share_of_those_followed() -> None:
    curve = event_curve(TIME, EVENT, np.ones(4))
    np.testing.assert_allclose(curve.after(np.array([0.5, 1.0, 2.0, 9.0])), [1.0, 3 / 4, 1 / 2, 1 / 2])
    np.testing.assert_allclose(curve.before(np.array([1.0, 2.0])), [1.0, 3 / 4])


def test_rows_of_weights_are_resamples() -> None:
    weight = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 0.0, 1.0, 1.0]])
    for curve_of in (event_curve, censoring_curve):
        together = curve_of(TIME, EVENT, weight)
        for row in range(2):
            copies = np.repeat(np.arange(4), weight[row].astype(int))
            alone = curve_of(TIME[copies], EVENT[copies], np.ones(len(copies)))
            np.testing.assert_allclose(together.after(TIME)[row], alone.after(TIME), rtol=1e-14)
