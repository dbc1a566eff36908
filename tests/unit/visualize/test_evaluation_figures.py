"""Figures of an evaluation: they draw the rows they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import (
    AccuracyRow,
    CalibrationGroup,
    CalibrationPoint,
    CalibrationRow,
    IntegratedBrier,
    LogRank,
    NetBenefitRow,
    ProportionalHazardsRow,
    SchoenfeldPoint,
    survival_by_group,
)
from prognos.visualize import (
    draw_auc_over_time,
    draw_brier_rows,
    draw_calibration,
    draw_decision_curve,
    draw_proportional_hazards,
    draw_survival_groups,
    figure_pixels,
)

NAN = float("nan")


def accuracy(day: float, area: float) -> AccuracyRow:
    return AccuracyRow(day, 50, 20, area, area - 0.1, area + 0.1, 0.18, 0.15, 0.2, 0.22, 0.18, 0.1, 0.3)


def test_calibration_draws_curve_groups_and_numbers_of_each_horizon() -> None:
    curve = [CalibrationPoint(day, risk, risk, risk - 0.05, risk + 0.05) for day in (365, 730) for risk in (0.1, 0.5)]
    groups = [
        CalibrationGroup(365, 1, 9, 1, 0.1, 0.15, 0.05, 0.3),
        CalibrationGroup(730, 1, 9, 1, 0.4, NAN, NAN, NAN),
    ]
    row = CalibrationRow(365, 18, 5, 0.3, 0.36, 0.2, 0.5, 1.2, 0.9, 1.6, 0.8, 0.5, 1.1, 0.01, 0.01, 0.02)
    figure = draw_calibration(curve, groups, [row])
    assert len(figure.axes) == 2
    ideal, smooth, points = figure.axes[0].lines
    np.testing.assert_allclose(smooth.get_ydata(), [0.1, 0.5])
    np.testing.assert_allclose(points.get_xydata(), [[0.1, 0.15]])
    np.testing.assert_allclose(ideal.get_xdata(), ideal.get_ydata())
    assert "at 12 months 36% observed, 30% expected, O/E 1.20 [0.90, 1.60], slope 0.80" in figure.get_label()
    figure_pixels(figure)


def test_decision_curve_says_where_the_model_is_best() -> None:
    rows = [
        NetBenefitRow(365, 0.1, 0.30, 0.2, 0.4, 0.30, 0.0, 1.0),
        NetBenefitRow(365, 0.2, 0.25, 0.1, 0.3, 0.20, 0.0, 0.5),
        NetBenefitRow(365, 0.3, NAN, NAN, NAN, -0.1, 0.0, 0.1),
    ]
    figure = draw_decision_curve(rows)
    assert "at 12 months the model is above treating everyone and nobody at 1 thresholds" in figure.get_label()
    _, everyone, model = figure.axes[0].lines
    np.testing.assert_allclose(everyone.get_ydata(), [0.3, 0.2, -0.1])
    np.testing.assert_allclose(model.get_ydata(), [0.3, 0.25, NAN])
    figure_pixels(figure)


def test_auc_and_brier_draw_one_line_a_model_and_a_band_for_one() -> None:
    rows = [accuracy(365, 0.7), accuracy(730, 0.75)]
    figure = draw_auc_over_time({"model": rows})
    np.testing.assert_allclose(figure.axes[0].lines[1].get_ydata(), [0.7, 0.75])
    assert len(figure.axes[0].collections) == 1
    assert figure.get_label().endswith("model 0.70 at 12 months, 0.75 at 24 months.")
    assert not draw_auc_over_time({"a": rows, "b": rows}).axes[0].collections
    brier = draw_brier_rows({"model": rows}, {"model": IntegratedBrier(365, 730, 0.18, 0.1, 0.2, 0.2, 0.1, 0.0, 0.2)})
    without, model = brier.axes[0].lines
    np.testing.assert_allclose(without.get_ydata(), [0.22, 0.22])
    assert model.get_label() == "model, integrated 0.180"
    figure_pixels(figure)


def test_residuals_are_drawn_with_their_trend_and_p_value() -> None:
    points = [SchoenfeldPoint("log hazard", day, 0.1, day / 100, 1.0, 1.1) for day in (30.4375, 60.875)]
    figure = draw_proportional_hazards(points, [ProportionalHazardsRow("log hazard", 3.0, 1, 0.0831)])
    assert "log hazard, p = 0.083" in figure.get_label()
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xdata(), [1, 2])
    figure_pixels(figure)


def test_groups_are_drawn_in_the_order_given_with_their_log_rank_test() -> None:
    points = survival_by_group([10, 20, 30, 40], [1, 0, 1, 1], ["low", "low", "high", "high"])
    figure = draw_survival_groups(points[3:] + points[:3], log_rank=LogRank(20.0, 1, 1e-5))
    assert figure.get_label().startswith("Kaplan-Meier curves. low: 2 patients, 1 events")
    assert figure.get_label().endswith("log-rank p < 0.001.")
    figure_pixels(figure)


@pytest.mark.parametrize(
    "draw", [draw_calibration, draw_decision_curve, draw_auc_over_time, draw_proportional_hazards, draw_survival_groups]
)
def test_nothing_to_draw_is_refused(draw: object) -> None:
    with pytest.raises(ValueError, match="to draw: expected"):
        draw([])  # type: ignore[operator]
