"""One bad scan stops a run, or is left out and written down, as the config says."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.data import AnnotationError, usable_scans
from prognos.transforms import ExtractLesionsd
from scans import make_image, make_labels, write_volume


@pytest.fixture
def scans(tmp_path: Path) -> list[dict[str, Any]]:
    """Three patients; the scan of the second is cut off."""
    found = []
    for number, name in enumerate("abc"):
        image = write_volume(tmp_path / f"{name}.nii.gz", make_image() + np.int16(number))
        mask = write_volume(tmp_path / f"{name}_mask.nii.gz", make_labels())
        annotation = {"reader": "x", "mask": [mask], "where": f"annotations.csv, line {number + 2}"}
        scan = {"patient_id": name, "patient_index": number, "image": image, "annotations": [annotation]}
        found.append(scan | {"where": f"annotations.csv, line {number + 2}", "label": torch.tensor([1.0, 1.0])})
    damaged = tmp_path / "b.nii.gz"
    damaged.write_bytes(damaged.read_bytes()[:-50])
    return found


def test_skipped_scans_are_left_out_and_written_down(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    table = tmp_path / "out/skipped.csv"
    usable = usable_scans(scans, ExtractLesionsd(), tmp_path / "cache", on_error="skip", skipped_file=table)
    assert [scan["patient_id"] for scan in usable.data] == ["a", "c"]
    (row,) = csv.DictReader(table.open(encoding="utf-8"))
    assert (row["patient_id"], row["stage"]) == ("b", "extraction")
    assert "annotations.csv, line 3, column image" in row["reason"]
    assert "truncated" in row["reason"]
    assert [tuple(scan) for scan in usable.skipped] == [tuple(row.values())]


def test_the_log_names_no_patient(
    scans: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    scans[1]["patient_id"] = "Anna-Muster"
    usable_scans(scans, ExtractLesionsd(), tmp_path / "cache", on_error="skip", skipped_file="skipped.csv")
    assert "1 of 3 scans are skipped; skipped.csv says which and why" in caplog.text
    assert "Anna" not in caplog.text


def test_a_mended_scan_is_used_again_and_leaves_an_empty_table(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    arguments = {"on_error": "skip", "skipped_file": tmp_path / "skipped.csv"}
    usable_scans(scans, ExtractLesionsd(), tmp_path / "cache", **arguments)
    write_volume(tmp_path / "b.nii.gz", make_image())
    assert len(usable_scans(scans, ExtractLesionsd(), tmp_path / "cache", **arguments).data) == 3
    assert (tmp_path / "skipped.csv").read_text() == "patient_id,stage,reason\n"


def test_by_default_nothing_is_left_out_or_looked_at(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    usable = usable_scans(scans, ExtractLesionsd(), None, skipped_file=tmp_path / "skipped.csv")
    assert (len(usable.data), usable.skipped) == (3, [])
    assert not (tmp_path / "skipped.csv").exists()


def test_nothing_but_bad_scans_is_an_error(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="none of 1 scans can be used"):
        usable_scans(scans[1:2], ExtractLesionsd(), tmp_path / "cache", on_error="skip")


def test_wrong_settings_are_refused(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected 'stop' or 'skip'"):
        usable_scans(scans, ExtractLesionsd(), tmp_path, on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a cache"):
        usable_scans(scans, ExtractLesionsd(), None, on_error="skip")
