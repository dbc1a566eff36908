"""``prognos index``: two tables from a folder, with everything shown that found no partner."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.apps.check import check
from prognos.apps.index import index
from prognos.data import join_annotations, read_annotations, read_cohort

CLINICAL = "PatientID,OS,dead,age\nanna,10,1,50\nbert,20,0,60\ncora,30,1,70\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images of anna, bert and a stranger; two readers of anna; one mask without an image."""
    root = tmp_path / "scans"
    for name in ("images/anna", "images/bert", "images/dora", "masks/anna_r1", "masks/anna_r2", "masks/dora_r1"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.nii.gz").touch()
    (root / "masks" / "emil_r1.nii.gz").touch()
    (tmp_path / "clinical.csv").write_text(CLINICAL)
    return root


def test_both_tables_are_written_and_fit_each_other(folder: Path, tmp_path: Path) -> None:
    index(str(folder), clinical=str(tmp_path / "clinical.csv"))
    scans = join_annotations(read_cohort(folder / "cohort.csv"), read_annotations(folder / "annotations.csv"))
    assert [(scan["patient_id"], scan["age"], len(scan["annotations"])) for scan in scans] == [("anna", 50, 2)]


def test_what_found_no_partner_is_shown(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index(str(folder), clinical=str(tmp_path / "clinical.csv"))
    shown = capsys.readouterr().out
    assert "2 pairs of image and mask" in shown
    assert "1 images without a mask, left out:\n  images/bert.nii.gz" in shown
    assert "1 masks without an image, left out:\n  masks/emil_r1.nii.gz" in shown
    assert "whom the clinical table does not have, left out:\n  dora" in shown
    assert "2 patients of the clinical table without image and mask, left out: lines 3, 4" in shown


def test_tables_elsewhere_point_to_the_images(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index(str(folder), clinical=str(tmp_path / "clinical.csv"), output=str(tmp_path / "tables"))
    assert "../scans/images/anna.nii.gz" in (tmp_path / "tables" / "annotations.csv").read_text()
    check(str(tmp_path / "tables" / "cohort.csv"), annotations=str(tmp_path / "tables" / "annotations.csv"))
    assert "2 annotations of 1 patients by 2 reader(s)" in capsys.readouterr().out


def test_tables_that_exist_are_left_as_they_are_unless_told(folder: Path, tmp_path: Path) -> None:
    index(str(folder), clinical=str(tmp_path / "clinical.csv"))
    with pytest.raises(ValueError, match="would be replaced"):
        index(str(folder), clinical=str(tmp_path / "clinical.csv"))
    index(str(folder), clinical=str(tmp_path / "clinical.csv"), overwrite=True)


def test_nothing_is_written_when_nothing_fits(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'ct/\{patient\}.nii'"):
        index(str(folder), clinical=str(tmp_path / "clinical.csv"), image_pattern="ct/{patient}.nii")
    assert not list(folder.glob("*.csv"))
