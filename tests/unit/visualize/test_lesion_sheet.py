"""The sheet shows each patient's lesions, says what is odd, and opens alone."""

from __future__ import annotations

from pathlib import Path

from prognos.visualize import CheckedAnnotation, CheckedPatient, write_lesion_sheet


def test_each_annotation_is_shown_with_its_remarks_and_nothing_is_loaded(tmp_path: Path) -> None:
    patients = [
        CheckedPatient("p1", [CheckedAnnotation("reader_1", "2 lesions, 0.4 ml", "aGk=")], ["image: odd <slices>"]),
        CheckedPatient("p2", [CheckedAnnotation("reader_2", "no lesion marked")]),
    ]
    left_out = [("p3", "an image without a mask"), ("", "files that fit no pattern")]
    page = write_lesion_sheet(tmp_path / "check.html", patients, facts={"patients": 2}, left_out=left_out).read_text()
    assert page.count("data:image/jpeg;base64,aGk=") == 1
    assert '<p class="remark">image: odd &lt;slices&gt;</p>' in page
    assert "No slice to show." in page
    assert "<td>p3</td><td>an image without a mask</td>" in page
    assert "<td>\N{EN DASH}</td><td>files that fit no pattern</td>" in page
    assert '<th scope="row">patients</th><td class="n">2</td>' in page
    assert "http:" not in page
    assert "<script" not in page


def test_a_sheet_without_anybody_is_written_all_the_same(tmp_path: Path) -> None:
    assert "not imported" not in write_lesion_sheet(tmp_path / "check.html", [], facts={}).read_text()
