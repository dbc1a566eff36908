"""``prognos import --layout nifti``: files that are paired by their names."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from imported import run_import, written_bytes
from prognos.apps.check import check
from prognos.apps.importing import import_cohort
from prognos.data import join_annotations, read_annotations, read_cohort
from prognos.transforms import ExtractLesionsd, read_volume
from scans import make_image, make_labels, write_volume

CLINICAL = "PatientID,OS,dead,age,surname\nanna,10,1,50,Muster\nbert,20,0,60,Muster\ncora,30,1,70,Muster\n"
TOKEN = b"Zaphod"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images of anna, bert and a stranger; two readers of anna, one with a follow-up; one mask without an image."""
    root = tmp_path / "scans"
    for name in (
        "images/anna",
        "images/bert",
        "images/dora",
        "masks/anna_smith",
        "masks/anna_jones",
        "later/anna_smith",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_volume(root / f"{name}.nii.gz", make_image() if name.startswith("images") else make_labels())
    image = nibabel.load(root / "images" / "anna.nii.gz")
    image.header["descrip"] = TOKEN
    nibabel.save(image, root / "images" / "anna.nii.gz")
    write_volume(root / "masks" / "dora_smith.nii.gz", make_labels())
    write_volume(root / "masks" / "emil_smith.nii.gz", make_labels())
    (tmp_path / "clinical.csv").write_text(CLINICAL)
    return root


def scans_of(output: Path) -> list[dict[str, object]]:
    return join_annotations(read_cohort(output / "cohort.csv"), read_annotations(output / "annotations.csv"))


def test_files_are_copied_without_names_and_keep_their_voxels(folder: Path, tmp_path: Path) -> None:
    clinical = str(tmp_path / "clinical.csv")
    run_import(folder, "nifti", tmp_path / "out", clinical=clinical, followup_pattern="later/{patient}_{reader}.nii.gz")
    (scan,) = scans_of(tmp_path / "out")
    readers = {each["reader"]: each for each in scan["annotations"]}
    assert sorted(readers) == ["reader_1", "reader_2"]
    assert readers["reader_2"]["followup_mask"] is not None
    first, second = ExtractLesionsd()(scan)
    assert (read_volume(scan["image"]).array == make_image()).all()
    assert second["instance"].tolist() == [1, 7]
    assert second["growth"].tolist() == [1.0, 1.0]
    assert np.isnan(first["growth"]).all()
    for token in (b"anna", b"smith", b"jones", b"Muster", TOKEN, str(folder).encode()):
        assert token not in written_bytes(tmp_path / "out")


def test_kept_identifiers_leave_the_files_where_they_are(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(folder, "nifti", tmp_path / "out", clinical=str(tmp_path / "clinical.csv"), keep_ids=True)
    (scan,) = scans_of(tmp_path / "out")
    assert (scan["patient_id"], scan["age"], scan["surname"]) == ("anna", 50, "Muster")
    assert "../scans/images/anna.nii.gz" in (tmp_path / "out" / "annotations.csv").read_text()
    assert not (tmp_path / "out" / "patients").exists()
    check(str(tmp_path / "out" / "cohort.csv"), annotations=str(tmp_path / "out" / "annotations.csv"))
    assert "2 annotations of 1 patients by 2 reader(s)" in capsys.readouterr().out


def test_a_new_reader_renames_nobody_of_an_earlier_import(folder: Path, tmp_path: Path) -> None:
    options = {"clinical": str(tmp_path / "clinical.csv"), "pictures": False, "covariates": "age"}
    run_import(folder, "nifti", tmp_path / "out", **options)
    write_volume(folder / "masks" / "bert_miller.nii.gz", make_labels())  # between jones and smith
    run_import(folder, "nifti", tmp_path / "out", **options)
    found = {scan["age"]: scan["annotations"] for scan in scans_of(tmp_path / "out")}
    assert [each["reader"] for each in found[50]] == ["reader_1", "reader_3"]  # anna's
    assert [each["reader"] for each in found[60]] == ["reader_2"]


def test_what_found_no_partner_is_counted_and_named_on_request(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clinical = str(tmp_path / "clinical.csv")
    run_import(folder, "nifti", tmp_path / "out", clinical=clinical, pictures=False)
    shown = capsys.readouterr().out
    assert "3 pairs of image and mask of 2 patients" in shown
    assert "1 images without a mask, left out" in shown
    assert "1 masks without an image, left out" in shown
    assert "left out, 1: no outcome in the clinical table" in shown
    assert "2 patients of the clinical table without image and mask, left out: lines 3, 4" in shown
    assert "columns left out: age, surname" in shown
    assert "images/bert.nii.gz" not in shown
    run_import(folder, "nifti", tmp_path / "out", clinical=clinical, pictures=False, list_files=True, covariates="age")
    shown = capsys.readouterr().out
    assert "    images/bert.nii.gz" in shown
    assert "columns left out: surname" in shown
    assert read_cohort(tmp_path / "out" / "cohort.csv")[0]["age"] == 50


def test_times_become_days(folder: Path, tmp_path: Path) -> None:
    run_import(
        folder,
        "nifti",
        tmp_path / "out",
        clinical=str(tmp_path / "clinical.csv"),
        time_unit="weeks",
        keep_ids=True,
        pictures=False,
    )
    assert read_cohort(tmp_path / "out" / "cohort.csv")[0]["label"].tolist() == [70.0, 1.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_pattern": "ct/{patient}.nii"}, "no patient has all of what is needed"),
        ({"covariates": "weight"}, "there is no column weight"),
        ({"endpoint": "death"}, "--endpoint belongs to the public collections"),
        ({"layout": "nifty"}, "--layout is 'nifty'; expected nsclc-radiomics"),
        ({"instances": "label"}, "--instances is 'label'"),
        ({"time_unit": "month"}, "time_unit is 'month'"),
        ({"output_dir": "{scans}/out"}, "would lie in the folder that is searched"),
        ({"key": ""}, "name a file for the key"),
        ({"keep_ids": True}, "One of both"),
        ({"key": "{out}/site.key"}, "would lie in the output folder"),
        ({"id_map": "{out}/map.csv"}, "would lie in the output folder"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, str], message: str, folder: Path, tmp_path: Path) -> None:
    places = {"scans": folder, "out": tmp_path / "out"}
    given = {
        "layout": "nifti",
        "clinical": str(tmp_path / "clinical.csv"),
        "output_dir": str(tmp_path / "out"),
        "key": str(tmp_path / "site.key"),
        **{
            name: value.format(**places) if isinstance(value, str) and "_pattern" not in name else value
            for name, value in options.items()
        },
    }
    with pytest.raises(ValueError, match=message):
        import_cohort(str(folder), pictures=False, **given)
    assert not (tmp_path / "out" / "cohort.csv").exists()
