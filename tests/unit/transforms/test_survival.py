"""EncodeSurvivald turns the columns of a table into the label, and refuses what is none."""

from __future__ import annotations

import math

import pytest
import torch

from prognos.transforms import EncodeSurvivald


@pytest.mark.parametrize(
    "row", [{"time": 120, "event": 1}, {"time": "120", "event": "1"}, {"time": 120.0, "event": True}]
)
def test_label_is_time_and_event_in_float64(row: dict[str, object]) -> None:
    sample = EncodeSurvivald()({**row, "image": "x"})
    torch.testing.assert_close(sample["label"], torch.tensor([120.0, 1.0], dtype=torch.float64), rtol=0, atol=0)
    assert sample["image"] == "x"


def test_keys_are_those_given_and_the_input_is_left_alone() -> None:
    row = {"days": 5, "dead": 0, "label": "class"}
    assert EncodeSurvivald("days", "dead", "y")(row)["y"].tolist() == [5.0, 0.0]
    assert row == {"days": 5, "dead": 0, "label": "class"}


@pytest.mark.parametrize("time", [0, -1, math.nan, math.inf, "soon", None])
def test_time_that_is_no_positive_number_is_refused(time: object) -> None:
    with pytest.raises(ValueError, match="expected a positive number of days"):
        EncodeSurvivald()({"time": time, "event": 1})


@pytest.mark.parametrize("event", [2, 0.5, "yes", None])
def test_event_that_is_neither_0_nor_1_is_refused(event: object) -> None:
    with pytest.raises(ValueError, match="expected 1"):
        EncodeSurvivald()({"time": 1, "event": event})


def test_missing_column_is_named() -> None:
    with pytest.raises(KeyError, match=r"no 'event'; it has \['time'\]"):
        EncodeSurvivald()({"time": 1})
