"""A folder belongs to one process at a time, and to nobody once that process is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prognos.locks import FolderInUseError, FolderLock

HOLD = """
import sys, time
from prognos.locks import FolderLock
lock = FolderLock(sys.argv[1])
print(int(lock.acquire()), flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that has claimed the folder."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    yield child
    child.kill()
    child.communicate()


def test_a_second_process_is_told_who_it_must_wait_for(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    assert not FolderLock(tmp_path).acquire()
    with pytest.raises(FolderInUseError, match="another run is writing into this folder"), FolderLock(tmp_path):
        pass


def test_a_killed_process_leaves_no_claim(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / ".lock").exists()
    with FolderLock(tmp_path):
        pass


def test_runs_of_one_process_follow_each_other(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "new"), FolderLock(tmp_path / "new")
    assert first.acquire()
    assert second.acquire()
    second.release()
    first.release()
    assert not list((tmp_path / "new").iterdir())


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        FolderLock(tmp_path / "file/out").acquire()
