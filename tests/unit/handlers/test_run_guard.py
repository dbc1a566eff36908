"""A run holds its folder while it lasts, and an interruption ends it in one line."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ignite.engine import Engine, Events

from prognos.handlers import RunGuard
from prognos.locks import FolderInUseError, FolderLock

HOLD = """
import sys, time
from prognos.locks import FolderLock
lock = FolderLock(sys.argv[1])
print(int(lock.acquire()), flush=True)
time.sleep(60)
"""


@pytest.fixture
def _other_run(tmp_path: Path) -> Iterator[None]:
    """Another process works in the folder."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    yield
    child.kill()
    child.communicate()


def guarded(folder: Path | None, error: BaseException | None = None) -> Engine:
    """An engine of one iteration, which may fail."""

    def update(engine: Engine, batch: object) -> None:
        if error is not None:
            raise error

    engine = Engine(update)
    RunGuard(folder).attach(engine)
    return engine


def is_claimed(folder: Path) -> bool:
    return (folder / ".lock").exists()


@pytest.mark.usefixtures("_other_run")
def test_a_second_run_is_refused_before_it_does_anything(tmp_path: Path) -> None:
    engine = guarded(tmp_path)
    engine.add_event_handler(Events.EPOCH_STARTED, lambda: (tmp_path / "written").touch())
    with pytest.raises(FolderInUseError, match="Wait until it has ended, or choose another output_dir"):
        engine.run([0])
    assert not (tmp_path / "written").exists()


@pytest.mark.usefixtures("_other_run")
def test_processes_that_share_a_folder_on_purpose_may(tmp_path: Path) -> None:
    guarded(None).run([0])


def test_the_folder_is_held_until_the_last_writer_is_done(tmp_path: Path) -> None:
    engine, seen = guarded(tmp_path), []
    engine.add_event_handler(Events.COMPLETED, lambda: seen.append(is_claimed(tmp_path)))
    engine.run([0])
    assert seen == [True]
    assert not is_claimed(tmp_path)


def test_a_validator_does_not_give_the_folder_free(tmp_path: Path) -> None:
    guard, seen = RunGuard(tmp_path), []
    trainer, validator = Engine(lambda *_: None), Engine(lambda *_: None)
    guard.attach(trainer)
    guard.attach(validator)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: validator.run([0]))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: seen.append(is_claimed(tmp_path)))
    trainer.run([0], max_epochs=2)
    assert seen == [True, True]


def test_an_error_goes_on_unchanged_and_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        guarded(tmp_path, ZeroDivisionError()).run([0])
    assert not is_claimed(tmp_path)
    with FolderLock(tmp_path):
        pass


def test_an_interruption_is_status_130_and_says_what_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(SystemExit) as caught:
        guarded(tmp_path, KeyboardInterrupt()).run([0])
    assert caught.value.code == 130
    assert isinstance(caught.value, KeyboardInterrupt)
    assert "Every finished epoch and every file of a cache is kept" in caplog.text


def test_an_interruption_that_gets_lost_ends_the_run_at_the_next_batch() -> None:
    seen = []

    def update(engine: Engine, batch: int) -> None:
        seen.append(batch)
        with contextlib.suppress(KeyboardInterrupt):  # as where C code calls back into Python
            signal.raise_signal(signal.SIGINT)

    engine = Engine(update)
    RunGuard().attach(engine)
    with pytest.raises(KeyboardInterrupt):
        engine.run([0, 1, 2])
    assert seen == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_killed_run_left_unfinished_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "checkpoints/.writing-0-checkpoint_00001.pt"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (0, 0))
    guarded(tmp_path).run([0])
    assert not left.exists()
