"""Handler that keeps two runs out of one folder and ends an interrupted one in one line."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from pathlib import Path

import ignite.distributed as idist
from ignite.engine import Engine, Events

from prognos.files import remove_leftovers
from prognos.locks import FolderLock

__all__ = ["Interrupted", "RunGuard"]

logger = logging.getLogger(__name__)


class Interrupted(SystemExit, KeyboardInterrupt):
    """Ends the program with status 130 and without a traceback; whoever catches KeyboardInterrupt catches it too."""


class RunGuard:
    """Claim the folder of a run while it lasts, and end in one line when a person interrupts it.

    Put it before every other handler of an engine: the first one decides what becomes of an error. The folder is held
    until the engine has completed or failed; files that a killed run left unfinished in it are removed. Only the first
    process of a distributed run claims it.

    Args:
        output_dir: folder that nobody else may write into; None when processes share it on purpose, and for the
            validator of a trainer, whose folder is held already.

    Raises:
        FolderInUseError: when the run starts and another one has the folder.
    """

    def __init__(self, output_dir: str | Path | None = None) -> None:
        self.lock = None if output_dir is None else FolderLock(output_dir)
        self._owner: Engine | None = None
        self._is_watching = False
        self._is_interrupted = False

    def attach(self, engine: Engine) -> None:
        """Register on an Ignite engine."""
        engine.logger.addFilter(_is_news)
        engine.add_event_handler(Events.STARTED, self._begin)
        engine.add_event_handler(Events.ITERATION_STARTED, self._look)
        engine.add_event_handler(Events.EXCEPTION_RAISED, self._fail)

    def _begin(self, engine: Engine) -> None:
        if self._owner is not None:
            return
        if self.lock is not None and idist.get_rank() == 0:
            self.lock.__enter__()
            remove_leftovers(self.lock.folder)
        self._owner = engine
        engine.add_event_handler(Events.COMPLETED, self._end)  # only now, and so after every writer
        self._watch()

    def _watch(self) -> None:
        """Note Ctrl-C besides raising KeyboardInterrupt, which gets lost where C code calls back into Python."""
        is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if is_ours and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._interrupt)
            self._is_watching, self._is_interrupted = True, False

    def _interrupt(self, *_: object) -> None:
        self._is_interrupted = True
        raise KeyboardInterrupt

    def _look(self) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _end(self, engine: Engine) -> None:
        """Give everything back, when this is the engine that took it."""
        if self._owner is not engine:
            return
        self._owner = None
        if self._is_watching:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._is_watching = False
        if self.lock is not None:
            self.lock.release()

    def _fail(self, engine: Engine, error: BaseException) -> None:
        self._end(engine)
        if not isinstance(error, KeyboardInterrupt):
            raise error
        if not isinstance(error, Interrupted):
            logger.warning(
                "interrupted. Every finished epoch and every file of a cache is kept: call the same command again."
            )
            gc.freeze()  # what the interpreter tidies up at its end takes it seconds otherwise
        raise Interrupted(130) from None


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line says more than that an error, which is shown anyway, ends the run."""
    return "is terminating due to exception" not in record.msg
