"""Reading the cohort table: what is accepted, converted, chosen and refused."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest
import torch

from prognos.data import CohortError, read_cohort

GOOD = "patient_id,time,event\nanna,10,1\nbert,20.5,0\ncora,30,1\n"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a table and give its path."""
    path = folder / "cohort.csv"
    path.write_text(text, encoding=encoding)
    return path


def complaint(folder: Path, text: str) -> str:
    """Message with which the table is refused."""
    with pytest.raises(CohortError) as caught:
        read_cohort(write(folder, text))
    return str(caught.value)


def folded(parts: int, patients: int = 12) -> str:
    """A table of patients dealt to parts in turn, all with the event."""
    rows = [f"p{row},{row + 1},1,{row % parts}" for row in range(patients)]
    return "\n".join(["patient_id,time,event,fold", *rows])


def test_a_row_becomes_a_sample_with_a_float64_label(tmp_path: Path) -> None:
    sample = read_cohort(write(tmp_path, GOOD))[1]
    assert (sample["patient_id"], sample["patient_index"]) == ("bert", 1)
    assert torch.equal(sample["label"], torch.tensor([20.5, 0.0], dtype=torch.float64))
    assert sample["label"].dtype == torch.float64


@pytest.mark.parametrize(("unit", "days"), [("days", 1.0), ("weeks", 7.0), ("months", 30.4375), ("years", 365.25)])
def test_times_and_entries_are_converted_to_days(tmp_path: Path, unit: str, days: float) -> None:
    path = write(tmp_path, "patient_id,time,event,entry\na,2,1,0.5\n")
    sample = read_cohort(path, time_unit=unit, late_entry=True)[0]
    assert sample["label"][0] == 2 * days
    assert sample["entry"] == 0.5 * days


def test_entry_is_there_only_when_the_table_has_it(tmp_path: Path) -> None:
    assert "entry" not in read_cohort(write(tmp_path, GOOD))[0]


def test_a_covariate_is_a_number_where_all_cells_are_and_text_otherwise(tmp_path: Path) -> None:
    text = "patient_id,time,event,age,dose,stage,empty\na,1,1,50,1.5,II,\nb,2,1,60,,3,\n"
    first, second = read_cohort(write(tmp_path, text))
    assert (first["age"], first["dose"], first["stage"], first["empty"]) == (50, 1.5, "II", "")
    assert isinstance(first["age"], int)
    assert math.isnan(second["dose"])
    assert second["stage"] == "3"


def test_an_image_path_is_relative_to_the_table(tmp_path: Path) -> None:
    sample = read_cohort(write(tmp_path, "patient_id,time,event,image\na,1,1,ct/a.nii.gz\n"))[0]
    assert sample["image"] == str(tmp_path / "ct" / "a.nii.gz")


@pytest.mark.parametrize(
    "header",
    [
        "PatientID,Survival.time,deadstatus.event",
        "patient,duration,dead",
        "subject_id,OS,death",
        "case_id,OS.time,OS",
        "Patient ID,TIME,Event",
    ],
)
def test_a_known_alias_is_read_and_reported(tmp_path: Path, header: str, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, f"{header}\nanna,12,1\n")
    with caplog.at_level(logging.WARNING):
        sample = read_cohort(path)[0]
    assert (sample["patient_id"], sample["label"].tolist()) == ("anna", [12.0, 1.0])
    for name in header.split(","):
        assert f"column {name!r} is read as" in caplog.text


def test_two_aliases_of_one_column_are_refused(tmp_path: Path) -> None:
    message = complaint(tmp_path, "patient_id,duration,Survival.time,event\na,1,1,1\n")
    assert "'duration' and 'Survival.time' both mean time" in message


def test_the_exact_name_is_preferred_to_an_alias(tmp_path: Path) -> None:
    sample = read_cohort(write(tmp_path, "patient_id,time,duration,event\na,1,9,1\n"))[0]
    assert (sample["label"][0], sample["duration"]) == (1.0, 9)


def test_a_byte_order_mark_blanks_and_blank_lines_are_tolerated(tmp_path: Path) -> None:
    text = "patient_id, time ,event\r\n\r\n anna , 10 ,1.0\r\n\r\n"
    sample = read_cohort(write(tmp_path, text, "utf-8-sig"))[0]
    assert (sample["patient_id"], sample["label"].tolist()) == ("anna", [10.0, 1.0])


def test_all_faults_are_reported_at_once_with_line_and_column(tmp_path: Path) -> None:
    message = complaint(tmp_path, "patient_id,time,event\nanna,-1,1\nbert,x,7\nanna,3,1\ncora,4\n")
    for place in ("line 2, column time", "line 3, column time", "line 3, column event", "line 4, column patient_id"):
        assert f"cohort.csv, {place}: " in message
    assert "cohort.csv, line 5: has 2 cells, expected 3" in message
    assert "5 faults" in message


def test_one_fault_on_many_lines_is_said_once_with_all_lines(tmp_path: Path) -> None:
    message = complaint(tmp_path, "patient_id,time,event\na,0,1\nb,5,1\nc,0,1\nd,0,0\n")
    assert "lines 2, 4, 5, column time: is 0" in message


def test_the_line_is_that_of_the_file_even_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    message = complaint(tmp_path, 'patient_id,time,event,note\na,1,1,"two\nlines"\n\nb,-1,1,x\n')
    assert "line 5, column time: is negative" in message


@pytest.mark.parametrize("cell", ["-4", "0", "soon", "", "nan", "inf", "1e999", "1_000", "12,5"])
def test_a_time_that_is_no_positive_number_is_refused(tmp_path: Path, cell: str) -> None:
    assert "line 2, column time: is " in complaint(tmp_path, f'patient_id,time,event\na,"{cell}",1\nb,1,1\n')


@pytest.mark.parametrize("cell", ["2", "-1", "0.5", "yes", "", "nan", "True"])
def test_an_event_other_than_0_and_1_is_refused(tmp_path: Path, cell: str) -> None:
    assert "line 2, column event: is " in complaint(tmp_path, f"patient_id,time,event\na,5,{cell}\nb,1,1\n")


def test_competing_risks_are_refused_with_the_reason(tmp_path: Path) -> None:
    assert "competing risk" in complaint(tmp_path, "patient_id,time,event\na,5,2\nb,1,1\n")


def test_a_table_without_any_event_is_refused(tmp_path: Path) -> None:
    assert "no patient has the event" in complaint(tmp_path, "patient_id,time,event\na,5,0\nb,1,0\n")


def test_late_entry_is_refused_unless_the_caller_accounts_for_it(tmp_path: Path) -> None:
    table = "patient_id,time,event,entry\na,5,1,0\nb,9,1,{}\n"
    assert len(read_cohort(write(tmp_path, table.format("0")))) == 2
    message = complaint(tmp_path, table.format("2"))
    assert "line 3, column entry: is above 0" in message
    assert "subtract entry" in message
    assert read_cohort(write(tmp_path, table.format("2")), late_entry=True)[1]["entry"] == 2.0


@pytest.mark.parametrize("entry", ["5", "6"])
def test_an_image_at_or_after_the_end_of_follow_up_is_refused(tmp_path: Path, entry: str) -> None:
    message = complaint(tmp_path, f"patient_id,time,event,entry\na,5,1,{entry}\n")
    assert "line 2, column entry: is not before time" in message


@pytest.mark.parametrize("entry", ["-1", "", "late"])
def test_an_entry_that_is_no_time_is_refused(tmp_path: Path, entry: str) -> None:
    assert "line 2, column entry: is " in complaint(tmp_path, f"patient_id,time,event,entry\na,5,1,{entry}\n")


def test_a_patient_in_two_folds_is_refused_as_a_leak(tmp_path: Path) -> None:
    message = complaint(tmp_path, "patient_id,time,event,fold\nanna,5,1,0\nbert,5,1,1\nanna,5,1,1\n")
    assert "line 4, column patient_id: is the same patient as line 2, in another fold" in message


@pytest.mark.parametrize("folds", ["0,2", "1,2", "0,1.5", "0,a", "0,-1", "0,"])
def test_folds_must_be_numbered_from_0_without_a_gap(tmp_path: Path, folds: str) -> None:
    first, second = folds.split(",")
    assert ", column fold: " in complaint(tmp_path, f"patient_id,time,event,fold\na,5,1,{first}\nb,5,1,{second}\n")


@pytest.mark.parametrize("missing", ["patient_id", "time", "event"])
def test_a_missing_column_is_named_beside_the_other_faults(tmp_path: Path, missing: str) -> None:
    names = [name for name in ("patient_id", "time", "event") if name != missing]
    message = complaint(tmp_path, f"{','.join(names)},fold\n1,1,x\n")
    assert f"line 1, column {missing}: is missing" in message
    assert "line 2, column fold" in message


def test_a_column_there_twice_is_refused(tmp_path: Path) -> None:
    assert "line 1, column event: appears more than once" in complaint(
        tmp_path, "patient_id,time,event,event\na,1,1,1\n"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("patient_id,time,event\n", "the table has no patient"),
        ("patient_id;time;event\na;1;1\n", "separated by"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in complaint(tmp_path, text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="UTF-8"):
        read_cohort(write(tmp_path, GOOD.replace("anna", "änna"), "latin-1"))


def test_a_message_never_quotes_a_cell_that_could_name_a_patient(tmp_path: Path) -> None:
    message = complaint(tmp_path, "time,patient_id,event\nSmith,4711,4711\nSmith,4711,Smith\n")
    assert "Smith" not in message
    assert "4711" not in message


def test_a_fold_tests_on_its_part_and_validates_on_the_next(tmp_path: Path) -> None:
    path = write(tmp_path, folded(4))
    found = {
        subset: {sample["fold"] for sample in read_cohort(path, fold=3, subset=subset)}
        for subset in ("test", "validation", "train", "all")
    }
    assert found == {"test": {3}, "validation": {0}, "train": {1, 2}, "all": {0, 1, 2, 3}}


def test_a_subset_keeps_the_row_numbers_of_the_whole_table(tmp_path: Path) -> None:
    samples = read_cohort(write(tmp_path, folded(4)), fold=1, subset="test")
    assert [sample["patient_index"] for sample in samples] == [1, 5, 9]


def test_a_fold_that_the_table_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="has 0 to 3"):
        read_cohort(write(tmp_path, folded(4)), fold=4, subset="test")
    with pytest.raises(CohortError, match="prognos split"):
        read_cohort(write(tmp_path, GOOD), fold=0, subset="test")


def test_two_parts_leave_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="train subset of fold 0 is empty"):
        read_cohort(write(tmp_path, folded(2)), fold=0, subset="train")


def test_a_training_subset_without_events_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "patient_id,time,event,fold\na,1,1,0\nb,2,1,1\nc,3,0,2\n")
    with pytest.raises(CohortError, match="no patient of the training subset"):
        read_cohort(path, fold=0, subset="train")


@pytest.mark.parametrize("arguments", [{"subset": "train"}, {"subset": "val", "fold": 0}, {"time_unit": "hours"}])
def test_impossible_arguments_are_refused(tmp_path: Path, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"subset|time_unit"):
        read_cohort(write(tmp_path, GOOD), **arguments)


def test_a_missing_file_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_cohort(tmp_path / "absent.csv")
