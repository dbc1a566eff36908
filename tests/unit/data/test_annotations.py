"""The annotation table: what it gives, and every fault at once, without a patient's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.data import AnnotationError, join_annotations, read_annotations

FILES = ("ct.nii.gz", "a.nii.gz", "b.nii.gz", "later.nii.gz", "organs.nii.gz", "other.nii.gz")


def write(folder: Path, text: str) -> Path:
    """Write the table and, empty, the files it may name."""
    for name in FILES:
        (folder / name).touch()
    path = folder / "annotations.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_read_with_paths_relative_to_the_table(tmp_path: Path) -> None:
    path = write(tmp_path, "patient_id,image,mask\nDoe,ct.nii.gz,a.nii.gz; b.nii.gz\n")
    assert read_annotations(path) == [
        {
            "patient_id": "Doe",
            "image": str(tmp_path / "ct.nii.gz"),
            "mask": [str(tmp_path / "a.nii.gz"), str(tmp_path / "b.nii.gz")],
            "organ_mask": None,
            "reader": "reader",
            "timepoint": 0,
            "where": "annotations.csv, line 2",
        }
    ]


def test_a_scan_joins_the_readers_and_their_own_follow_up(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "patient_id,image,mask,reader,timepoint,organ_mask\n"
        "Doe,ct.nii.gz,a.nii.gz,one,0,organs.nii.gz\n"
        "Doe,,later.nii.gz,one,1,\n"
        "Doe,ct.nii.gz,b.nii.gz,two,,\n"
        "Roe,ct.nii.gz,a.nii.gz,one,0,\n",
    )
    cohort = [{"patient_id": "Doe", "patient_index": 4, "age": 60}]
    (scan,) = join_annotations(cohort, read_annotations(path))
    assert (scan["patient_index"], scan["age"]) == (4, 60)
    assert scan["image"] == str(tmp_path / "ct.nii.gz")
    assert scan["organ_mask"] == str(tmp_path / "organs.nii.gz")
    first, second = scan["annotations"]
    assert (first["reader"], second["reader"]) == ("one", "two")
    assert first["followup_mask"] == [str(tmp_path / "later.nii.gz")]
    assert (first["where"], first["followup_where"]) == ("annotations.csv, line 2", "annotations.csv, line 3")
    assert second["followup_mask"] is None


def test_scans_follow_the_order_of_the_cohort(tmp_path: Path) -> None:
    path = write(tmp_path, "patient_id,image,mask\nDoe,ct.nii.gz,a.nii.gz\nRoe,ct.nii.gz,b.nii.gz\n")
    cohort = [{"patient_id": "Roe"}, {"patient_id": "Doe"}]
    assert [scan["patient_id"] for scan in join_annotations(cohort, read_annotations(path))] == ["Roe", "Doe"]


def test_patients_without_annotation_are_refused_by_their_row(tmp_path: Path) -> None:
    path = write(tmp_path, "patient_id,image,mask\nDoe,ct.nii.gz,a.nii.gz\n")
    cohort = [{"patient_id": name, "patient_index": index} for name, index in (("Doe", 0), ("Roe", 6), ("Poe", 9))]
    with pytest.raises(AnnotationError, match=r"2 patient\(s\).* row\(s\) 7, 10,") as caught:
        join_annotations(cohort, read_annotations(path))
    assert "Roe" not in str(caught.value)


def test_a_follow_up_alone_is_no_annotation() -> None:
    row = {"patient_id": "Doe", "image": "", "mask": ["later.nii.gz"], "reader": "one", "timepoint": 1}
    with pytest.raises(AnnotationError, match="no baseline row"):
        join_annotations([{"patient_id": "Doe", "patient_index": 0}], [row])


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError) as caught:
        read_annotations(write(tmp_path, "patient,ct,mask\nDoe,ct.nii.gz,a.nii.gz\n"))
    assert "column patient_id: is missing" in str(caught.value)
    assert "column image: is missing" in str(caught.value)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no annotation"):
        read_annotations(write(tmp_path, "patient_id,image,mask\n"))


def test_all_faults_are_reported_together_and_name_no_patient(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "patient_id,image,mask,reader,timepoint,organ_mask\n"
        "Doe,ct.nii.gz,Doe_mask.nii.gz,one,0,organs.nii.gz\n"  # line 2: no such mask
        "Doe,other.nii.gz,a.nii.gz,two,0,\n"  # line 3: another image
        "Doe,ct.nii.gz,a.nii.gz,one,0,other.nii.gz\n"  # line 4: reader again, another organ map
        ",ct.nii.gz,a.nii.gz,one,0,\n"  # line 5: no patient
        "Roe,ct.nii.gz,,one,0,\n"  # line 6: no mask
        "Poe,ct.nii.gz,a.nii.gz,one,later,\n"  # line 7: timepoint
        "Moe,,a.nii.gz;Moe.nii.gz,one,1,\n"  # line 8: one of two masks missing, no baseline
        "Joe,,a.nii.gz,one,0,\n",  # line 9: no image
    )
    with pytest.raises(AnnotationError) as caught:
        read_annotations(path)
    message = str(caught.value)
    for line, column, words in [
        (2, "mask", "does not exist"),
        (3, "image", "another baseline image of the patient than on line 2"),
        (4, "reader", "same patient, reader and timepoint as line 2"),
        (4, "organ_mask", "another organ map"),
        (5, "patient_id", "is empty"),
        (6, "mask", "is empty"),
        (7, "timepoint", "neither 0 (baseline) nor 1"),
        (8, "mask", "1 of 2 files do not exist"),
        (8, "timepoint", "without baseline"),
        (9, "image", "is empty"),
    ]:
        place = f"annotations.csv, line {line}, column {column}: "
        assert any(row.strip().startswith(place) and words in row for row in message.splitlines()), (place, message)
    assert not any(name in message for name in ("Doe", "Roe", "Poe", "Moe", "Joe"))


def test_a_dicom_folder_is_an_image(tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    path = write(tmp_path, "patient_id,image,mask\nDoe,series,a.nii.gz\n")
    assert read_annotations(path)[0]["image"] == str(tmp_path / "series")


def test_absolute_paths_are_kept(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    mask = tmp_path / "elsewhere" / "mask.nii.gz"
    mask.touch()
    assert read_annotations(write(tmp_path, f"patient_id,image,mask\nDoe,ct.nii.gz,{mask}\n"))[0]["mask"] == [str(mask)]
