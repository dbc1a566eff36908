"""One photo, or a table of photos, without any cohort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prognos.data import read_photo_case

POINTS = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5"


@pytest.mark.parametrize("points", [POINTS, tuple(float(part) for part in POINTS.split(","))])
def test_points_come_as_a_text_or_as_what_a_command_line_makes_of_it(tmp_path: Path, points: str) -> None:
    (tmp_path / "face.png").touch()
    (row,) = read_photo_case(tmp_path / "face.png", points=points)
    np.testing.assert_array_equal(row["landmarks"], [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10.5]])
    assert (row["photo"], row["aligned"], row["patient_id"]) == ("the photo", False, "case")


def test_a_photo_without_points_waits_for_a_detector_or_is_aligned(tmp_path: Path) -> None:
    (tmp_path / "face.png").touch()
    (row,) = read_photo_case(tmp_path / "face.png", aligned=True)
    assert row["landmarks"] is None
    assert row["aligned"]


@pytest.mark.parametrize("points", ["1,2,3", "a,b", "1,2,3,4,5,6,7,8,9,nan"])
def test_other_than_ten_numbers_are_refused(tmp_path: Path, points: str) -> None:
    (tmp_path / "face.png").touch()
    with pytest.raises(ValueError, match="expected ten"):
        read_photo_case(tmp_path / "face.png", points=points)


def test_an_absent_photo_is_named_with_its_option(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="--image"):
        read_photo_case(tmp_path / "face.png")


def test_a_table_gives_its_rows(portrait_cohort: Path) -> None:
    rows = read_photo_case(portrait_cohort / "photos.csv")
    assert len(rows) == 48
    assert [row["photo_index"] for row in rows] == list(range(48))
    assert rows[0]["landmarks"].shape == (5, 2)
