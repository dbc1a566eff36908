"""Files that appear whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["written_whole"]


@contextmanager
def written_whole(target: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``target``, and move it onto the target when the block succeeds.

    A process that is killed inside the block leaves the old file, or none, never half of the new one.

    Args:
        target: path of the file to write; its folder is made when absent. The temporary name ends like the target's,
            because many writers choose the format by it.

    Yields:
        Where to write.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".writing-{uuid.uuid4().hex}-{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
