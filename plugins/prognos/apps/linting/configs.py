"""What one config file says, read without evaluating or building anything of it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prognos.apps.linting.expressions import DEFAULT_ALIASES, Aliases, imported, judge_expression
from prognos.apps.linting.findings import Finding, quoted
from prognos.apps.linting.names import BUILDERS, Names

__all__ = ["Config", "aliases_of", "judge_arguments", "judge_config", "read_config", "references", "walk"]

SUFFIXES = (".json", ".yaml", ".yml")
"""Endings of config files."""

MODES = ("default", "callable")
"""Values of ``_mode_`` that are allowed; ``debug`` opens a debugger."""

SPECIAL = ("_target_", "_mode_", "_disabled_", "_requires_", "_desc_", "_meta_")
"""Keys between underscores that MONAI knows and that are allowed; ``_debug_`` opens a debugger."""

SAFE_VALUES = {"allow_pickle": (False, None), "weights_only": (True, None)}
"""Arguments that decide whether a file may run code, and the values that forbid it."""

_MOST_NODES = 100_000
_FILE = re.compile(r"\.(json|ya?ml)(?=::|$)", re.IGNORECASE)


class Config(NamedTuple):
    """One config file as it was read.

    Args:
        name: the file, as messages shall name it.
        content: its ids and their values.
    """

    name: str
    content: dict[str, Any]


def read_config(path: Path, name: str) -> tuple[Config, list[Finding]]:
    """Read a file as MONAI does, and what is wrong with it as a whole.

    Args:
        path: the file.
        name: the file, as messages shall name it.

    Returns:
        The config, empty when the file cannot be read, and the faults.
    """
    from monai.bundle import ConfigParser  # here: it takes seconds

    empty = Config(name, {})
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            content = ConfigParser.load_config_file(path)
    except RecursionError:
        return empty, [Finding(name, "", "is nested too deeply to be read.")]
    except Exception as error:  # parsers of JSON and YAML raise many kinds
        reason = " ".join(str(error).split())[:200]
        return empty, [Finding(name, "", f"cannot be read as a config ({type(error).__name__}: {reason}).")]
    if not isinstance(content, dict):
        return empty, [Finding(name, "", f"holds a {type(content).__name__}; expected ids and their values.")]
    twice = [str(warning.message) for warning in caught if "uplicate" in str(warning.message)]
    faults = [
        Finding(name, "", f"{message.strip().rstrip('.')}: the later value would win silently.") for message in twice
    ]
    try:
        count = sum(1 for _ in zip(walk(content), range(_MOST_NODES), strict=False))
    except RecursionError:
        return empty, [Finding(name, "", "is nested too deeply to be read.")]
    if count == _MOST_NODES:
        return empty, [Finding(name, "", f"has more than {_MOST_NODES} values, which no config needs.")]
    return Config(name, content), faults


def walk(node: Any, parent: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the id and the value of every item of a config, at any depth."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            name = f"{parent}::{key}" if parent else str(key)
            yield name, value
            yield from walk(value, name)


def aliases_of(configs: Sequence[Config]) -> Aliases:
    """Module paths behind every name that the configs import, or that MONAI gives."""
    found = {name: set(paths) for name, paths in DEFAULT_ALIASES.items()}
    for config in configs:
        for _, value in walk(config.content):
            if isinstance(value, str) and value.startswith("$"):
                for name, path in (imported(value[1:]) or {}).items():
                    found.setdefault(name, set()).add(path)
    return found


def references(place: str, value: Any) -> set[str]:
    """Ids that an item refers to with ``@``, or copies with ``%``."""
    from monai.bundle import ConfigParser, ReferenceResolver  # here: it takes seconds

    if not isinstance(value, str) or not ("@" in value or value.startswith("%")):
        return set()
    try:
        text = ConfigParser.resolve_relative_ids(place, value)
    except ValueError:
        return {value}
    if text.startswith("%"):
        return set() if _FILE.search(text) else {text[1:]}
    return set(ReferenceResolver.match_refs_pattern(text))


def judge_config(config: Config, aliases: Aliases, names: Names) -> Iterator[Finding]:
    """Yield what a config file names, calls or evaluates although it may not.

    Args:
        config: the file as it was read.
        aliases: of :func:`aliases_of`, over all files that are merged with this one.
        names: judges what may be named.
    """
    for place, value in walk(config.content):
        key = re.split("::|#", place)[-1].removeprefix("+")
        reasons = list(_judge_item(key, value, names))
        if isinstance(value, str) and value.startswith("$"):
            reasons += judge_expression(value, place.removeprefix("+"), aliases, names)
        yield from (Finding(config.name, place, reason) for reason in reasons)


def _judge_item(key: str, value: Any, names: Names) -> Iterator[str]:
    """Yield what is wrong with the value of one key, expressions aside."""
    if key == "_target_":
        if reason := names.judge_component(value):
            yield f"{quoted(value)} {reason}"
    elif key == "_mode_" and value not in MODES:
        yield f"is {quoted(value)}, expected one of {', '.join(MODES)}; 'debug' would stop in a debugger."
    elif key.startswith("_") and key.endswith("_") and key not in SPECIAL:
        yield f"is a key that a config may not have; known are {', '.join(SPECIAL)}."
    elif key in BUILDERS and (reason := names.judge_builder(value)):
        yield f"{quoted(value)} {reason}"
    elif key in SAFE_VALUES and not any(value is safe for safe in SAFE_VALUES[key]):
        yield f"is {quoted(value)}: reading such a file could run code. Leave the key out."
    if isinstance(value, str) and value.startswith("%") and _FILE.search(value.replace("#", "::")):
        yield f"{quoted(value)} copies from another file, which nobody has checked. Write the value here."
    if isinstance(value, bytes | bytearray | set):
        yield f"holds {type(value).__name__}, which JSON cannot; use text, numbers, lists and mappings."
    if isinstance(value, dict):
        yield from judge_arguments(value, names)


def judge_arguments(item: dict[Any, Any], names: Names) -> Iterator[str]:
    """Yield what is wrong with the arguments of a component, and with the way it is handed on.

    Args:
        item: a mapping of a config; one without an accepted ``_target_`` is nothing to judge.
        names: judges what may be named.
    """
    target = item.get("_target_")
    if not isinstance(target, str) or names.judge_component(target):
        return
    known = names.parameters(target)
    if item.get("_mode_") == "callable" and names.is_builder(target):
        yield f"hands on {target}, which imports and calls what it is told. Build it here."
    if known is not None and (unknown := sorted(str(key) for key in item.keys() - known - set(SPECIAL))):
        taken = ", ".join(sorted(known)) or "none"
        yield f"{target} takes no argument {', '.join(map(repr, unknown))}; it takes {taken}."
