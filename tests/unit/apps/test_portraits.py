"""``prognos align``: faces, tables and counts are written, nobody is named, nothing of the file travels on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faces import POINTS, draw_face, write_photo_table
from prognos.__main__ import main
from prognos.apps.portraits import DRAWN
from prognos.data import join_photos, read_cohort, read_origin, read_photos
from prognos.transforms import AlignFace, AlignFaced
from prognos.visualize.contact_sheet import NOTICE

SECRET = "Anna-Muster"


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """Four photos: one turned by EXIF, one grey, one that is none, one of nobody in the cohort."""
    folder = tmp_path / "2024"
    (folder / "photos").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET
    turned = Image.fromarray(draw_face()).transpose(Image.Transpose.ROTATE_90)
    turned.save(folder / "photos" / "a.png", exif=exif)
    Image.fromarray(draw_face()).convert("L").save(folder / "photos" / "b.png")
    (folder / "photos" / "c.png").write_text("no photo")
    Image.fromarray(draw_face()).save(folder / "photos" / "d.png")
    patients = (SECRET, SECRET, "C", "D")
    rows = [
        {"patient_id": patient, "image": f"photos/{name}.png", "flag": "mask" * (name == "b"), "points": POINTS}
        for patient, name in zip(patients, "abcd", strict=True)
    ]
    write_photo_table(folder / "photos.csv", rows)
    (folder / "cohort.csv").write_text(f"PatientID,time,event\n{SECRET},10,1\nC,5,0\nE,7,1\n")
    return folder


def align(folder: Path, *options: str, output: str = "aligned") -> int:
    words = [str(folder / "photos.csv"), "--output_dir", str(folder.parent / output), "--size", "64", *options]
    return main(["align", *words])


def test_faces_tables_and_counts_are_written(cohort: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert align(cohort, "--cohort", str(cohort / "cohort.csv")) == 0
    shown = "".join(capsys.readouterr())
    out = cohort.parent / "aligned"
    assert "not_an_image: 1, not used (line 4)." in shown
    assert "grey: 1, used all the same (line 3)." in shown
    assert "patients without usable photo: 2" in shown
    assert [path.name for path in sorted((out / "faces").iterdir())] == ["00002.png", "00003.png", "00005.png"]
    report = json.loads((out / "report.json").read_text())
    assert report["counts"] == {
        "photos": 4,
        "patients": 3,
        "patients_with_several_photos": 1,
        "patients_with_several_dates": 0,
        "flags": {"mask": 1},
        "photos_without_patient": 1,
        "patients_without_photo": 1,
        "outcomes": {"aligned": 2, "grey": 1, "not_an_image": 1},
        "used": 3,
        "approximate_landmarks": 0,
        "patients_without_usable_photo": 2,
    }
    outcomes = list(csv.DictReader((out / "outcomes.csv").open()))
    assert [row["outcome"] for row in outcomes] == ["aligned", "grey", "not_an_image", "aligned"]
    assert (out / "contact_sheet.html").is_file()
    np.testing.assert_array_equal(
        np.asarray(Image.open(out / "faces" / "00002.png")), AlignFace(64)(draw_face(), POINTS)
    )


def test_the_folder_is_a_cohort_that_trains(cohort: Path) -> None:
    align(cohort, "--cohort", str(cohort / "cohort.csv"))
    out = cohort.parent / "aligned"
    samples = join_photos(read_cohort(out / "cohort.csv"), read_photos(out / "photos.csv"))
    assert [Path(sample["image"]).name for sample in samples] == ["00002.png", "00003.png"]
    portrait = AlignFaced(64).prepare(samples[0])
    np.testing.assert_array_equal(portrait.image, AlignFace(64)(draw_face(), POINTS))


def test_nobody_is_named_and_nothing_of_the_file_travels_on(cohort: Path, capsys: pytest.CaptureFixture[str]) -> None:
    align(cohort)
    assert SECRET not in "".join(capsys.readouterr())
    out = cohort.parent / "aligned"
    for path in out.rglob("*"):
        if path.is_file() and path.name not in ("photos.csv", "cohort.csv"):
            content = path.read_bytes()
            assert SECRET.encode() not in content
            assert str(cohort).encode() not in content
            assert b"Exif" not in content
            assert b"eXIf" not in content
            assert SECRET not in path.name


def test_a_drawn_cohort_stays_one(cohort: Path) -> None:
    out = cohort.parent / "aligned"
    align(cohort)
    assert NOTICE in (out / "contact_sheet.html").read_text()
    assert read_origin(out) == "patients"
    (cohort / "dataset.json").write_text('{"description": "synthetic portraits"}')
    align(cohort, "--overwrite")
    assert DRAWN in (out / "contact_sheet.html").read_text()
    assert read_origin(out) == "synthetic"


def test_warnings_can_be_refused_and_the_sheet_left_out(cohort: Path) -> None:
    assert align(cohort, "--refuse", "blurred,grey", "--contact_sheet", "False") == 0
    out = cohort.parent / "aligned"
    assert len(read_photos(out / "photos.csv")) == 2
    assert not (out / "contact_sheet.html").exists()


def test_earlier_results_are_replaced_only_when_asked(cohort: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert align(cohort) == 0
    assert align(cohort) == 1
    assert "add --overwrite" in capsys.readouterr().err
    rows = (cohort / "photos.csv").read_text().splitlines()
    (cohort / "photos.csv").write_text("\n".join(rows[:2]) + "\n")
    assert align(cohort, "--overwrite") == 0
    assert [path.name for path in (cohort.parent / "aligned" / "faces").iterdir()] == ["00002.png"]


def test_the_users_own_tables_are_never_replaced(cohort: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (cohort / "photos.csv").read_bytes()
    assert align(cohort, "--overwrite", output="2024") == 1
    assert "is the folder of the photo table itself" in capsys.readouterr().err
    assert (cohort / "photos.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--detector", "mtcnn"], "expected 'none', 'cascade' or 'yunet'"),
        (["--detector", "yunet"], "belong together"),
        (["--model_file", "m.onnx"], "belong together"),
        (["--detector", "yunet", "--model_file", "absent.onnx"], "absent.onnx: No such file"),
        (["--several", "first"], "expected 'refuse' or 'largest'"),
        (["--refuse", "dark"], "expected cut_off, blurred, grey"),
        (["--cohort", "absent.csv"], "absent.csv: No such file"),
    ],
)
def test_wrong_options_are_answered_with_one_line_before_anything_is_written(
    options: list[str], words: str, cohort: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cv2", reason="YuNet runs in OpenCV, which the extra 'faces' brings")
    assert align(cohort, *options) == 1
    assert words in capsys.readouterr().err
    assert not (cohort.parent / "aligned").exists()


def test_a_cohort_in_which_nothing_can_be_used_says_where_the_reasons_are(
    cohort: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cohort / "photos.csv").write_text(f"patient_id,image\n{SECRET},photos/a.png\nC,absent.png\n")
    assert align(cohort) == 1
    shown = capsys.readouterr()
    assert "no photo can be used" in shown.err
    assert "no_landmarks: 1" in shown.out
    assert "missing_file: 1" in shown.out
    assert (cohort.parent / "aligned" / "outcomes.csv").is_file()
    assert not (cohort.parent / "aligned" / "photos.csv").exists()
