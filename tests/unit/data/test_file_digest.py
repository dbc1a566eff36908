"""Digests of files, and what a file is called where its path must not travel."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prognos.data import identify_file
from prognos.data.file_digest import file_digest


def test_a_file_is_identified_by_name_and_content_wherever_it_lies(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cohort.csv").write_text("one")
    expected = f"cohort.csv, sha256 {hashlib.sha256(b'one').hexdigest()[:16]}"
    assert identify_file(tmp_path / "a" / "cohort.csv") == identify_file(str(tmp_path / "b" / "cohort.csv")) == expected
    (tmp_path / "b" / "cohort.csv").write_text("another")
    assert identify_file(tmp_path / "b" / "cohort.csv") != expected


def test_no_file_has_no_digest(tmp_path: Path) -> None:
    assert identify_file(None) is None
    assert identify_file(tmp_path / "gone.csv") == "gone.csv"
    assert file_digest(tmp_path / "gone.csv") == file_digest(tmp_path) == ""
