"""Grids of edited portraits: order, marks and words."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import draw_edit_checks, draw_edit_grid, figure_pixels

BETAS = (-2, -1, 0, 1, 2)


def draw(betas: tuple[float, ...] = BETAS, **kwargs: object):
    images = np.linspace(-1, 1, 2 * len(betas) * 3 * 4 * 4, dtype=np.float32).reshape(2, len(betas), 3, 4, 4)
    return draw_edit_grid(images, betas, attribute="health", sense="positive beta = worse", **kwargs)


def portraits(figure) -> list:
    return [axes for axes in figure.axes if axes.images]


def test_every_portrait_but_the_unedited_one_bears_the_mark() -> None:
    axes = portraits(draw())
    marked = [any(text.get_text() == "EDITED" for text in panel.texts) for panel in axes]
    assert marked == [True, True, False, True, True] * 2
    assert "not edited" in axes[2].get_title()


def test_the_mark_lies_inside_the_pixels_of_the_portrait() -> None:
    figure = draw()
    figure_pixels(figure)
    for panel in portraits(figure):
        for mark in panel.texts:
            box, frame = mark.get_window_extent(), panel.get_window_extent()
            assert frame.x0 < box.x0 < box.x1 < frame.x1
            assert frame.y0 < box.y0 < box.y1 < frame.y1


def test_measured_values_stand_below_the_portraits_and_in_the_alternative_text() -> None:
    values = np.array([[-1.0, -0.5, 0.0, 0.5, 1.0], [0.0, 0.1, 0.2, 0.3, 0.4]])
    figure = draw(values=values)
    assert portraits(figure)[0].get_xlabel() == "\N{MINUS SIGN}1.00"
    assert "+0.00, +0.10, +0.20, +0.30, +0.40" in figure.get_label()
    assert any("no cause" in text.get_text() for text in figure.axes[0].texts)


@pytest.mark.parametrize("betas", [(-2, -1, 1), (0, -1, 1)], ids=["no_zero", "not_ascending"])
def test_a_grid_without_the_unedited_portrait_is_refused(betas: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="ascending numbers with 0"):
        draw(betas)


def test_values_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"values have shape \[5\], expected \[2, 5\]"):
        draw(values=np.zeros(5))


def test_the_checks_say_their_numbers_in_words() -> None:
    risk = np.array([BETAS, BETAS]) * 0.5
    figure = draw_edit_checks(
        BETAS,
        risk,
        np.abs(risk),
        other_person=0.7,
        change=2.0,
        random_changes=[0.1, -0.2],
        effects={"age": (0.4, None)},
    )
    assert "mean log hazard -1.00, -0.50, +0.00, +0.50, +1.00" in figure.get_label()
    assert "change +2.00 against 2 random directions; other attributes age +0.40." in figure.get_label()
    figure_pixels(figure)
