"""The picture of a generator's images."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import draw_generator_grid


def test_every_image_and_name_is_drawn() -> None:
    images = np.zeros((5, 8, 8, 3), np.uint8)
    figure = draw_generator_grid({"without": images, "with": images}, columns=4, notice="drawn")
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 10
    assert figure.get_label() == "5 generated images for each of: without, with."


def test_groups_of_different_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[1, 2\] images"):
        draw_generator_grid({"a": np.zeros((1, 8, 8, 3), np.uint8), "b": np.zeros((2, 8, 8, 3), np.uint8)})
