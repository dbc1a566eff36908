"""An import that is killed goes on where it was, and ends with what an import that was left alone writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicoms import write_series
from imported import run_import, write_labelled_seg, written_bytes
from prognos.apps.importing.conversion import Converter
from scans import make_labels


class Killed(BaseException):
    """Stands for a signal."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients."""
    root = tmp_path_factory.mktemp("scans")
    for name in ("anna", "bert"):
        source = write_series(root / name, PatientID=name)
        write_labelled_seg(root / name / "seg.dcm", source, {"a": make_labels() == 1})
    return root


def test_a_killed_import_goes_on_and_ends_alike(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_import(folder, "dicom", tmp_path / "whole" / "out", keep_ids=True)
    convert, done = Converter.convert, []

    def killed_at_the_second(self: Converter, patient: object, *others: object) -> object:
        if done:
            raise Killed
        done.append(patient)
        return convert(self, patient, *others)  # type: ignore[arg-type]

    output = tmp_path / "killed" / "out"
    with monkeypatch.context() as patched:
        patched.setattr(Converter, "convert", killed_at_the_second)
        with pytest.raises(Killed):
            run_import(folder, "dicom", output, keep_ids=True)
    finished = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    assert len(finished) == 3  # image, mask and receipt of one patient
    run_import(folder, "dicom", output, keep_ids=True)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert written_bytes(output) == written_bytes(tmp_path / "whole" / "out")


@pytest.mark.parametrize("change", ["file", "source", "settings"])
def test_a_patient_is_read_again_when_something_changed(
    change: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    run_import(folder, "dicom", output, keep_ids=True, pictures=False)
    if change == "file":
        (output / "patients" / "anna" / "image.nii.gz").write_bytes(b"half")
    if change == "source":
        mask = folder / "anna" / "seg.dcm"
        mask.touch()
    capsys.readouterr()
    instances = "components" if change == "settings" else "labels"
    run_import(folder, "dicom", output, keep_ids=True, pictures=False, instances=instances)
    shown = capsys.readouterr().out
    assert ("1 patients were finished before" in shown) is (change != "settings")
    assert (output / "patients" / "anna" / "image.nii.gz").stat().st_size > 100
