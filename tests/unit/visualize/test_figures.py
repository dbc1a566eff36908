"""Figures of a cohort: their numbers, their words, and that they touch no global state."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import (
    draw_log_hazards,
    draw_patch_gallery,
    draw_risk_agreement,
    draw_risk_by_organ,
    draw_survival_by_risk,
    draw_training_curves,
    figure_pixels,
)

MONTH = 30.4375


def test_survival_curve_falls_by_hand_computed_steps() -> None:
    log_hazard = np.array([2.0, 2.1, 2.2, 2.3, -1.0, -1.1, -1.2, -1.3])
    time = np.array([1, 2, 2, 4, 5, 6, 7, 8]) * MONTH
    event = np.array([1, 1, 0, 1, 0, 0, 1, 0])
    figure = draw_survival_by_risk(log_hazard, time, event)
    low, high = figure.axes[0].lines[0], figure.axes[0].lines[2]
    # High risk: 4 patients; 3/4 after month 1; 2/3 of that after month 2; 0 after month 4.
    np.testing.assert_allclose(high.get_ydata(), [1, 3 / 4, 1 / 2, 0])
    np.testing.assert_allclose(high.get_xdata(), [0, 1, 2, 4])
    # Low risk: censored at 5 and 6, so 2 at risk at 7.
    np.testing.assert_allclose(np.unique(low.get_ydata()), [1 / 2, 1])
    assert "higher predicted risk: 4 patients, 3 events, median 2.0 months" in figure.get_label()
    assert "lower predicted risk: 4 patients, 1 events, median 7.0 months" in figure.get_label()


def test_numbers_at_risk_count_those_still_followed() -> None:
    time = np.array([1.0, 3, 5, 7, 9, 11]) * MONTH
    figure = draw_survival_by_risk(np.arange(6.0), time, np.ones(6))
    counts = [text.get_text() for text in figure.axes[1].texts[1:]]
    ticks = list(figure.axes[1].get_xticks())
    assert counts[: len(ticks)] == [str(int((np.array([1, 3, 5]) >= tick).sum())) for tick in ticks]


@pytest.mark.parametrize("event", [np.zeros(4), np.ones(4)])
def test_survival_is_drawn_without_censoring_and_without_events(event: np.ndarray) -> None:
    figure_pixels(draw_survival_by_risk(np.arange(4.0), np.arange(1.0, 5.0), event))


def test_fewer_patients_than_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="2 groups of 1 patients"):
        draw_survival_by_risk(np.zeros(1), np.ones(1), np.ones(1))


def test_organs_are_ordered_by_their_median() -> None:
    figure = draw_risk_by_organ(np.array([0.1, 0.2, 0.9, 0.8, -0.5]), ["lung", "lung", "bone", "bone", "liver"])
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["liver  (n = 1)", "lung  (n = 2)", "bone  (n = 2)"]
    assert figure.get_label() == "Lesion risk by organ, medians: bone +0.85, lung +0.15, liver -0.50."


def test_gallery_shows_each_lesion_once_when_there_are_few() -> None:
    figure = draw_patch_gallery(np.zeros((3, 8, 8), np.float32), [0.1, 0.9, -0.4], count=8)
    assert figure.get_label().endswith("highest risk: +0.90, +0.10; lowest risk: -0.40.")


@pytest.mark.parametrize("count", [0, 2])
def test_gallery_refuses_patches_without_risks(count: int) -> None:
    with pytest.raises(ValueError, match="at least one patch"):
        draw_patch_gallery(np.zeros((count, 8, 8), np.float32), [0.1])


def test_histogram_counts_every_patient_once() -> None:
    figure = draw_log_hazards(np.linspace(-1, 1, 50), np.arange(50) % 2)
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == 50
    assert "25 with an event" in figure.get_label()


def test_agreement_and_training_curves_say_their_values_in_words() -> None:
    agreement = draw_risk_agreement(np.array([0.1, 0.3]), np.array([0.0, 0.5]), note="Spearman 1.00")
    assert "2 lesions. Spearman 1.00" in agreement.get_label()
    curves = draw_training_curves({"C-index": {"validation": [(1, 0.5), (2, 0.625)]}}, levels={"C-index": 0.5})
    assert curves.get_label() == "Training curves; last values: C-index validation 0.625."


def test_empty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no training curve"):
        draw_training_curves({"loss": {}})
    with pytest.raises(ValueError, match="as many of both"):
        draw_log_hazards(np.zeros(2), np.zeros(3))


def test_notice_is_drawn_in_full_width() -> None:
    plain = draw_log_hazards(np.arange(9.0), np.ones(9))
    warned = draw_log_hazards(np.arange(9.0), np.ones(9), notice="SYNTHETIC WEIGHTS")
    amber = np.array([0xFF, 0xD7, 0x5E])
    assert (figure_pixels(warned)[1, ::50] == amber).all()
    assert not (figure_pixels(plain)[1, ::50] == amber).all()
