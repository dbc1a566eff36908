"""What a document shows: its fenced blocks, and its commands, which a test runs as a reader would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import fire
import monai.bundle.__main__ as monai_bundle

from prognos.__main__ import main
from prognos.apps.bundles import find_bundle
from prognos.apps.run import config_files, known_overrides

__all__ = ["ROOT", "blocks", "commands", "run_tutorial", "stock_commands"]

ROOT = Path(__file__).parents[1]
"""Top of the repository."""

STOCK = ["python", "-m", "monai.bundle"]
"""Beginning of MONAI's own command."""

ASSIGNMENT = re.compile(r"([A-Z_]+)=(.*)")
"""A line that sets a variable, or what stands before a command."""

NOT_RUN = ("pip", "tensorboard")
"""Programs that a tutorial names and a test leaves out: they install, or wait for a reader."""


def blocks(page: Path, kind: str) -> list[str]:
    """Fenced blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Words behind each ``prognos`` of the shell blocks, variables as they are written."""
    return [words[1:] for words in shell_commands(page) if words[0] == "prognos"]


def stock_commands(page: Path) -> list[list[str]]:
    """Words behind ``monai.bundle run`` of the shell blocks, with the values that the page gives to its variables."""
    variables: dict[str, str] = {}
    found = []
    for words in shell_commands(page):
        if setting := ASSIGNMENT.fullmatch(words[0]):
            variables[setting[1]] = setting[2]
        elif words[1:2] != ["-m"] and "torchrun" not in words[0]:
            continue
        elif "monai.bundle" in words and "run" in words:
            found.append([Template(word).safe_substitute(variables) for word in words[words.index("run") + 1 :]])
    return found


def shell_commands(page: Path) -> list[list[str]]:
    """Words of each line of the shell blocks; continued lines are joined, comments and variables before it dropped."""
    shown = [block for kind in ("shell", "bash", "sh", "console") for block in blocks(page, kind)]
    lines = [line.removeprefix("$ ") for block in shown for line in block.replace("\\\n", " ").splitlines()]
    found = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] if words[1:] and ASSIGNMENT.fullmatch(words[0]) else words for words in found if words]


def run_tutorial(page: Path, **values: object) -> Iterator[list[str]]:
    """Run the commands of a page in the working folder, on the processor, and yield the words of each after it ran.

    Args:
        page: the tutorial; a line ``PATIENTS=48`` of its shell blocks sets what ``$PATIENTS`` means below it.
        values: what such variables mean here instead, so that a test is small.
    """
    variables: dict[str, object] = {}
    for shown in shell_commands(page):
        if found := ASSIGNMENT.fullmatch(shown[0]):
            variables[found[1]] = values.get(found[1], found[2])
            continue
        words = [Template(word).safe_substitute(variables) for word in shown]
        if words[:3] == STOCK:
            fire.Fire(vars(monai_bundle), command=[*words[3:], "--device", "cpu"])
        elif words[0] == "prognos":
            assert main([*words[1:], *_on_the_processor(words[1:])]) == 0, words
        else:
            assert words[0] in NOT_RUN, f"{page.name}: nobody runs {words}"
            continue
        yield words
    assert values.keys() <= variables.keys(), "the page has no such variable"


def _on_the_processor(words: list[str]) -> list[str]:
    """The option that keeps a stage off a GPU, where the stage has it."""
    if words[0] != "run":
        return []
    known = known_overrides(config_files(find_bundle(words[1]), words[2]))
    return ["--device", "cpu"] if "device" in known else []
