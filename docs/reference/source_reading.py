"""What a package offers, read from its sources without importing them: names, signatures and docstrings."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

__all__ = [
    "Public",
    "call_of",
    "defined_name",
    "documented",
    "find_definition",
    "module_docstring",
    "public_names",
    "signature_of",
]

SOURCES = Path(__file__).parents[2] / "plugins"
"""Where the package lies."""

WIDTH = 110
"""Columns within which a call stays on one line."""


class Public(NamedTuple):
    """A public name and where it is defined."""

    name: str
    module: str
    node: Any
    """A statement of :mod:`ast`: class, function or assignment."""

    text: str
    """Its docstring, or the string below a constant."""


def public_names(package: str) -> list[Public]:
    """Everything in ``__all__`` of a package; where it has none, what its modules offer."""
    homes = _imports(package)
    places = [(name, homes.get(name, package)) for name in _listed(package)]
    if not places:
        modules = sorted(path.stem for path in _path(package).parent.glob("[!_]*.py"))
        places = [(name, f"{package}.{module}") for module in modules for name in _listed(f"{package}.{module}")]
    found = [find_definition(name, module) for name, module in places]
    return sorted(found, key=lambda each: (each.module, each.name.lower()))


def find_definition(name: str, module: str) -> Public:
    """The definition of a name, through modules that only pass it on."""
    for node, text in documented(_tree(module).body):
        if defined_name(node) == name:
            return Public(name, module, node, text)
    return find_definition(name, _imports(module)[name])


def module_docstring(module: str) -> str:
    """What a module or package says of itself."""
    return ast.get_docstring(_tree(module)) or ""


def documented(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Statements with their docstrings: inside of classes and functions, below constants and fields."""
    for node, following in pairwise([*body, ast.Pass()]):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node, ast.get_docstring(node) or ""
        elif isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            yield node, textwrap.dedent(str(following.value.value)).strip()
        else:
            yield node, ""


def defined_name(node: ast.stmt) -> str:
    """Name that a statement defines; empty when it defines none."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def signature_of(each: Public) -> str:
    """How a name is called, or what it stands for."""
    node = each.node
    if isinstance(node, ast.FunctionDef):
        return call_of(node.name, node)
    if not isinstance(node, ast.ClassDef):
        text = ast.unparse(node)
        return text if len(text) <= 2 * WIDTH else f"{each.name} = ..."
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    above = f"class {node.name}({bases})" if bases else f"class {node.name}"
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return f"{above}\n{call_of(node.name, part, is_method=True)}"
    fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
    fields = [field for field in fields if not field.startswith("_")]
    return "\n    ".join([f"{above}:", *fields]) if fields else above


def call_of(name: str, function: ast.FunctionDef, *, is_method: bool = False) -> str:
    """Call of a function with types and defaults; one argument a line where it is long."""
    arguments = list(_arguments(function.args))[is_method:]
    result = "" if function.returns is None or function.name == "__init__" else f" -> {ast.unparse(function.returns)}"
    text = f"{name}({', '.join(arguments)}){result}"
    if len(text) <= WIDTH:
        return text
    return f"{name}(\n{''.join(f'    {argument},{chr(10)}' for argument in arguments)}){result}"


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    """Each argument with its type and default."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    yield from map(_argument, plain, defaults)
    if arguments.vararg:
        yield f"*{ast.unparse(arguments.vararg)}"
    elif arguments.kwonlyargs:
        yield "*"
    yield from map(_argument, arguments.kwonlyargs, arguments.kw_defaults)
    if arguments.kwarg:
        yield f"**{ast.unparse(arguments.kwarg)}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    equals = " = " if argument.annotation else "="
    return ast.unparse(argument) + ("" if default is None else equals + ast.unparse(default))


def _listed(module: str) -> list[str]:
    """Names in ``__all__``; where there is none, the constants."""
    body = _tree(module).body
    for node in body:
        if isinstance(node, ast.Assign) and defined_name(node) == "__all__":
            return list(ast.literal_eval(node.value))
    return [name for node in body if (name := defined_name(node)).isupper()]


def _imports(module: str) -> dict[str, str]:
    """Module that each imported name comes from, also where only a type checker imports it."""
    nodes = [node for node in ast.walk(_tree(module)) if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: str(node.module) for node in nodes for alias in node.names}


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


def _path(module: str) -> Path:
    """Source of a module or a package."""
    path = SOURCES / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
