"""Clinical tables of public collections become outcomes in days, and every row that does not is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.config.organs import ORGANS
from prognos.data import CohortError
from prognos.data.collection_table import read_collection_table
from prognos.data.collections import COLLECTIONS, Collection

LIVER = COLLECTIONS["colorectal-liver-metastases"]
LUNG = COLLECTIONS["nsclc-radiogenomics"]
LIVER_HEADER = "dicom_patient_id,patient_id,age,overall_survival_months,vital_status"
LUNG_HEADER = "Case ID,Survival Status,Date of Death,Date of Last Known Alive,CT Date"


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def test_the_schema_of_the_imaging_data_commons_is_understood(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", LIVER_HEADER, "a,1,60,12,1.0", "b,2,-999,24,0")
    table = read_collection_table(path, LIVER, ["a", "b"])
    assert table.identifier == "dicom_patient_id"
    assert table.rows == [
        {"patient_id": "a", "time": "365.25", "event": "1", "age": "60"},
        {"patient_id": "b", "time": "730.5", "event": "0", "age": ""},
    ]
    assert table.lines == [2, 3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,,1/1/2000,,1/1/1999", "no status"),
        ("a,perhaps,1/1/2000,,1/1/1999", "a status that is neither event nor no event"),
        ("a,2,1/1/2000,,1/1/1999", "a status that is neither event nor no event"),
        ("a,Dead,,1/1/2000,1/1/1999", "no date of the event"),
        ("a,Alive,1/1/2000,,1/1/1999", "no date of the last contact"),
        ("a,Dead,1/1/2000,,Not Collected", "no date of the image"),
        ("a,Dead,31/12/2000,,1/1/1999", "a date of the event that cannot be read"),
        ("a,Dead,1/1/1999,,1/1/1999", "a time of 0 or less, which is no follow-up"),
        (",Dead,1/1/2000,,1/1/1999", "no identifier"),
    ],
)
def test_a_row_without_an_outcome_is_left_out_with_its_reason(row: str, reason: str, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", LUNG_HEADER, row)
    table = read_collection_table(path, LUNG, [])
    assert table.rows == []
    assert table.left_out == {reason: [2]}


@pytest.mark.parametrize(("cell", "days"), [("2/1/1999", "31"), ("1999-02-01", "31"), ("2/1/99", "31")])
def test_dates_put_the_month_first(cell: str, days: str, tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", LUNG_HEADER, f"a,DEAD,{cell},,1/1/1999")
    assert read_collection_table(path, LUNG, []).rows[0]["time"] == days


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("Case ID,Survival Status", "a,Dead", "column CT Date: is missing"),
        (LUNG_HEADER.replace("Case ID", "name"), "a,Dead,1/1/2000,,1/1/1999", "expected dicom_patient_id or Case ID"),
        (LUNG_HEADER, "z,Dead,1/1/2000,,1/1/1999", "none of the identifiers"),
        (LUNG_HEADER, "a,Dead,1/1/2000,,1/1/1999\na,Alive,,,", "the same patient as line 2"),
    ],
)
def test_a_table_of_something_else_is_refused(header: str, row: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=message):
        read_collection_table(write(tmp_path / "table.csv", header, row), LUNG, ["a"])


def test_an_endpoint_that_a_collection_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has death, progression, liver_progression"):
        read_collection_table(tmp_path / "none.csv", LIVER, [], endpoint="recurrence")


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=COLLECTIONS)
def test_collections_name_organs_and_columns_that_exist(collection: Collection) -> None:
    assert set(collection.organs.values()) <= set(ORGANS)
    assert not {"patient_id", "time", "event"} & set(collection.covariates.values())
