"""The small grammar of ``$`` expressions.

A config joins what Python code has made; logic belongs into a component. So an expression consists of constants,
references, arithmetic, comparisons, ``and``/``or``/``not``, ``a if b else c``, items by a constant key, the attributes
and methods listed here, and calls of the functions listed here. Everything else is refused, whatever it would do.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from prognos.apps.linting.findings import quoted
from prognos.apps.linting.names import BUILDERS, Names

__all__ = ["DEFAULT_ALIASES", "imported", "judge_expression"]

DEFAULT_ALIASES = {"monai": {"monai"}, "torch": {"torch"}, "np": {"numpy"}, "numpy": {"numpy"}}
"""Names that MONAI gives to every expression, and the modules behind them."""

BUILTINS = frozenset(
    {"bool", "dict", "float", "int", "len", "list", "max", "min", "range", "round", "str", "sum", "tuple"}
)
"""Functions of Python that an expression may call."""

FUNCTIONS = frozenset(
    {
        *("monai.handlers.from_engine", "monai.utils.set_determinism", "operator.itemgetter", "torch.device"),
        *("torch.cuda.device_count", "torch.cuda.is_available", "torch.use_deterministic_algorithms"),
        *(f"torch.distributed.{name}" for name in ("destroy_process_group", "get_rank", "get_world_size")),
        *("torch.distributed.init_process_group", "torch.distributed.is_initialized"),
    }
)
"""Functions of packages that an expression may call, beside those of ``math``."""

CONSTANTS = frozenset(
    {
        *(
            f"torch.{name}"
            for name in ("bfloat16", "channels_last", "channels_last_3d", "float16", "float32", "float64")
        ),
        *(f"torch.{name}" for name in ("int16", "int32", "int64", "long", "uint8")),
        *(f"numpy.{name}" for name in ("float16", "float32", "float64", "int16", "int32", "int64", "uint8")),
    }
)
"""Values of packages that an expression may use, beside those of ``math``."""

METHODS = frozenset(
    {
        *("describe", "eval", "finish", "mean", "origin", "parameters", "prepare", "require_generator", "run"),
        *("standardise", "state_dict", "take_encoder", "to"),
    }
)
"""Methods that an expression may call on what it refers to; none takes a path or text to write."""

ATTRIBUTES = frozenset(
    {
        *("averaged", "data", "dataset", "description", "device", "discriminator", "encoder", "events", "generator"),
        *("head", "latents", "mean", "module", "names", "network", "patients", "resolution", "scale", "shape", "space"),
        *("skipped", "spread", "state", "summary", "trained_on", "type"),
    }
)
"""Attributes that an expression may read of what it refers to; none is a method that writes or calls anything."""

_REFERENCES = "__local_refs"
"""Name under which MONAI gives an expression the items it refers to."""

_PLAIN: tuple[type[ast.AST], ...] = (
    *(ast.Expression, ast.Load, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult),
    *(ast.Div, ast.FloorDiv, ast.Mod, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.cmpop, ast.IfExp),
    *(ast.Tuple, ast.List),
)
_GREATEST_POWER = 64

Aliases = Mapping[str, set[str]]


def imported(text: str) -> dict[str, str] | None:
    """What an import statement binds.

    Args:
        text: the expression without its ``$``.

    Returns:
        The dotted path behind each name, or None when the text is no import. MONAI looks at the first statement alone.
    """
    try:
        statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    first = statements[0] if statements else None
    if isinstance(first, ast.Import):
        return {name.asname or name.name: name.name for name in first.names}
    if isinstance(first, ast.ImportFrom):
        return {name.asname or name.name: f"{first.module or ''}.{name.name}" for name in first.names}
    return None


def judge_expression(text: str, place: str, aliases: Aliases, names: Names) -> Iterator[str]:
    """Yield what an expression does that the grammar does not know.

    Args:
        text: the expression with its ``$``, as the config has it.
        place: id of the item, to which relative references are relative.
        aliases: module paths behind each name that the config imports.
        names: judges what paths lead to.
    """
    shown = quoted(text)
    if "__" in unicodedata.normalize("NFKC", text):
        yield f"{shown} holds two underscores in a row, which lead behind the scenes of Python. Leave them out."
        return
    try:
        code = _as_evaluated(text, place)
        bound = imported(code)
        if bound is not None:
            reasons = [names.judge_module(path) for path in bound.values()]
            yield from (f"{shown} {reason}" for reason in reasons if reason)
            return
        tree = ast.parse(code.lstrip(" \t"), mode="eval")
        yield from (f"{shown} {reason}" for reason in _judge(tree, aliases, names))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"{shown} is no expression of Python ({type(error).__name__})."


def _as_evaluated(text: str, place: str) -> str:
    """Code that MONAI gives to ``eval`` for an expression, made by MONAI's own functions."""
    from monai.bundle import ConfigParser, ReferenceResolver  # here: it takes seconds

    text = ConfigParser.resolve_relative_ids(place, text)
    return str(ReferenceResolver.update_refs_pattern(text, _Everything()))[1:]


class _Everything(dict[str, Any]):
    """Holds every key, so that all references are found."""

    def __contains__(self, key: object) -> bool:
        return True


def _judge(node: ast.AST, aliases: Aliases, names: Names) -> Iterator[str]:
    """Yield what a node, or a node below it, may not do."""
    if isinstance(node, ast.Name | ast.Attribute) and (paths := _paths(node, aliases)):
        yield from (reason for path in paths if (reason := _judge_value(path, names)))
        return
    if isinstance(node, ast.Call):
        yield from _judge_call(node, aliases, names)
        return
    if reason := _judge_alone(node):
        yield reason
        return
    if isinstance(node, ast.Subscript) and _is_reference(node):
        return
    for child in ast.iter_child_nodes(node):
        yield from _judge(child, aliases, names)


def _judge_alone(node: ast.AST) -> str:
    """Reason against a node, whatever is below it; empty when there is none."""
    match node:
        case ast.Constant(value=str() | int() | float() | None):
            return ""
        case ast.Constant():
            return f"holds a constant of type {type(node.value).__name__}."
        case ast.Name():
            known = node.id in BUILTINS
            return "" if known else f"uses the name {node.id!r}, neither imported nor one of {_list(BUILTINS)}."
        case ast.Attribute():
            known = node.attr in ATTRIBUTES
            return "" if known else f"reads the attribute {node.attr!r}; known are {_list(ATTRIBUTES)}."
        case ast.Subscript():
            known = isinstance(node.slice, ast.Constant)
            return "" if known else "takes an item by a key that is computed; use a constant."
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int() | float() as power)):
            return "" if abs(power) <= _GREATEST_POWER else "raises to a great power."
        case ast.BinOp(op=ast.Pow()):
            return "raises to a power that is computed; use a constant."
        case ast.Dict():
            return "" if None not in node.keys else "unpacks a dictionary."
    if isinstance(node, (*_PLAIN, ast.Pow)):
        return ""
    return f"uses {_word(node)}, which the grammar of configs does not have. Move the logic to a component."


def _judge_call(node: ast.Call, aliases: Aliases, names: Names) -> Iterator[str]:
    """Yield what is wrong with a call and its arguments."""
    paths = _paths(node.func, aliases)
    if paths:
        yield from (
            f"calls {path}; write it as a component: {{'_target_': '{path}', ...}}."
            for path in paths
            if path not in FUNCTIONS and not _is_of_math(path)
        )
    elif isinstance(node.func, ast.Name):
        yield from _judge(node.func, aliases, names)
    elif isinstance(node.func, ast.Attribute):
        if node.func.attr not in METHODS:
            yield f"calls the method {node.func.attr!r}; known are {_list(METHODS)}. Move the logic to a component."
        elif node.func.attr == "eval" and (node.args or node.keywords):
            yield "calls eval() with arguments."
        yield from _judge(node.func.value, aliases, names)
    else:
        yield "calls something without a name. Move the logic to a component."
    for argument in node.args:
        yield from _judge(argument, aliases, names)
    for keyword in node.keywords:
        if keyword.arg is None:
            yield "unpacks a dictionary."
        elif keyword.arg in BUILDERS:
            yield f"gives {keyword.arg!r}, which MONAI imports and calls. Write it as a component."
        yield from _judge(keyword.value, aliases, names)


def _paths(node: ast.AST, aliases: Aliases) -> list[str]:
    """Dotted paths that ``a.b.c`` can mean where ``a`` is an imported name; none for anything else."""
    if isinstance(node, ast.Name):
        return sorted(aliases.get(node.id, ()))
    if isinstance(node, ast.Attribute):
        return [f"{path}.{node.attr}" for path in _paths(node.value, aliases)]
    return []


def _judge_value(path: str, names: Names) -> str:
    """Reason against naming a constant or function of a package without calling it; empty when there is none."""
    if path in CONSTANTS or path in FUNCTIONS or _is_of_math(path):
        return ""
    if reason := names.judge_component(path):
        return reason
    if names.is_builder(path):
        return f"hands on {path}, which imports and calls what it is told. Write it as a component."
    return ""


def _is_of_math(path: str) -> bool:
    """Whether a path is a public member of the module math."""
    parts = path.split(".")
    return len(parts) == 2 and parts[0] == "math" and not parts[1].startswith("_")


def _is_reference(node: ast.Subscript) -> bool:
    """Whether a node is what MONAI writes for a reference."""
    return isinstance(node.value, ast.Name) and node.value.id == _REFERENCES and isinstance(node.slice, ast.Constant)


def _word(node: ast.AST) -> str:
    """What a person calls a node."""
    words = {"JoinedStr": "an f-string", "NamedExpr": "an assignment", "Starred": "unpacking", "GeneratorExp": "a loop"}
    words |= {"ListComp": "a loop", "SetComp": "a loop", "DictComp": "a loop", "Lambda": "a lambda", "MatMult": "'@'"}
    return words.get(type(node).__name__, type(node).__name__)


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
