"""What a radiologist sees: sides, scale, window and colours of a lesion overlay."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.visualize import (
    choose_window,
    cut_axial_view,
    draw_lesion_outlines,
    draw_lesion_overlay,
    figure_pixels,
    risk_colour,
    risk_limits,
)
from prognos.visualize.overlay import OUTLINE, WINDOWS, AxialView


def view(instance: int = 1) -> AxialView:
    """A body of 30 x 20 voxels of 2 x 3 mm with a lesion on the patient's left back and one on the right front."""
    volume = np.full((30, 20, 4), 0.0, np.float32)
    volume[29, 19, 2] = 500.0
    labels = np.zeros(volume.shape, np.int64)
    labels[24:28, 14:18, 2] = 1
    labels[3:6, 3:6, 2] = 2
    return cut_axial_view(
        volume,
        labels,
        slice_index=2,
        spacing_mm=(2.0, 3.0, 5.0),
        instance=instance,
        organ="liver",
        caption=("rank 1", "slice 3 of 4"),
    )


def test_rows_run_from_front_to_back_and_columns_from_patient_right_to_left() -> None:
    cut = view()
    assert cut.labels[16, 26] == 1  # left back of the patient: bottom right of the picture
    assert cut.labels[4, 4] == 2
    assert cut.hu[19, 29] == 500.0
    assert cut.spacing_mm == (3.0, 2.0)


def test_view_is_cropped_to_the_body_with_a_margin() -> None:
    volume = np.full((60, 60, 1), -1000.0, np.float32)
    volume[20:40, 25:35] = 40.0
    cut = cut_axial_view(
        volume,
        np.zeros(volume.shape, np.int64),
        slice_index=0,
        spacing_mm=(2.0, 2.0, 5.0),
        instance=1,
        organ="liver",
        caption=("", ""),
        margin_mm=10.0,
    )
    assert cut.hu.shape == (10 + 2 * 5, 20 + 2 * 5)


def test_picture_is_true_to_millimetres_and_labels_the_patients_sides() -> None:
    axes = draw_lesion_overlay([view()], {1: 0.8, 2: -0.3}).axes[0]
    assert axes.get_xlim() == (0.0, 60.0)
    assert axes.get_ylim() == (60.0, 0.0)
    assert axes.get_aspect() == 1.0
    side = {text.get_text(): text.get_position()[0] for text in axes.texts if text.get_text() in ("R", "L")}
    assert side["R"] < 0.5 < side["L"]


def test_lesion_of_high_risk_is_red_and_of_low_risk_blue_at_their_places() -> None:
    figure = draw_lesion_overlay([view()], {1: 0.8, 2: -0.3})
    pixels = figure_pixels(figure).astype(int)
    axes = figure.axes[0]

    def colour(x_mm: float, y_mm: float) -> np.ndarray:
        x, y = axes.transData.transform((x_mm, y_mm))
        return pixels[pixels.shape[0] - 1 - int(y), int(x)]

    red, _, blue = colour(52, 48)
    assert red > blue + 30
    red, _, blue = colour(9, 13.5)
    assert blue > red + 30
    red, _, blue = colour(30, 30)
    assert abs(red - blue) < 3


def test_lesion_without_risk_is_grey() -> None:
    figure = draw_lesion_overlay([view()], {1: 0.8})
    assert "1 lesions" in figure.get_label()


def test_colour_scale_always_holds_zero() -> None:
    assert risk_limits([0.82, 0.83]) == (0.0, 0.83)
    assert risk_limits([-0.2]) == (-0.2, 0.0)
    assert risk_limits([]) == (-1.0, 1.0)
    red, _, blue, _ = risk_colour(0.82, (0.0, 0.83))
    assert red > blue


@pytest.mark.parametrize(
    ("organ", "surroundings", "name"),
    [("lung", 0.0, "lung"), ("bone", 0.0, "bone"), ("liver", -800.0, "lung"), ("unlabelled", 30.0, "soft tissue")],
)
def test_window_follows_the_organ_or_else_the_surroundings(organ: str, surroundings: float, name: str) -> None:
    assert choose_window(organ, np.full(9, surroundings, np.float32)) == WINDOWS[name]


def test_no_view_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one view"):
        draw_lesion_overlay([], {})


def test_slice_outside_the_volume_is_refused() -> None:
    with pytest.raises(ValueError, match=r"slice in 0\.\.Z-1"):
        cut_axial_view(
            np.zeros((3, 3, 2), np.float32),
            np.zeros((3, 3, 2), np.int64),
            slice_index=2,
            spacing_mm=(1, 1, 1),
            instance=1,
            organ="lung",
            caption=("", ""),
        )


def test_outlines_show_every_lesion_in_view_alike_and_need_no_risk() -> None:
    figure = draw_lesion_outlines([view(1), view(2)])
    assert len(figure.axes) == 2
    assert figure.get_label() == "2 axial CT slices, lesions outlined. rank 1; rank 1."
    for axes in figure.axes:
        outlines = [each.get_edgecolor()[0] for each in axes.collections]
        assert len(outlines) == 2
        assert all(colour == pytest.approx(OUTLINE) for colour in outlines)
    with pytest.raises(ValueError, match="no slice to draw"):
        draw_lesion_outlines([])
