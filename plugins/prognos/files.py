"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import re
import shutil
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["DiskFullError", "is_torn", "remove_leftovers", "written_whole"]

PREFIX = ".writing-"
"""How the names of unfinished files begin."""

LEFT_AFTER = 600.0
"""Seconds after its last change from which an unfinished file counts as left by a killed process (ours)."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LAST_BLOCKS = 1 << 16  # bytes; with less than this free, whatever failed failed for want of space


class DiskFullError(OSError):
    """A file could not be written for want of space; what was there before is as it was."""


@contextmanager
def written_whole(target: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``target``, and move it onto the target when the block succeeds.

    A process that is killed inside the block leaves the old file, or none, never half of the new one.

    Args:
        target: path of the file to write; its folder is made when absent. The temporary name ends like the target's,
            because many writers choose the format by it.

    Yields:
        Where to write.

    Raises:
        DiskFullError: when the disk, the quota or the largest size of a file is used up, however the writer said so.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{PREFIX}{uuid.uuid4().hex}-{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    except Exception as error:
        if _is_full(error, target.parent):
            raise DiskFullError(
                f"{target}: there is no space left for it. Free some, or choose another folder, and call the same "
                f"command again; every file that was finished is kept."
            ) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def is_torn(path: str | Path) -> bool:
    """Whether a file of torch is cut off or fails its checksums, which ``torch.load`` does not look at.

    Args:
        path: the file, a zip archive as torch has written since version 1.6; of any other file nothing is known.
    """
    with Path(path).open("rb") as file:
        if file.read(2) != b"PK":
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is not None
    except Exception:  # zipfile raises a dozen kinds, by what is damaged
        return True


def remove_leftovers(folder: str | Path) -> None:
    """Delete the unfinished files that killed processes left in a folder and below.

    Args:
        folder: one that no other process writes into; what changed within ten minutes stays all the same.
    """
    for file in Path(folder).rglob(f"{PREFIX}*"):
        if time.time() - file.stat().st_mtime > LEFT_AFTER:
            file.unlink(missing_ok=True)


def _is_full(error: BaseException, folder: Path) -> bool:
    """Whether want of space is behind an error; torch and safetensors hide the number that the system gave."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.errno is not None:
            return link.errno in _FULL
        link = link.__cause__ or link.__context__
    number = re.search(r"\(os error (\d+)\)", str(error))  # as safetensors writes it
    return int(number[1]) in _FULL if number else _free(folder) < _LAST_BLOCKS


def _free(folder: Path) -> int:
    """Bytes that are left on the disk of a folder."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _LAST_BLOCKS
