"""Write ``docs/reference/api/``: the public names of each room and the commands, from signatures and docstrings.

Usage: ``python docs/reference/build.py``. The sources are read and not imported, so every machine makes the same pages.
"""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from docstring_markdown import DocstringWriter, fenced, first_sentence
from source_reading import (
    Public,
    call_of,
    defined_name,
    documented,
    find_definition,
    module_docstring,
    public_names,
    signature_of,
)

__all__ = ["FOLDER", "build_pages", "main"]

FOLDER = Path(__file__).parent / "api"
"""Where the pages lie."""

PACKAGE = "prognos"

ROOMS = (
    *("config", "data", "transforms", "networks", "networks.nets", "networks.blocks", "networks.layers", "losses"),
    *("inferers", "metrics", "estimators", "visualize", "engines", "handlers", "components"),
)
"""Packages with a page, in the order in which imports may go."""

NO_BREAK = "\N{NO-BREAK SPACE}"
"""Between an option and its value, where no line may end."""


def main() -> None:
    """Write the pages, and delete those of rooms that are gone."""
    pages = build_pages()
    FOLDER.mkdir(exist_ok=True)
    for gone in {path.name for path in FOLDER.iterdir()} - pages.keys():
        (FOLDER / gone).unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{FOLDER}: {len(pages)} pages")


def build_pages() -> dict[str, str]:
    """Text of each page by its file name."""
    rooms = {room: public_names(f"{PACKAGE}.{room}") for room in ROOMS}
    places: dict[str, str] = {}
    for room, found in rooms.items():
        places |= {f"{home}.{each.name}": f"{room}.md{_anchor(each)}" for each in found for home in _homes(room, each)}
    writers = {room: DocstringWriter(f"{PACKAGE}.{room}", places) for room in ROOMS}
    pages = {f"{room}.md": _room_page(room, found, writers[room]) for room, found in rooms.items()}
    pages["commands.md"] = _commands_page(DocstringWriter(f"{PACKAGE}.apps", places))
    pages["README.md"] = _front_page({room: len(found) for room, found in rooms.items()}, writers)
    return {name: re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n" for name, lines in pages.items()}


def _homes(room: str, each: Public) -> tuple[str, str]:
    """Paths by which docstrings name it: that of the room, and that of its file."""
    return f"{PACKAGE}.{room}", each.module


def _front_page(counts: dict[str, int], writers: dict[str, DocstringWriter]) -> list[str]:
    """Which page has what."""
    lines = [
        "# Public names",
        "",
        "Made by `python docs/reference/build.py` from the docstrings; change them there.",
        "",
    ]
    lines += ["| Room | Answers | Names |", "| --- | --- | --- |"]
    for room, count in counts.items():
        answer = writers[room].prose(first_sentence(module_docstring(f"{PACKAGE}.{room}")))
        lines.append(f"| [`{PACKAGE}.{room}`]({room}.md) | {answer} | {count} |")
    return [*lines, f"| [`{PACKAGE}` in a shell](commands.md) | What can a person type? | |"]


def _room_page(room: str, found: list[Public], writer: DocstringWriter) -> list[str]:
    """One room: a list of its names, then each of its files."""
    package = f"{PACKAGE}.{room}"
    lines = [f"# `{package}`", "", *writer.whole(module_docstring(package)), "| Name | |", "| --- | --- |"]
    for each in sorted(found, key=lambda each: each.name.lower()):
        if _anchor(each):
            sentence = writer.prose(first_sentence(each.text)).replace("|", "\\|")
            lines.append(f"| [`{each.name}`]({_anchor(each)}) | {sentence} |")
    for module in dict.fromkeys(each.module for each in found):
        if module != package:
            place = module.removeprefix(f"{PACKAGE}.").replace(".", "/")
            lines += ["", f"## In `{place}.py`", "", *writer.whole(module_docstring(module))]
        here = [each for each in found if each.module == module]
        lines += [f"- `{signature_of(each)}`: {writer.prose(each.text)}" for each in here if not _anchor(each)]
        for each in here:
            if _anchor(each):
                lines += ["", f"### {each.name}", "", *fenced(signature_of(each)), *writer.whole(each.text)]
                lines += _members(each, writer)
    return lines


def _anchor(each: Public) -> str:
    """Place on its page; empty for constants and types, which have a line and no heading."""
    return f"#{each.name.lower()}" if isinstance(each.node, ast.ClassDef | ast.FunctionDef) else ""


def _members(each: Public, writer: DocstringWriter) -> list[str]:
    """Documented fields, properties and methods of a class."""
    fields: list[str] = []
    methods: list[str] = []
    for node, text in documented(each.node.body if isinstance(each.node, ast.ClassDef) else []):
        name = defined_name(node)
        if not text or (name.startswith("_") and name != "__call__"):
            continue
        marks = {ast.unparse(mark) for mark in getattr(node, "decorator_list", [])}
        if not isinstance(node, ast.FunctionDef) or "property" in marks:
            fields.append(f"- `{name}`: {writer.prose(first_sentence(text))}")
        else:
            call = call_of(name, node, is_method="staticmethod" not in marks)
            methods += [f"#### {each.name}.{name}", "", *fenced(call), *writer.whole(text)]
    return [*(["**Fields**", "", *fields, ""] if fields else []), *methods]


def _commands_page(writer: DocstringWriter) -> list[str]:
    """The commands of ``prognos``, with their arguments."""
    lines = ["# The command `prognos`", "", "`prognos COMMAND --help` shows the same.", ""]
    table = find_definition("COMMANDS", f"{PACKAGE}.__main__").node
    for command, (path, _) in ast.literal_eval(table.value).items():
        module, _, attribute = path.partition(":")
        for name, each in _functions(command, find_definition(attribute, module)).items():
            lines += [f"## prognos {name}", "", *fenced(_usage(name, each.node.args), "text"), *writer.whole(each.text)]
    return lines


def _functions(command: str, each: Public) -> dict[str, Public]:
    """The function of a command, or those of its group."""
    if not isinstance(each.node, ast.Assign) or not isinstance(each.node.value, ast.Dict):
        return {command: each}
    pairs = zip(each.node.value.keys, each.node.value.values, strict=True)
    return {
        f"{command} {ast.literal_eval(key)}": find_definition(ast.unparse(value), each.module)
        for key, value in pairs
        if key
    }


def _usage(name: str, arguments: ast.arguments) -> str:
    """What a person types: needed words, then options with their defaults."""
    needed = len(arguments.args) - len(arguments.defaults)
    words = [f"prognos {name}", *(argument.arg.upper() for argument in arguments.args[:needed])]
    words += [f"[{argument.arg.upper()}]" for argument in arguments.args[needed:]]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        shown = ast.unparse(default).strip("'") if default else ""
        value = {"False": "", "": f" {argument.arg.upper()}", "None": f" {argument.arg.upper()}"}.get(
            shown, f" {shown}"
        )
        words.append(f"[--{argument.arg}{value}]" if default else f"--{argument.arg}{value}")
    words += ["[--ID VALUE ...]"] if arguments.kwarg else []
    joined = " ".join(word.replace(" ", NO_BREAK) for word in words)
    return "\n".join(textwrap.wrap(joined, 100, subsequent_indent="    ", break_on_hyphens=False)).replace(
        NO_BREAK, " "
    )


if __name__ == "__main__":
    main()
