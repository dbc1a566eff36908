"""Runs a piece of work in a process of its own, and kills that process at a chosen moment.

Two kinds of moments: just before the process would move its n-th finished file to its place, which is the same moment
on every machine, and after a part of the time that the whole run takes.
"""

from __future__ import annotations

import ctypes
import hashlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["Finished", "KillingExtraction", "Moment", "draw_moments", "hashes", "kill_apart", "run_apart", "run_here"]

Work = Callable[[Path], Any]
"""Fills the folder that it is given."""

_FORK = multiprocessing.get_context("fork")
_LONGEST = 240.0  # seconds


class Moment(NamedTuple):
    """When to kill: before the n-th file is moved, or after so many seconds; one of them is None."""

    move: int | None = None
    seconds: float | None = None


class Finished(NamedTuple):
    """How a process ended."""

    status: int
    """Exit status, or minus the signal that ended it."""

    moves: int
    """Files it moved to their place in the folder."""

    seconds: float
    """How long it ran."""


def run_here(work: Work, folder: Path) -> Finished:
    """Run to the end in this process, which then has imported everything that its children need."""
    moves, started = _FORK.Value(ctypes.c_int, 0), time.monotonic()
    with _counted_moves(folder, moves, None):
        work(folder)
    return Finished(0, moves.value, time.monotonic() - started)


def run_apart(work: Work, folder: Path) -> Finished:
    """Run to the end in a process of its own."""
    return _run(work, folder, Moment())


def kill_apart(work: Work, folder: Path, moment: Moment) -> Finished:
    """Run in a process of its own and kill it with signal 9 at the moment, if it has not ended before."""
    return _run(work, folder, moment)


def draw_moments(whole: Finished, count: int, seed: str) -> list[Moment]:
    """Moments within a run, by turns of both kinds, the first of those that need no clock.

    Args:
        whole: how the uninterrupted run ended.
        count: how many.
        seed: of the draw.
    """
    draw = random.Random(seed)
    moves = [Moment(move=draw.randint(1, whole.moves)) for _ in range((count + 1) // 2)]
    return [*moves, *(Moment(seconds=draw.uniform(0.05, 0.95) * whole.seconds) for _ in range(count // 2))]


def hashes(folder: Path, patterns: Iterable[str], *, without: str = "") -> dict[str, str]:
    """SHA-256 of the files that a run is about, by name; unfinished ones do not count.

    Args:
        folder: of the run.
        patterns: of their names.
        without: column of a table that holds what no two runs have in common, such as a time of day.
    """
    files = {file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}
    named = {str(file.relative_to(folder)): file for file in files if not file.name.startswith(".")}
    return {name: hashlib.sha256(_content(file, without)).hexdigest() for name, file in sorted(named.items())}


def _content(file: Path, without: str) -> bytes:
    if not without or file.suffix != ".csv":
        return file.read_bytes()
    table = pd.read_csv(file, comment="#", dtype=str)
    return table.drop(columns=without).to_csv().encode()


def kill_myself(*_: object) -> Any:
    """End this process as the kernel does when memory runs out; stands for an extraction."""
    os.kill(os.getpid(), signal.SIGKILL)


class KillingExtraction:
    """An extraction, or a data set, that ends the process it runs in."""

    settings: dict[str, Any] = {}  # noqa: RUF012 - read only

    __call__ = kill_myself
    __getitem__ = kill_myself


def _run(work: Work, folder: Path, moment: Moment) -> Finished:
    moves = _FORK.Value(ctypes.c_int, 0)
    process = _FORK.Process(target=_work, args=(work, folder, moves, moment.move), daemon=True)
    started = time.monotonic()
    process.start()
    process.join(moment.seconds if moment.seconds is not None else _LONGEST)
    if process.is_alive():
        process.kill()
        process.join()
        if moment.seconds is None:
            raise TimeoutError(f"the process did not end within {_LONGEST:.0f} seconds.")
    return Finished(process.exitcode or 0, moves.value, time.monotonic() - started)


def _work(work: Work, folder: Path, moves: Any, last: int | None) -> None:
    """What the process does."""
    with _counted_moves(folder, moves, last):
        work(folder)


@contextmanager
def _counted_moves(folder: Path, moves: Any, last: int | None) -> Iterator[None]:
    """Count the files that are moved within a folder, and stop dead before the chosen one."""
    replace = Path.replace

    def counted(path: Path, target: Any) -> Path:
        if folder in Path(target).parents:
            moves.value += 1
        if moves.value == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, target)

    Path.replace = counted  # type: ignore[method-assign]
    try:
        yield
    finally:
        Path.replace = replace  # type: ignore[method-assign]
