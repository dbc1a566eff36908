"""Brier score over time as a picture."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import draw_brier_over_time, figure_pixels

HORIZONS = np.array([365.25, 730.5, 1095.75])


def test_curves_run_over_months_and_name_their_integral() -> None:
    curve = np.array([0.1, 0.2, np.nan])
    figure = draw_brier_over_time(
        HORIZONS, {"photo": curve}, integrated={"photo": 0.15}, without_model=[0.2, 0.22, 0.23]
    )
    without, photo = figure.axes[0].lines
    np.testing.assert_allclose(photo.get_xdata(), [12, 24, 36])
    np.testing.assert_allclose(photo.get_ydata(), curve)
    assert without.get_label() == "without model"
    assert figure.get_label() == "Brier score over 36 months: photo, integrated 0.150."
    figure_pixels(figure)


def test_curves_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1 curves over 3 horizons"):
        draw_brier_over_time(HORIZONS, {"photo": [0.1]})
