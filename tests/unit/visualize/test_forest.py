"""Forest figures: every row is there, the dashed line is the pooled average, gaps are named."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prognos.visualize import ForestRow, draw_forest, draw_model_comparison, figure_pixels

ROWS = [
    ForestRow("breast", 0.7, 0.6, 0.8, 40, 20),
    ForestRow("rare", math.nan, patients=3, events=1),
    ForestRow("all pairs agree", 1.0, patients=9, events=5),
]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_group_has_its_row_counts_and_interval() -> None:
    figure = draw_forest(ROWS, heading="C-index by cancer type", dashed=ForestRow("all", 0.65, 0.6, 0.7, 52, 26))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["breast", "rare", "all pairs agree", "all"]
    assert {"0.700 [0.600, 0.800]", "20 / 40", "1 / 3", "1.000"} <= set(texts(figure))
    assert "breast 0.700 (95 % 0.600 to 0.800), 20 events of 40; rare not assessed, 1 events of 3" in figure.get_label()
    figure_pixels(figure)


def test_the_dashed_line_is_the_pooled_average() -> None:
    figure = draw_forest(ROWS, heading="x", dashed=ForestRow("all", 0.65))
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [0.65]


def test_a_group_that_is_not_assessed_has_words_instead_of_a_point() -> None:
    assert texts(draw_forest(ROWS, heading="x")).count("not assessed") == 1


def test_models_stand_beside_their_paired_differences() -> None:
    models = [ForestRow("clinical", 0.7, 0.65, 0.75), ForestRow("fusion", 0.76, 0.72, 0.8)]
    differences = [ForestRow("clinical", math.nan), ForestRow("fusion", 0.06, 0.02, 0.1)]
    figure = draw_model_comparison(models, differences)
    assert {"reference", "+0.060 [+0.020, +0.100]"} <= set(texts(figure))
    figure_pixels(figure)
    with pytest.raises(ValueError, match="expected the same"):
        draw_model_comparison(models, differences[:1])


def test_no_row_is_refused() -> None:
    with pytest.raises(ValueError, match="no row to draw"):
        draw_forest([], heading="x")


def test_all_rows_may_be_unassessed() -> None:
    figure_pixels(draw_forest([ForestRow("rare", math.nan)], heading="x"))
    assert np.isnan(ROWS[1].low)
