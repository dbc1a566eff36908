"""The command ``prognos``: a page of its commands, and ``fire.Fire`` over the one that was asked for.

Only that command is imported, so the page appears at once and a command that cannot be imported breaks no other.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from traceback import walk_tb
from typing import Any

import fire

__all__ = ["COMMANDS", "main", "message_of"]

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "prognos.apps.demo:demo",
        "Show synthetic patients become risks: lesions on CT, then portraits, each with a report.",
    ),
    "check": ("prognos.apps.check:check", "Say whether a cohort table, or a bundle, can be used."),
    "import": (
        "prognos.apps.importing:import_cohort",
        "Write the tables of a cohort from a folder of DICOM or NIfTI files and a clinical table.",
    ),
    "split": ("prognos.apps.split:split", "Write the column of cross-validation parts into a cohort table."),
    "align": (
        "prognos.apps.portraits:align",
        "Cut out the face of every photo of a cohort and turn all of them alike.",
    ),
    "run": (
        "prognos.apps.run:run",
        "Run a stage of a bundle with MONAI: train, evaluate, inference, or one that only some bundles have.",
    ),
    "experiment": (
        "prognos.apps.experiment:experiment",
        "Train and test every row of a table in cross-validation, and pool the out-of-fold risks.",
    ),
    "figures": (
        "prognos.apps.figures:figures",
        "Draw what tables of predictions or of scored lesions allow, each with its numbers.",
    ),
    "synthesize": (
        "prognos.apps.synthesize:synthesize",
        "Write a synthetic cohort: scans or photos, tables, and the truth behind them.",
    ),
    "bundles": ("prognos.apps.bundles:BUNDLES", "List the bundles, or copy one to work on."),
    "plugins": ("prognos.apps.plugins:plugins", "List the components that installed packages offer."),
    "doctor": ("prognos.apps.doctor:doctor", "Look for what is wrong with this machine and installation."),
}
"""Public path of each command's function, or group of functions, and its summary."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows ``prognos`` on the command line.

    Returns:
        Exit status: 0, 1 when the command found a fault in what it was given, 2 when it was called wrongly, 130 when it
        was interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    has_debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_page())
        return 0
    if words[0] == "--version":
        print(importlib.import_module("prognos").__version__)
        return 0
    if words[0] not in COMMANDS:
        return _complain(f"there is no command {words[0]!r}{_nearest(words[0], COMMANDS)} See 'prognos --help'.", 2)
    try:
        return _run(words[0], words[1:])
    except KeyboardInterrupt as interruption:  # a run says by itself what is kept, and is a SystemExit besides
        return 130 if isinstance(interruption, SystemExit) else _complain("interrupted.", 130)
    except BrokenPipeError:  # the reader, such as ``head``, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if has_debug:
            raise
        return _complain(message_of(error) or _unforeseen(error), 1)


def message_of(error: BaseException) -> str | None:
    """Message of the error that we raised ourselves, however deeply MONAI or a worker process has wrapped it.

    Returns:
        The message, or None when nothing in the chain is ours.
    """
    for link in _chain(error):
        if _is_ours(link):
            return str(link)
        if isinstance(link, OSError) and link.strerror:
            return f"{link.filename}: {link.strerror}." if link.filename else f"{link.strerror}."
        if isinstance(link, FileNotFoundError | FileExistsError | NotADirectoryError | PermissionError):
            return str(link)
        if isinstance(link, MemoryError):
            return "out of memory. Use a smaller batch_size or fewer processes, or a machine with more memory."
        if re.search(r"DataLoader worker .* (is killed by signal|exited unexpectedly)", str(link)):
            return (
                "a process that loads data was killed, most likely for want of memory. Call the same command again, "
                "with fewer num_workers or more memory; every finished epoch is kept."
            )
        # A data-loader worker sends its traceback as text; the line of our own error is in it.
        pattern = r"^prognos\.\S+?: (.+?)(?=\n\n|\nThe above|\nTraceback|\Z)"
        if found := re.search(pattern, str(link), re.MULTILINE | re.DOTALL):
            return found[1]
    return None


def _page() -> str:
    """What ``prognos --help`` shows."""
    lines = ["Survival prognosis from images, for MONAI.", "", "Usage: prognos COMMAND [arguments]", ""]
    lines += [f"  {name:14} {summary}" for name, (_, summary) in COMMANDS.items()]
    lines += [
        "",
        "  prognos COMMAND --help    its arguments",
        "  prognos ... --debug       the whole traceback of an error",
    ]
    return "\n".join(lines)


def _run(name: str, words: list[str]) -> int:
    """Give the words to one command."""
    path, attribute = COMMANDS[name][0].split(":")
    component = getattr(importlib.import_module(path), attribute)
    if callable(component) and (fault := _mistyped(component, words)):
        return _complain(f"{fault} See 'prognos {name} --help'.", 2)
    try:
        fire.Fire({name: component}, command=[name, *words], name="prognos")
    except fire.core.FireExit as exit_:
        return int(exit_.code)
    return 0


def _mistyped(function: Callable[..., Any], words: list[str]) -> str:
    """Name an option that the function does not have; fire itself would notice only after calling it."""
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return ""
    for word in words:
        option = re.match(r"--([^=]+)", word)
        if option and option[1] != "help" and option[1].replace("-", "_") not in parameters:
            return f"there is no option --{option[1]}{_nearest(option[1], parameters)}"
    return ""


def _nearest(word: str, known: Any) -> str:
    """End of a sentence that offers the most similar name."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "."


def _complain(message: str, status: int) -> int:
    """Print one error and give the status back."""
    print(f"error: {message}", file=sys.stderr)
    return status


def _unforeseen(error: BaseException) -> str:
    """What is shown of an error that nobody foresaw: kind and place, not its text, which may quote a path or a name."""
    *_, cause = _chain(error)
    frames = list(walk_tb(cause.__traceback__))
    ours = [(frame, line) for frame, line in frames if frame.f_globals.get("__name__", "").startswith("prognos.")]
    places = [
        f"{frame.f_globals.get('__name__', 'an expression of a config')}, line {line}"
        for frame, line in ours[-1:] or frames[-1:]
    ]
    return (
        f"unforeseen {type(cause).__name__} in {(places or ['another process'])[0]}. Call again with --debug to see "
        f"the whole traceback, and report it, without names of patients."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and, one after the other, what caused it."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_ours(error: BaseException) -> bool:
    """Whether our own code raised this error on purpose, to say that an input is wrong."""
    if type(error).__module__.split(".")[0] == "prognos":
        return True
    if not isinstance(error, ValueError) or error.__traceback__ is None:
        return False
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    return str(last.tb_frame.f_globals.get("__name__", "")).split(".")[0] == "prognos"


if __name__ == "__main__":
    sys.exit(main())
