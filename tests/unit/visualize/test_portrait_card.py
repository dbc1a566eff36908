"""Photo, reconstruction and curve stand side by side, and the curve ends with the follow-up."""

from __future__ import annotations

import numpy as np

from prognos.visualize import draw_portrait_card

PHOTO = np.full((3, 8, 8), -1.0, np.float32)
DAYS = np.linspace(0, 730.5, 5)
SURVIVAL = np.array([1.0, 0.8, 0.6, np.nan, np.nan])


def test_photo_reconstruction_and_curve_are_shown() -> None:
    figure = draw_portrait_card(PHOTO, -3 * PHOTO, DAYS, SURVIVAL, log_hazard=-0.5, notice="SYNTHETIC")
    photo, drawn, curve = figure.axes
    assert float(photo.images[0].get_array().max()) == 0.0
    assert float(drawn.images[0].get_array().min()) == 1.0, "beyond white is white"
    months, survival = curve.lines[0].get_xdata(), curve.lines[0].get_ydata()
    assert months[-1] == 24
    np.testing.assert_array_equal(survival, SURVIVAL)
    assert any("SYNTHETIC" in text.get_text() for text in figure.texts)
    assert "log hazard -0.50" in figure.get_label()


def test_without_a_reconstruction_there_are_two_panels() -> None:
    assert len(draw_portrait_card(PHOTO, None, DAYS, SURVIVAL, log_hazard=0.0).axes) == 2
