"""Docstrings in Google's form as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping

__all__ = ["DocstringWriter", "fenced", "first_sentence"]

ITEMS = ("Args", "Raises", "Attributes")
"""Sections that are lists of names."""

SECTIONS = (*ITEMS, "Returns", "Yields", "Note", "Example", "Source")


class DocstringWriter:
    """Write the docstrings of one package.

    Args:
        package: its path, from which shortened names in docstrings are found.
        places: page and anchor of each public name by its full path.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self.package = package
        self.places = places

    def whole(self, text: str) -> list[str]:
        """Lines of a docstring with all its sections; an empty line follows each part."""
        lines: list[str] = []
        for title, body in _sections(text):
            if title:
                lines += [f"**{title}**", ""]
            if title in ITEMS:
                lines += [*(f"- {self.prose(item)}" for item in map(_item, re.split(r"\n(?=\S)", body))), ""]
            else:
                for block in re.split(r"\n\s*\n(?!\s)|\n\s*\n(?=    )", body):
                    lines += self._block(block)
        return lines

    def prose(self, text: str) -> str:
        """Text on one line, its marks as Markdown; what a role names becomes a link where it has a page."""
        text = re.sub(r":\w+:`([^`]+)`", self._link, " ".join(text.split())).replace("``", "`")
        return re.sub(r"\s*::$", ":", text)

    def _block(self, block: str) -> list[str]:
        """A paragraph, a list, or code that is indented or has the marks of a session."""
        if block.startswith("    ") or block.lstrip().startswith(">>>"):
            return fenced(textwrap.dedent(block), "python" if ">>>" in block else "text")
        head, *items = re.split(r"(?:\n|^)\s*- ", block)
        lines = [self.prose(head), ""] if head.strip() else []
        return lines + ([*(f"- {self.prose(item)}" for item in items), ""] if items else [])

    def _link(self, found: re.Match[str]) -> str:
        path = found[1].lstrip("~!")
        place = self.places.get(path) or self.places.get(f"{self.package}.{path}")
        name = path.rpartition(".")[2]
        return f"[`{name}`]({place})" if place else f"`{path}`"


def first_sentence(text: str) -> str:
    """The first paragraph, of which the house makes one sentence."""
    return text.split("\n\n")[0]


def fenced(text: str, language: str = "python") -> list[str]:
    """A block of code between empty lines."""
    return [f"```{language}", *text.strip("\n").splitlines(), "```", ""]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Title and content of each section; the first has no title."""
    parts = ["", *re.split(rf"^({'|'.join(SECTIONS)}):\n", text, flags=re.MULTILINE)]
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        if body.strip():
            yield title, textwrap.dedent(body).strip("\n")


def _item(text: str) -> str:
    """``name: meaning`` with the name as code."""
    found = re.match(r"(\*{0,2}[\w.]+(?:, [\w.]+)*): ", text)
    return f"`{found[1]}`: {text[found.end() :]}" if found else text
