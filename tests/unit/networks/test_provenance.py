"""Weights never lose their origin, and lost origins are said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.networks import read_provenance, write_provenance


def test_what_was_written_is_read(tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    written = write_provenance(weights, "synthetic", "300 drawn patients")
    assert read_provenance(weights) == written
    assert "SYNTHETIC" in written.notice


def test_other_weights_under_the_same_name_are_of_unknown_origin(tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    write_provenance(weights, "patients", "300 patients")
    weights.write_bytes(b"exchanged")
    found = read_provenance(weights)
    assert found.trained_on == "unknown"
    assert "UNKNOWN" in found.notice


def test_weights_without_a_provenance_are_of_unknown_origin(tmp_path: Path) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    assert read_provenance(weights).trained_on == "unknown"


@pytest.mark.parametrize("text", ["[]", "{", '{"trained_on": "mars", "description": "", "sha256": ""}'])
def test_a_damaged_provenance_is_refused(tmp_path: Path, text: str) -> None:
    weights = tmp_path / "model.pt"
    weights.write_bytes(b"weights")
    (tmp_path / "model.pt.provenance.json").write_text(text)
    with pytest.raises(ValueError, match="provenance"):
        read_provenance(weights)


def test_absent_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no weights at"):
        read_provenance(tmp_path / "model.pt")
