"""Pseudonyms: the same for one key, others for another, worth nothing without, and never two patients' at once."""

from __future__ import annotations

import csv
import hashlib
import hmac
import stat
from pathlib import Path

import pytest

from prognos.apps.importing.pseudonyms import Names, PseudonymError, read_key, require_outside, safe_names, write_id_map


def test_a_pseudonym_is_the_keyed_digest_of_the_identifier() -> None:
    key = bytes(range(32))
    expected = hmac.new(key, "Müller 1".encode(), hashlib.sha256).hexdigest()[:12]
    assert Names(key).patient("Müller 1") == f"p{expected}"
    assert Names(bytes(32)).patient("Müller 1") != f"p{expected}"
    assert Names(None).patient("Müller 1") == "Müller 1"


def test_a_new_key_is_for_its_owner_alone_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "site.key"
    key = read_key(path, tmp_path / "out")
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path, tmp_path / "out") == key


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    read_key(tmp_path / "site.key", tmp_path / "out")
    (tmp_path / "site.key").chmod(0o644)
    with pytest.raises(PseudonymError, match="chmod 600"):
        read_key(tmp_path / "site.key", tmp_path / "out")


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    path.write_text("secret\n")
    path.chmod(0o600)
    with pytest.raises(PseudonymError, match="holds no key"):
        read_key(path, tmp_path / "out")


def test_a_collision_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(bytes(32))
    monkeypatch.setattr(names, "digest", lambda text: "0" * 64)
    assert names.patient("anna") == names.patient("anna")
    with pytest.raises(PseudonymError, match="same pseudonym"):
        names.patient("bert")


def test_the_map_is_for_its_owner_alone_and_outside_the_output(tmp_path: Path) -> None:
    write_id_map(tmp_path / "map.csv", {"bert": "p2", "anna": "p1"})
    assert stat.S_IMODE((tmp_path / "map.csv").stat().st_mode) == 0o600
    assert list(csv.reader((tmp_path / "map.csv").open())) == [
        ["patient_id", "pseudonym"],
        ["anna", "p1"],
        ["bert", "p2"],
    ]
    with pytest.raises(PseudonymError, match="in the output folder"):
        require_outside(tmp_path / "out" / "tables" / "map.csv", tmp_path / "out", "the map")


def test_names_of_files_stay_apart() -> None:
    safe = safe_names(["a/b", "a_b", "../c", "D", "d"])
    assert len({name.lower() for name in safe.values()}) == 5
    assert not any("/" in name or "." in name for name in safe.values())
