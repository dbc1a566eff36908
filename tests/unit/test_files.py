"""Files appear whole or not at all, and a full disk is said in words."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.files import DiskFullError, remove_leftovers, written_whole

LIMIT = 4096  # bytes


@contextmanager
def small_files() -> Iterator[None]:
    """No file may grow beyond a few blocks, as with a quota; the signal that comes with it is ignored by Python.

    Not a fixture: pytest writes its own progress between a test and the end of its fixtures, perhaps into a long file.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_text(path: Path) -> None:
    path.write_text("x" * 10 * LIMIT)


def write_array(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, a=np.zeros(LIMIT))


def write_checkpoint(path: Path) -> None:
    with path.open("wb") as stream:
        torch.save({"a": torch.zeros(LIMIT)}, stream)


@pytest.mark.parametrize("write", [write_text, write_array, write_checkpoint])
def test_want_of_space_is_one_error_and_the_old_file_stays(write, tmp_path: Path) -> None:
    target = tmp_path / "result"
    target.write_text("old")
    with small_files(), pytest.raises(DiskFullError, match="no space left"), written_whole(target) as temporary:
        write(temporary)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_writer_that_hides_the_reason_is_understood_by_the_space_that_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prognos.files._free", lambda folder: 0)
    with pytest.raises(DiskFullError), written_whole(tmp_path / "model.pt"):
        raise RuntimeError("unexpected pos 704 vs 598")


def test_the_number_that_safetensors_quotes_is_understood(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError), written_whole(tmp_path / "model.safetensors"):
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="a bug"), written_whole(tmp_path / "model.pt"):
        raise RuntimeError("a bug")


def test_old_unfinished_files_are_removed_and_young_ones_left(tmp_path: Path) -> None:
    old, young, result = (tmp_path / "a" / name for name in (".writing-0-x", ".writing-1-x", "x"))
    old.parent.mkdir()
    for path in (old, young, result):
        path.write_text("")
        os.utime(path, None if path is young else (0, 0))
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in old.parent.iterdir()) == [".writing-1-x", "x"]
