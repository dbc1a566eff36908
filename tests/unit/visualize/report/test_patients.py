"""The patients of a report are small, whole and safe inside a page."""

from __future__ import annotations

import json
import math

import pytest

from prognos.visualize import PatientView, ShownAnnotation, ShownLesion, ShownPatient
from prognos.visualize.report import patients as module
from prognos.visualize.report.patients import packed_patients, patient_tables

LESION = ShownLesion(3, "liver", 1234.4, 20.04, 0.123456, -0.654321)


def patient(name: str, log_hazard: float, **given: object) -> ShownPatient:
    known: dict[str, object] = {"time_days": 100.0, "event": 1, "survival": [1.0, 0.5, math.nan]}
    return ShownPatient(name, log_hazard, **(known | given))  # type: ignore[arg-type]


def test_patients_are_packed_from_the_highest_log_hazard_down_with_rounded_numbers() -> None:
    annotation = ShownAnnotation("reader-1", [LESION], b"jpeg")
    view = PatientView(
        [patient("low", -1.0), patient("high", 2.0, annotations=[annotation])], [0, 30, 60], [1, 0.9, 0.8]
    )
    packed = json.loads(packed_patients(view))
    assert [entry[0] for entry in packed["patients"]] == ["high", "low"]
    assert packed["patients"][0][6] == [["reader-1", [[3, 0, 1234, 20.0, 0.1235, -0.6543]], "anBlZw=="]]
    assert packed["organs"] == ["liver"]
    assert packed["limits"] == [0.0, 0.1235]


def test_a_curve_ends_where_nobody_knows() -> None:
    packed = json.loads(packed_patients(PatientView([patient("a", 0.0)], [0, 30, 60], [1, 0.9, math.nan])))
    assert packed["patients"][0][5] == [1000, 500]
    assert packed["median"] == [1000, 900]


def test_an_identifier_cannot_leave_its_place_in_the_page() -> None:
    assert "</script>" not in packed_patients(PatientView([patient("</script><script>alert(1)", 0.0)]))


def test_an_unknown_outcome_stays_unknown() -> None:
    view = PatientView([patient("a", 0.0, time_days=math.nan, event=None)])
    assert json.loads(packed_patients(view))["patients"][0][2:4] == [None, None]


def test_thumbnails_that_find_no_room_are_left_out_from_the_middle_of_the_ranking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LARGEST_THUMBNAILS", 9)
    people = [
        patient(name, risk, annotations=[ShownAnnotation("", [LESION], b"abc"), ShownAnnotation("", [LESION], b"def")])
        for name, risk in (("top", 2.0), ("middle", 1.0), ("bottom", 0.0))
    ]
    packed = json.loads(packed_patients(PatientView(people)))
    assert [[part[2] for part in entry[6]] for entry in packed["patients"]] == [["YWJj", ""], ["", ""], ["YWJj", ""]]


def test_the_numbers_of_the_view_are_a_table_of_patients_and_one_of_curves() -> None:
    tables = patient_tables(PatientView([patient("a", 0.0), patient("b", 1.0)], [0, 30, 60], [1, 1, 1]))
    assert [row[0] for row in tables["patients"].rows] == ["b", "a"]
    assert list(tables["patient_curves"].columns) == ["time_days", "b", "a"]
    assert tables["patient_curves"].rows[1] == [30.0, 0.5, 0.5]
    assert set(patient_tables(PatientView([patient("a", 0.0)]))) == {"patients"}
