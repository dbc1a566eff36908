"""One run at a time in a folder."""

from __future__ import annotations

import os
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

__all__ = ["FolderInUseError", "FolderLock"]

LOCK_FILE = ".lock"
"""Name of the file that is locked; by itself, as a killed process leaves it, it means nothing."""

_PROCESS = uuid.uuid4().hex


class FolderInUseError(RuntimeError):
    """Another run writes into the folder."""


class FolderLock:
    """Claim a folder for this process, as long as the process lives.

    The operating system drops the claim when the process ends, even by signal 9, so no stale one can stay. Claims of
    the same process do not exclude each other: a later run of one process follows an earlier one. Where the file system
    knows no locks, and on Windows, every claim succeeds.

    Args:
        folder: made when absent.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Claim the folder; False when another process has it.

        Raises:
            OSError: when the folder cannot be made or written to.
        """
        if self._file is not None:
            return True
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            file = self._path.open("a+", encoding="ascii")
            try:
                _lock(file)
            except BlockingIOError:
                file.seek(0)
                owner = file.read()
                file.close()
                return owner == _name()
            except OSError:
                file.close()
                return True
            if _is_at(self._path, file):
                break
            file.close()  # whoever had the folder has just freed it and deleted the file
        _write(file, _name())
        self._file = file
        return True

    def release(self) -> None:
        """Give the folder free and leave nothing in it; without effect when it is not claimed."""
        if self._file is not None:
            with suppress(OSError):
                self._path.unlink()
            self._file.close()
            self._file = None

    @property
    def _path(self) -> Path:
        return self.folder / LOCK_FILE

    def __enter__(self) -> FolderLock:
        """Claim the folder, or say who has it.

        Raises:
            FolderInUseError: when another process has it.
        """
        if not self.acquire():
            raise FolderInUseError(
                f"{self.folder}: another run is writing into this folder. Wait until it has ended, or choose another "
                f"output_dir."
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock(file: IO[str]) -> None:
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(path: Path, file: IO[str]) -> bool:
    """Whether an open file is still the one with this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _name() -> str:
    """This process, on whatever machine or in whatever container."""
    return f"{os.getpid()} {_PROCESS}"


def _write(file: IO[str], text: str) -> None:
    """Replace the content; it is only a note, so a full disk does not matter."""
    with suppress(OSError):
        file.truncate(0)
        file.write(text)
        file.flush()
