"""The photo table: what is read, what is refused all at once, and how it meets the cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faces import POINT_COLUMNS, POINTS, write_photo_table
from prognos.config.outcomes import PhotoOutcome
from prognos.data import PhotoTableError, count_photos, join_photos, read_photos

HEADER = "patient_id,image"
FIVE = ",".join(POINT_COLUMNS)
NUMBERS = ",".join("123456789") + ",10"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the tables of these tests name."""
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(b"not read here")
    return tmp_path


def read(folder: Path, text: str, **options: Any) -> list[dict[str, Any]]:
    (folder / "photos.csv").write_text(text)
    return read_photos(folder / "photos.csv", **options)


def faults(folder: Path, text: str) -> str:
    with pytest.raises(PhotoTableError) as caught:
        read(folder, text)
    assert "Anna" not in str(caught.value)
    return str(caught.value)


def test_a_row_becomes_a_sample(folder: Path) -> None:
    table = write_photo_table(
        folder / "photos.csv",
        [
            {"patient_id": "A", "image": "a.png", "date": "2024-03-31", "flag": "mask", "points": POINTS},
            {"patient_id": "B", "image": "b.png", "aligned": 1},
        ],
    )
    first, second = read_photos(table)
    np.testing.assert_array_equal(first.pop("landmarks"), POINTS)
    assert first == {
        "patient_id": "A",
        "image": str(folder / "a.png"),
        "photo": "line 2",
        "photo_index": 0,
        "date": "2024-03-31",
        "flag": "mask",
        "aligned": False,
        "line": 2,
        "where": "photos.csv, line 2",
    }
    assert second["landmarks"] is None
    assert second["aligned"]
    assert (second["date"], second["flag"]) == ("", "")


def test_the_nose_may_be_left_out(folder: Path) -> None:
    columns = [column for column in POINT_COLUMNS if "nose" not in column]
    (row,) = read(folder, f"{HEADER},{','.join(columns)}\nA,a.png,1,2,3,4,7,8,9,10\n")
    np.testing.assert_array_equal(row["landmarks"], [[1, 2], [3, 4], [np.nan] * 2, [7, 8], [9, 10]])


@pytest.mark.parametrize("header", ["", "x,y\n"])
def test_68_points_come_from_a_file(header: str, folder: Path) -> None:
    points = np.arange(136.0).reshape(68, 2)
    (folder / "a.csv").write_text(header + "".join(f"{x},{y}\n" for x, y in points))
    (row,) = read(folder, f"{HEADER},landmarks\nA,a.png,a.csv\n")
    np.testing.assert_array_equal(row["landmarks"], points)


def test_all_faults_are_told_at_once_by_line_and_column(folder: Path) -> None:
    (folder / "short.csv").write_text("1,2\n")
    shown = faults(
        folder,
        f"{HEADER},date,aligned,landmarks,{FIVE}\n"
        f",a.png,2024-13-01,2,,{NUMBERS}\n"
        f"Anna,absent.png,,,short.csv,,,,,,,,,,\n"
        f"Anna,,,,absent.csv,,,,,,,,,,\n"
        f"Anna,b.png,,,,one,2,3,4,5,6,,8,9,10\n"
        f"Anna,b.png,,,a.csv,{NUMBERS}\n",
    )
    for place in (
        "line 2, column patient_id: is empty",
        "line 2, column date: is not a date",
        "line 2, column aligned: is neither 1",
        "line 3, column image: the file does not exist",
        "line 3, column landmarks: the file has 1 rows",
        "line 4, column image: is empty",
        "line 4, column landmarks: the file cannot be read",
        "line 5, column left_eye_x: is not a number",
        "line 5, column left_mouth_x: is empty, but other points",
        "line 6, column landmarks: names a file, but",
        "line 6, column image: is the same file as on line 5, of the same patient",
    ):
        assert place in shown


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("image\na.png\n", "line 1, column patient_id: is missing; the columns are image"),
        (f"{HEADER},left_eye_x\nA,a.png,1\n", "line 1, column right_mouth_y: is missing"),
        (f"{HEADER}\n", "the table has no photo"),
        ("", "the file is empty"),
        ("patient_id;image\nA;a.png\n", "expected commas"),
        (f"{HEADER}\nA,a.png\nB,a.png\n", "of another patient"),
    ],
)
def test_a_wrong_table_is_refused(text: str, place: str, folder: Path) -> None:
    assert place in faults(folder, text)


def test_missing_files_can_be_kept_for_the_alignment_to_name(folder: Path) -> None:
    (row,) = read(folder, f"{HEADER}\nA,absent.png\n", missing_files="keep")
    assert row["image"] == str(folder / "absent.png")


def test_every_photo_of_a_patient_becomes_a_sample_in_the_order_of_the_cohort(folder: Path) -> None:
    photos = read(folder, f"{HEADER}\nB,b.png\nA,a.png\nB,c.png\n")
    cohort = [{"patient_id": "A", "patient_index": 0, "age": 60}, {"patient_id": "B", "patient_index": 1, "age": 70}]
    samples = join_photos(cohort, photos)
    assert [(sample["photo"], sample["age"]) for sample in samples] == [("line 3", 60), ("line 2", 70), ("line 4", 70)]
    assert [sample["photo"] for sample in join_photos(cohort[:1], photos)] == ["line 3"]


def test_a_patient_without_photo_is_an_error_unless_left_out(folder: Path) -> None:
    photos = read(folder, f"{HEADER}\nB,b.png\n")
    cohort = [{"patient_id": "Anna", "patient_index": 4}, {"patient_id": "B", "patient_index": 5}]
    with pytest.raises(PhotoTableError, match=r"1 patient\(s\) .* patient row\(s\) 5, counted from 1") as caught:
        join_photos(cohort, photos)
    assert "Anna" not in str(caught.value)
    assert [sample["patient_id"] for sample in join_photos(cohort, photos, without_photo="skip")] == ["B"]
    with pytest.raises(PhotoTableError):
        join_photos(cohort[:1], photos, without_photo="skip")


def test_counts_by_hand(folder: Path) -> None:
    photos = read(
        folder,
        f"{HEADER},date,flag\nA,a.png,2024-01-01,mask\nA,b.png,2024-02-01,\nC,c.png,2024-01-01,mask\n",
    )
    counts = count_photos(photos, [{"patient_id": "A"}, {"patient_id": "B"}]).to_dict()
    assert counts == {
        "photos": 3,
        "patients": 2,
        "patients_with_several_photos": 1,
        "patients_with_several_dates": 1,
        "flags": {"mask": 2},
        "photos_without_patient": 1,
        "patients_without_photo": 1,
    }
    assert count_photos(photos).patients_without_photo is None


def test_the_table_of_the_reference_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "reference" / "photos.md").read_text(encoding="utf-8")
    table = text.split("```csv\n")[1].split("```")[0]
    rows = read(tmp_path, table, missing_files="keep")
    assert [row["landmarks"] is None for row in rows] == [False, True, False]
    assert all(f"`{column}`" in text for column in ("date", "flag", "landmarks", "aligned"))


def test_the_reference_names_every_outcome_in_its_order() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reference" / "photos.md").read_text(encoding="utf-8")
    listed = [
        line.split("`")[1]
        for line in text.split("## Outcomes")[1].split("## Alignment")[0].splitlines()
        if line.startswith("| `")
    ]
    assert listed == [outcome.value for outcome in PhotoOutcome]
