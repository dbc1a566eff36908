"""The pages of ``docs/reference/api`` are those that the sources make, and nothing of a docstring is lost in them."""

from __future__ import annotations

import importlib
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documents import ROOT
from prognos.__main__ import COMMANDS

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, str]]:
    """What the generator makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REFERENCE))
        yield runpy.run_path(str(REFERENCE / "build.py"))["build_pages"]()


def test_the_pages_are_up_to_date(pages: dict[str, str]) -> None:
    stored = {path.name: path.read_text(encoding="utf-8") for path in (REFERENCE / "api").iterdir()}
    stale = sorted(name for name in stored.keys() | pages.keys() if stored.get(name) != pages.get(name))
    assert stale == [], "run: python docs/reference/build.py"


def test_every_public_name_is_described(pages: dict[str, str]) -> None:
    for room in ("handlers", "losses", "metrics", "networks.nets", "estimators"):
        names = importlib.import_module(f"prognos.{room}").__all__
        page = pages[f"{room}.md"]
        assert [name for name in names if f"\n### {name}\n" not in page and f"- `{name}" not in page] == []


def test_every_command_is_described(pages: dict[str, str]) -> None:
    assert [name for name in COMMANDS if f"\n## prognos {name}" not in pages["commands.md"]] == []


def test_no_mark_of_a_docstring_is_left_and_every_link_has_an_end(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        assert not re.search(r":(class|func|meth|data|mod|attr):`", prose), name
        assert not re.search(r"(?<!`)``(?!`)", prose), name
        for page, anchor in re.findall(r"\]\((?!http)([\w.]*?)(?:#([\w.]+))?\)", prose):
            headings = {line[4:].lower() for line in pages[page or name].splitlines() if line.startswith("### ")}
            assert not anchor or anchor in headings, f"{name}: {page}#{anchor}"


SOURCE = '''"""Things."""

FIRST = 1
"""One."""


class Thing(list[int]):
    """Hold numbers.

    Args:
        many: how
            many.

    Raises:
        ValueError: never; see :class:`Thing`.

    Example:
        >>> Thing(many=1)
        [0]
    """

    def __init__(self, *, many: int = 1) -> None:
        pass
'''


def test_a_docstring_becomes_prose_lists_and_code(
    pages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: Any = importlib.import_module("source_reading")
    writing: Any = importlib.import_module("docstring_markdown")
    (tmp_path / "things.py").write_text(SOURCE)
    monkeypatch.setattr(reading, "SOURCES", tmp_path)
    first, thing = reading.find_definition("FIRST", "things"), reading.find_definition("Thing", "things")
    assert (reading.signature_of(first), first.text) == ("FIRST = 1", "One.")
    assert reading.signature_of(thing) == "class Thing(list[int])\nThing(*, many: int = 1)"
    lines = writing.DocstringWriter("things", {"things.Thing": "things.md#thing"}).whole(thing.text)
    assert [line for line in lines if line] == [
        "Hold numbers.",
        *("**Args**", "- `many`: how many."),
        *("**Raises**", "- `ValueError`: never; see [`Thing`](things.md#thing)."),
        *("**Example**", "```python", ">>> Thing(many=1)", "[0]", "```"),
    ]
