"""The command ``prognos``: its page, its exit statuses and how it shows an error."""

from __future__ import annotations

import importlib
import inspect

import pytest

from prognos.__main__ import COMMANDS, main
from prognos.data import CohortError
from prognos.files import DiskFullError


def replace_plugins(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the command ``plugins`` raise."""

    def plugins() -> None:
        raise error

    monkeypatch.setattr("prognos.apps.plugins.plugins", plugins)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_page_names_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in COMMANDS)


def test_an_unknown_command_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek"]) == 2
    assert "did you mean 'check'?" in capsys.readouterr().err


def test_an_unknown_option_is_refused_before_anything_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", "absent.csv", "--part", "3"]) == 2
    assert "there is no option --part; did you mean 'parts'?" in capsys.readouterr().err


def test_a_forgotten_argument_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2


def test_an_error_of_ours_is_one_line_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_plugins(monkeypatch, CohortError("cohort.csv, line 2: is wrong."))
    assert main(["plugins"]) == 1
    assert capsys.readouterr().err == "error: cohort.csv, line 2: is wrong.\n"


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_plugins(monkeypatch, CohortError("wrong"))
    with pytest.raises(CohortError):
        main(["plugins", "--debug"])


def test_an_error_of_ours_is_found_under_what_monai_wrapped_around_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = RuntimeError("Failed to instantiate")
    wrapped.__cause__ = CohortError("the table is wrong.")
    replace_plugins(monkeypatch, wrapped)
    assert main(["plugins"]) == 1
    assert capsys.readouterr().err == "error: the table is wrong.\n"


def test_an_error_of_ours_is_found_in_the_traceback_a_worker_process_sends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "Caught RuntimeError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
        "  File x\nprognos.transforms.images.ImageError: the mask is wrong.\n  Mend it.\n\n"
        "The above exception was the direct cause of the following exception:\n\nTraceback ...\nRuntimeError: x"
    )
    replace_plugins(monkeypatch, RuntimeError(text))
    assert main(["plugins"]) == 1
    assert capsys.readouterr().err == "error: the mask is wrong.\n  Mend it.\n"


def test_an_unforeseen_error_is_one_line_with_kind_and_place_and_no_text_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_plugins(monkeypatch, RuntimeError("/scans/Anna-Muster is odd"))
    assert main(["plugins"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("error: unforeseen RuntimeError in prognos")
    assert "--debug" in shown
    assert "Anna" not in shown
    assert "Traceback" not in shown
    with pytest.raises(RuntimeError, match="is odd"):
        main(["plugins", "--debug"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "error: No space left on device.\n"),
        (OSError(30, "Read-only file system", "out"), "error: out: Read-only file system.\n"),
        (MemoryError(), "error: out of memory."),
        (DiskFullError("model.pt: there is no space left for it."), "error: model.pt: there is no space left for it."),
    ],
)
def test_what_the_machine_lacks_is_one_line(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_plugins(monkeypatch, error)
    assert main(["plugins"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(words)
    assert shown.count("\n") == 1


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_plugins(monkeypatch, KeyboardInterrupt())
    assert main(["plugins"]) == 130


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bundles"])
def test_the_summary_of_a_command_is_the_first_line_of_its_docstring(name: str) -> None:
    path, attribute = COMMANDS[name][0].split(":")
    function = getattr(importlib.import_module(path), attribute)
    assert (inspect.getdoc(function) or "").splitlines()[0] == COMMANDS[name][1]


def test_all_commands_are_callable_or_groups_of_callables() -> None:
    for path, _ in COMMANDS.values():
        module_name, attribute = path.split(":")
        component = getattr(importlib.import_module(module_name), attribute)
        assert callable(component) or all(callable(part) for part in component.values())
