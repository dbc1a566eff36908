"""Paths that name a part."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.config.parts import split_part


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/rt.dcm", ("a/rt.dcm", "")),
        ("a/rt.dcm::1+3", ("a/rt.dcm", "1+3")),
        ("a/rt.dcm::GTV *", ("a/rt.dcm", "GTV *")),
        ("a::b/rt.dcm", ("a::b/rt.dcm", "")),
        ("a::b/rt.dcm::2", ("a::b/rt.dcm", "2")),
        ("::2", ("::2", "")),
    ],
)
def test_what_follows_the_mark_after_the_last_name_is_the_part(path: str, expected: tuple[str, str]) -> None:
    assert split_part(path) == (Path(expected[0]), expected[1])


def test_a_file_with_the_mark_in_its_name_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "scan::2.nii").touch()
    assert split_part(tmp_path / "scan::2.nii") == (tmp_path / "scan::2.nii", "")
