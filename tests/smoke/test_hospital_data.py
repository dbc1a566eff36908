"""The tutorial from hospital data to a report and back into DICOM: its commands, on public scans."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from documents import ROOT, blocks, run_tutorial
from imported import written_bytes
from prognos.transforms import label_lesions, list_dicom, read_masks, read_volume

SCANS = ROOT.parent / "shared" / "data"
TUTORIAL = ROOT / "docs" / "tutorials" / "hospital-data.md"
CASES = {
    "case-01": {"CT": "4dlung_113/CT", "RTSTRUCT": "4dlung_113/RTSTRUCT"},
    "case-02": {"ct": "dcmqi/segmentations/ct-3slice", "seg.dcm": "dcmqi/segmentations/liver.dcm"},
    "case-03": {"ct": "dcmqi/segmentations/23x38x3/image", "seg": "dcmqi/segmentations/23x38x3/seg"},
    "case-04": {"ct": "dcmqi/segmentations/24x38x3/image", "seg": "dcmqi/segmentations/24x38x3/seg"},
    "case-05": {"ct/1.dcm": "rt_utils/mock_data/ct_1.dcm", "ct/2.dcm": "rt_utils/mock_data/ct_2.dcm",
                "rt.dcm": "rt_utils/mock_data/rt.dcm"},
}  # fmt: skip
"""Where the files of each case of the tutorial come from."""

pytestmark = pytest.mark.skipif(not SCANS.is_dir(), reason="the public test scans are not on this machine")


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder from which the tutorial starts."""
    for case, parts in CASES.items():
        for name, origin in parts.items():
            target = tmp_path / "scans" / case / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (SCANS / origin).is_dir() else shutil.copyfile
            copy(SCANS / origin, target)
    (tmp_path / "clinical.csv").write_text(blocks(TUTORIAL, "csv")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("default")  # as for a person; the outlines of the first case reach beyond its slices
def test_every_command_of_the_tutorial_runs_and_the_risks_lie_on_the_lesions(
    hospital: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []
    for words in run_tutorial(TUTORIAL):
        ran.append(words[1])
        if words[1] == "import":
            shown = capsys.readouterr().out
            assert [line for line in blocks(TUTORIAL, "text")[1].splitlines() if line not in shown] == []
    assert ran == ["import", "check", "split", "run", "run", "run", "run"]

    assert "no two can be compared" in (hospital / "runs" / "test" / "report_test.html").read_text()
    for folder in ("cohort", "runs"):
        written = written_bytes(hospital / folder)
        assert [name for name in (*CASES, "HM10395", "PHANTOM_EXAMPLE") if name.encode() in written] == []

    image = read_volume("scans/case-01/CT")
    outlined = label_lesions(read_masks("scans/case-01/RTSTRUCT/1-1.dcm::17+18", image), "labels", name="mask")
    (seg,) = list_dicom(hospital / "results").masks
    ranked = label_lesions(read_masks(seg.file, image), "labels", name="seg")
    assert ((ranked.array > 0) == (outlined.array > 0)).all()
    assert len(np.unique(ranked.array)) == 3
    assert [segment.label.split(",")[0] for segment in seg.segments] == ["rank 1 of 2", "rank 2 of 2"]
    assert seg.patient == "113_HM10395"  # filed with the patient of the series, as asked
