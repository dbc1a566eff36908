"""Photos beside their reconstructions."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import draw_fine_tuning, draw_reconstructions


def test_every_photo_stands_beside_its_reconstruction() -> None:
    photos, drawn = np.zeros((5, 3, 8, 8), np.float32), np.ones((5, 3, 8, 8), np.float32)
    figure = draw_reconstructions(photos, drawn, [0.1, 0.2, 0.3, 0.4, 0.5], notice="SYNTHETIC")
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in shown[:2]] == ["photo", "drawn, error 0.10"]
    assert [float(axes.images[0].get_array().mean()) for axes in shown] == [0.5, 1.0] * 5
    assert "mean relative error 0.300" in figure.get_label()
    assert any("SYNTHETIC" in text.get_text() for text in figure.texts)


def test_every_photo_stands_beside_both_reconstructions() -> None:
    photos, without, tuned = (np.full((4, 3, 8, 8), value, np.float32) for value in (-1, 0, 1))
    figure = draw_fine_tuning(photos, without, tuned, [(0.4, 0.3)] * 4, notice="SYNTHETIC")
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in shown[:3]] == ["photo", "without, 0.40", "with, 0.30"]
    assert [float(axes.images[0].get_array().mean()) for axes in shown] == [0.0, 0.5, 1.0] * 4
    assert "mean relative error 0.400 and 0.300" in figure.get_label()
    with pytest.raises(ValueError, match="1 errors"):
        draw_fine_tuning(photos, without, tuned, [(0.4, 0.3)])


def test_numbers_that_do_not_match_are_refused() -> None:
    photos = np.zeros((2, 1, 8, 8), np.float32)
    with pytest.raises(ValueError, match="1 errors"):
        draw_reconstructions(photos, photos, [0.1])
    with pytest.raises(ValueError, match="at least one photo"):
        draw_reconstructions(photos[:0], photos[:0], [])
