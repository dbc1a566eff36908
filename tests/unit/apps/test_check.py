"""``prognos check``: what it says of a cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.apps.check import check
from prognos.data import CohortError

ROWS = "".join(f"p{i},{i + 1},{i % 2},{i % 3},{40 + i}\n" for i in range(12))


def test_patients_events_times_folds_and_covariates_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cohort.csv").write_text(f"patient_id,time,event,fold,age\n{ROWS}")
    check(str(tmp_path / "cohort.csv"))
    shown = capsys.readouterr().out
    assert "12 patients, 6 events (50%)" in shown
    assert "median 6.5 days, from 1 to 12 days" in shown
    assert "other columns: age" in shown
    assert "fold 2: 4 patients, 2 events; too few" in shown
    assert "p1" not in shown


def test_patients_of_whom_nothing_would_tell_a_mirrored_mask_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cohort.csv").write_text("patient_id,time,event\np1,12,1\np2,5,1\n")
    for name in ("ct.nii.gz", "mask.nii.gz", "organs.nii.gz"):
        (tmp_path / name).touch()
    rows = "p1,ct.nii.gz,mask.nii.gz,organs.nii.gz\np2,ct.nii.gz,mask.nii.gz,\n"
    (tmp_path / "annotations.csv").write_text(f"patient_id,image,mask,organ_mask\n{rows}")
    check(str(tmp_path / "cohort.csv"), annotations=str(tmp_path / "annotations.csv"))
    assert "1 patient(s) without an organ map: whether left and right are exchanged" in capsys.readouterr().out


def test_a_table_without_parts_is_told_how_to_get_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cohort.csv").write_text("patient_id,time,event\na,2,1\n")
    check(str(tmp_path / "cohort.csv"), time_unit="years")
    shown = capsys.readouterr().out
    assert "prognos split" in shown
    assert "median 730.5 days" in shown


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a folder without configs/"):
        check(str(tmp_path))


def test_a_table_is_preferred_to_a_bundle_of_the_same_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "face_prognosis").write_text("patient_id,time,event\na,2,1\n")
    check("face_prognosis")
    assert "The table can be used." in capsys.readouterr().out


def test_times_are_judged_in_the_unit_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text("patient_id,time,event\na,3000,1\nb,20,0\n")  # days, given as months
    check(str(tmp_path / "cohort.csv"))
    with pytest.raises(CohortError, match="100 years"):
        check(str(tmp_path / "cohort.csv"), time_unit="months")


def test_late_entry_is_refused_here_and_not_first_in_training(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text("patient_id,time,event,entry\na,30,1,10\nb,20,0,0\n")
    with pytest.raises(CohortError, match="line 2, column entry: is above 0"):
        check(str(tmp_path / "cohort.csv"))
