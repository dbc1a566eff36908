"""``prognos import``: DICOM goes in, tables and NIfTI come out, and whatever is left out is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dicoms import TOKEN, write_series
from imported import (
    CRLM,
    LUNG1,
    RADIOGENOMICS,
    lesion_contours,
    lesion_masks,
    run_import,
    write_case,
    write_labelled_rtstruct,
    write_labelled_seg,
    written_bytes,
)
from prognos.__main__ import main
from prognos.apps.check import check
from prognos.data import join_annotations, read_annotations, read_cohort
from prognos.transforms import ExtractLesionsd, read_labels, read_volume
from scans import make_image, make_labels


@pytest.fixture(scope="module")
def crlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients of Colorectal-Liver-Metastases, a third without a mask, and the clinical table with a fourth."""
    root = tmp_path_factory.mktemp("crlm")
    for name in ("CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"):
        source = write_case(root / "scans", name)
        if name != "CRLM-CT-1003":
            folder = root / "scans" / name / "01-01-2014-StudyID-1" / "100.000000-Segmentation-1"
            write_labelled_seg(folder / "1-1.dcm", source, lesion_masks())
    rows = [
        f"1,CRLM-CT-1001,1,60,0,1,10,1,1,5,1,{TOKEN}",
        f"2,CRLM-CT-1002,2,-999,0,1,20.5,0,0,20.5,0,{TOKEN}",
        f"4,CRLM-CT-1004,2,50,0,1,30,1,0,20.5,0,{TOKEN}",
        f"5,CRLM-CT-1005,2,50,0,1,30,,0,20.5,0,{TOKEN}",
    ]
    (root / "clinical.csv").write_text("\n".join([CRLM, *rows]))
    return root


@pytest.fixture(scope="module")
def imported(crlm: Path) -> Path:
    """The two patients, imported under pseudonyms."""
    run_import(crlm / "scans", "colorectal-liver-metastases", crlm / "out", clinical=str(crlm / "clinical.csv"))
    return crlm / "out"


def test_the_tables_of_a_collection_can_be_used_by_the_bundle(imported: Path) -> None:
    check(str(imported / "cohort.csv"), annotations=str(imported / "annotations.csv"))
    scans = join_annotations(read_cohort(imported / "cohort.csv"), read_annotations(imported / "annotations.csv"))
    (lesions,) = ExtractLesionsd()(scans[0])
    assert lesions["instance"].tolist() == [4, 5]  # segments Tumor_1 and Tumor_2
    assert lesions["volume"].tolist() == [280.0, 120.0]  # 28 and 12 voxels of 10 mm3
    assert lesions["organ"].tolist() == [3, 3]  # they lie in the segment Liver


def test_months_become_days_and_unknown_numbers_are_empty(imported: Path) -> None:
    cohort = sorted(read_cohort(imported / "cohort.csv"), key=lambda sample: sample["label"][0])
    assert [sample["label"].tolist() for sample in cohort] == [
        [pytest.approx(304.375), 1],
        [pytest.approx(623.96875), 0],
    ]
    assert cohort[0]["age"] == 60
    assert np.isnan(cohort[1]["age"])
    assert "relevant_notes" not in cohort[0]


def test_masks_keep_every_voxel_and_its_place(imported: Path) -> None:
    rows = read_annotations(imported / "annotations.csv")
    mask = read_labels(rows[0]["mask"][0]).array
    assert (mask == np.choose(make_labels(), [0, 4, 0, 0, 0, 0, 0, 5])).all()


def test_no_text_of_the_source_is_written(imported: Path, crlm: Path) -> None:
    written = written_bytes(imported)
    for token in (TOKEN, "CRLM-CT", "Segmentation", str(crlm / "scans"), "19000101"):
        assert token.encode() not in written


def test_codes_of_the_segments_are_kept(crlm: Path, imported: Path) -> None:
    lines = (imported / "segments.csv").read_text().splitlines()
    assert lines[0].startswith("patient_id,reader,lesion_id,segment,category_code,category_meaning")
    assert len(lines) == 5  # two tumours of two patients
    assert ",reader_1,4,4,SCT:49755003," in lines[1]
    assert ",SCT:10200004,Liver,liver,AUTOMATIC" in lines[1]


def test_who_is_left_out_is_said_with_the_reason(crlm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_import(crlm / "scans", "colorectal-liver-metastases", crlm / "out", clinical=str(crlm / "clinical.csv"))
    shown = capsys.readouterr().out
    assert "left out, 1: an image without a mask" in shown
    assert "1 rows with no status, left out: lines 5" in shown
    assert "1 patients of the clinical table without image and mask, left out: lines 4" in shown
    assert (
        "'De-identify Scout Name' is read as the patient, 'vital_status' as the event; days from the resection" in shown
    )
    assert "2 patients were finished before" in shown
    assert "CRLM-CT" not in shown


def test_the_page_shows_each_patient_and_opens_alone(imported: Path) -> None:
    page = (imported / "check.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count("2 lesions, 0.4 ml") == 4  # as a line, and as the alternative text
    assert "an image without a mask" in page
    assert "http:" not in page
    assert "<script" not in page


def test_another_endpoint_is_taken_when_named(crlm: Path, tmp_path: Path) -> None:
    tables = run_import(
        crlm / "scans",
        "colorectal-liver-metastases",
        tmp_path / "out",
        clinical=str(crlm / "clinical.csv"),
        endpoint="progression",
        keep_ids=True,
        pictures=False,
    )
    assert [(row["patient_id"], row["time"]) for row in tables["cohort"]] == [
        ("CRLM-CT-1001", "152.1875"),
        ("CRLM-CT-1002", "623.96875"),
    ]


def test_radiomics_takes_the_tumour_of_its_rtstruct_and_paints_the_lungs(tmp_path: Path) -> None:
    source = write_case(tmp_path / "scans", "LUNG1-001")
    lung = [np.asarray(contour) for contour in lesion_contours()]
    regions = {"Lung-Left": lung, "GTV-1": lesion_contours(), "Spinal-Cord": lung}
    study = tmp_path / "scans" / "LUNG1-001" / "01-01-2014-StudyID-1"
    write_labelled_rtstruct(study / "RT" / "1-1.dcm", source, regions)
    write_labelled_seg(study / "SEG" / "1-1.dcm", source, {"Neoplasm, Primary": make_labels() == 1})
    (tmp_path / "lung1.csv").write_text(f"{LUNG1}\nLUNG1-001,78.75,2,3,0,IIIb,large cell,male,2165,1\n")
    tables = run_import(
        tmp_path / "scans", "nsclc-radiomics", tmp_path / "out", clinical=str(tmp_path / "lung1.csv"), pictures=False
    )
    (row,) = tables["annotations"]
    assert row["organ_mask"].endswith("organs.nii.gz")
    assert np.unique(read_labels(tmp_path / "out" / row["mask"]).array).tolist() == [0, 2]
    (patient,) = tables["cohort"]
    assert (patient["time"], patient["event"], patient["stage"], patient["sex"]) == ("2165", "1", "IIIb", "male")


def test_radiogenomics_counts_days_from_the_ct(tmp_path: Path) -> None:
    for name in ("R01-001", "R01-002"):
        source = write_case(tmp_path / "scans", name)
        write_labelled_seg(tmp_path / "scans" / name / "SEG" / "1.dcm", source, {"anything": make_labels() == 1})
    rows = [
        "R01-001,Stanford,34,Male,Adenocarcinoma,no,1/1/1996,Dead,1/31/1996,,1/1/1996",
        "R01-002,Stanford,Not Collected,Female,Adenocarcinoma,no,12/31/1996,Alive,,,01/01/1996",
        "R01-003,Stanford,50,Female,Adenocarcinoma,no,12/31/1996,Dead,,300,01/01/1996",
    ]
    (tmp_path / "clinical.csv").write_text("\n".join([RADIOGENOMICS, *rows]))
    tables = run_import(
        tmp_path / "scans", "nsclc-radiogenomics", tmp_path / "out", clinical=str(tmp_path / "clinical.csv")
    )
    found = [(row["time"], row["event"], row["age"]) for row in tables["cohort"]]
    assert sorted(found) == [("30", "1", "34"), ("365", "0", "")]


def test_patients_without_an_identifier_are_left_out_unless_folders_name_them(tmp_path: Path) -> None:
    for name in ("anna", "bert"):
        source = write_series_of(tmp_path / "scans" / name, "")
        write_labelled_seg(tmp_path / "scans" / name / "seg.dcm", source, {"a": make_labels() == 1})
    with pytest.raises(ValueError, match="no patient has all of what is needed"):
        run_import(tmp_path / "scans", "dicom", tmp_path / "out")
    tables = run_import(tmp_path / "scans", "dicom", tmp_path / "out", keep_ids=True, patients="folder")
    assert [row["patient_id"] for row in tables["annotations"]] == ["anna", "bert"]
    assert "cohort" not in tables


def test_two_masks_of_one_reader_are_not_guessed_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_series_of(tmp_path / "scans", "anna")
    for number, label in ((1, 1), (2, 7)):
        write_labelled_seg(tmp_path / "scans" / f"seg_{number}.dcm", source, {"a": make_labels() == label})
    with pytest.raises(ValueError, match="no patient has all of what is needed"):
        run_import(tmp_path / "scans", "dicom", tmp_path / "out")
    assert "2 masks (SEG) of one reader on one image. Add --join" in capsys.readouterr().out
    (row,) = run_import(tmp_path / "scans", "dicom", tmp_path / "out", join=True)["annotations"]
    assert np.unique(read_labels(tmp_path / "out" / row["mask"]).array).tolist() == [0, 1, 2]


def test_lesions_that_overlap_need_a_file_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_series_of(tmp_path / "scans", "anna")
    write_labelled_seg(tmp_path / "scans" / "seg.dcm", source, {"a": make_labels() > 0, "b": make_labels() == 1})
    with pytest.raises(ValueError, match="cannot be used"):
        run_import(tmp_path / "scans", "dicom", tmp_path / "out")
    assert "its lesions share 28 voxels" in capsys.readouterr().out
    (row,) = run_import(tmp_path / "scans", "dicom", tmp_path / "out", instances="files")["annotations"]
    files = row["mask"].split(";")
    assert [int(read_labels(tmp_path / "out" / file).array.sum()) for file in files] == [40, 28]


def test_a_gapped_series_is_refused_unless_it_shall_be_filled(tmp_path: Path) -> None:
    source = write_series_of(tmp_path / "scans", "anna")
    write_labelled_seg(tmp_path / "scans" / "seg.dcm", source, {"a": make_labels() == 1})
    (tmp_path / "scans" / "7.dcm").unlink()
    with pytest.raises(ValueError, match="1 masks or patients cannot be used"):
        run_import(tmp_path / "scans", "dicom", tmp_path / "out")
    (row,) = run_import(tmp_path / "scans", "dicom", tmp_path / "out", resample=True)["annotations"]
    mask, image = (
        reader(tmp_path / "out" / row[name]) for reader, name in ((read_labels, "mask"), (read_volume, "image"))
    )
    assert (mask.array == (make_labels() == 1)).all()
    assert image.grid.shape == mask.grid.shape


def test_a_damaged_patient_stops_the_tables_but_not_the_others(tmp_path: Path) -> None:
    for name in ("anna", "bert"):
        source = write_series_of(tmp_path / "scans" / name, name)
        write_labelled_seg(tmp_path / "scans" / name / "seg.dcm", source, {"a": make_labels() == 1})
    slice_ = tmp_path / "scans" / "anna" / "3.dcm"
    slice_.write_bytes(slice_.read_bytes()[:-300])
    with pytest.raises(ValueError, match="1 masks or patients cannot be used"):
        run_import(tmp_path / "scans", "dicom", tmp_path / "out")
    assert not (tmp_path / "out" / "annotations.csv").exists()
    assert len(list((tmp_path / "out" / "patients").iterdir())) == 1
    tables = run_import(tmp_path / "scans", "dicom", tmp_path / "out", on_error="skip")
    assert len(tables["annotations"]) == 1
    assert "truncated" in tables["left_out"][0]["reason"]


def test_the_command_is_typed_as_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "scans"]) == 1
    assert "--layout: nsclc-radiomics" in capsys.readouterr().err
    assert main(["import", "--template", str(tmp_path / "clinical.csv")]) == 0
    assert (tmp_path / "clinical.csv").read_text().startswith("patient_id,time,event")


def test_a_template_lists_the_patients_of_the_folder(crlm: Path, tmp_path: Path) -> None:
    words = ["import", str(crlm / "scans"), "--layout", "dicom", "--lesions", "Tumor*", "--template"]
    assert main([*words, str(tmp_path / "clinical.csv")]) == 0
    assert (tmp_path / "clinical.csv").read_text().splitlines()[1:] == ["CRLM-CT-1001,,,,", "CRLM-CT-1002,,,,"]


def write_series_of(folder: Path, patient: str) -> list[object]:
    return list(write_series(folder, make_image(), PatientID=patient))
