"""Reader of pickles that runs nothing.

A pickle is a program for a stack machine. This reader walks through its instructions and builds plain values, lists,
dictionaries and inert records. It never imports a module and never calls what the file names: an instruction that asks
for a class or a function is looked up in a table of the caller's own builders, and a name outside the table is refused
as soon as it occurs. Python's own unpickler takes no part.

Source:
    The instructions are documented in the module ``pickletools`` of Python's standard library, which splits them here.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

__all__ = ["Builders", "CheckpointError", "Instance", "Named", "read_pickle"]

MOST_INSTRUCTIONS = 1_000_000
"""Bound of the instructions of one file; a network of 1024 pixels with its optimisers takes about a tenth."""

Builders = Mapping[str, Callable[..., Any]]
"""Dotted name of a class or function to what makes a value of its arguments."""

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
FRESH: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set}
LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class CheckpointError(ValueError):
    """A file of weights is damaged, hostile or of a kind that cannot be read; the message says which and what helps."""


@dataclass(frozen=True)
class Named:
    """Class or function that the file names; a name and no more."""

    name: str


@dataclass(eq=False)
class Instance:
    """Object of a class that the file names; its content and no behaviour."""

    name: str
    args: tuple[Any, ...] = ()
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)


def read_pickle(stream: BinaryIO, builders: Builders, persistent: Callable[[Any], Any] | None = None) -> Any:
    """Read one pickle from where the stream stands; the stream then stands behind it.

    Args:
        stream: seekable, in memory, so that no length in the file makes it allocate.
        builders: what may be named.
        persistent: makes a value of an identifier of data outside the pickle; ``None`` refuses those.

    Returns:
        Plain values, containers, and what the builders made.

    Raises:
        CheckpointError: when the pickle is damaged, names something outside ``builders``, or is too large.
    """
    machine = _Machine(builders, persistent)
    try:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(stream)):
            if count > MOST_INSTRUCTIONS:
                raise CheckpointError(f"more than {MOST_INSTRUCTIONS} instructions: no network is that long.")
            if instruction.name == "STOP":
                return machine.stack.pop()
            machine.execute(instruction.name, argument)
    except CheckpointError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise CheckpointError(f"damaged or cut off ({type(error).__name__}: {str(error)[:100]}).") from error
    raise CheckpointError("damaged: the pickle has no end.")


class _Machine:
    """Stack, marks and memory of one reading."""

    def __init__(self, builders: Builders, persistent: Callable[[Any], Any] | None) -> None:
        self.builders = builders
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}

    def execute(self, name: str, argument: Any) -> None:
        if name in LITERALS:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in FRESH:
            self.stack.append(FRESH[name]())
        elif name in TUPLES:
            self.stack.append(tuple(self._pop(TUPLES[name])))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memory[int(argument)] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memory[int(argument)])
        elif name not in ("PROTO", "FRAME"):
            step = getattr(self, f"_do_{name.lower()}", None)
            if step is None:
                raise CheckpointError(f"the instruction {name} does not occur in files of networks; refused.")
            step(argument)

    def _pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise CheckpointError("damaged: the stack is empty.")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def _pop_to_mark(self) -> list[Any]:
        return self._pop(len(self.stack) - self.marks.pop())

    def _do_mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def _do_pop(self, _: Any) -> None:
        self._pop(1)

    def _do_pop_mark(self, _: Any) -> None:
        self._pop_to_mark()

    def _do_dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def _do_memoize(self, _: Any) -> None:
        self.memory[len(self.memory)] = self.stack[-1]

    def _do_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def _do_list(self, _: Any) -> None:
        self.stack.append(self._pop_to_mark())

    def _do_dict(self, _: Any) -> None:
        values = self._pop_to_mark()
        self.stack.append({})
        self._set_items(values)

    def _do_frozenset(self, _: Any) -> None:
        self.stack.append(frozenset(map(_plain, self._pop_to_mark())))

    def _do_append(self, _: Any) -> None:
        self._extend(self._pop(1))

    def _do_appends(self, _: Any) -> None:
        self._extend(self._pop_to_mark())

    def _do_additems(self, _: Any) -> None:
        values = self._pop_to_mark()
        self.stack[-1].update(map(_plain, values))

    def _do_setitem(self, _: Any) -> None:
        self._set_items(self._pop(2))

    def _do_setitems(self, _: Any) -> None:
        self._set_items(self._pop_to_mark())

    def _extend(self, values: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise CheckpointError("damaged: it appends to something that is no list.")
        self.stack[-1].extend(values)

    def _set_items(self, values: list[Any]) -> None:
        target = self.stack[-1]
        target = target.items if isinstance(target, Instance) else target
        if not isinstance(target, dict):
            raise CheckpointError("damaged: it sets an item of something that is no dictionary.")
        target.update(zip(map(_plain, values[::2]), values[1::2], strict=True))

    def _do_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._name(module, name)

    def _do_stack_global(self, _: Any) -> None:
        module, name = self._pop(2)
        self._name(module, name)

    def _name(self, module: Any, name: Any) -> None:
        dotted = f"{module}.{name}"
        if dotted not in self.builders:
            raise CheckpointError(
                f"it asks for {dotted[:120]!r}, which no file of networks needs. Nothing was run; the file is refused. "
                f"Get it again from its author, or do not trust it."
            )
        self.stack.append(Named(dotted))

    def _do_reduce(self, _: Any) -> None:
        self._build(*self._pop(2))

    def _do_newobj(self, _: Any) -> None:
        self._build(*self._pop(2))

    def _do_newobj_ex(self, _: Any) -> None:
        named, args, _keywords = self._pop(3)
        self._build(named, args)

    def _build(self, named: Any, args: Any) -> None:
        if not isinstance(named, Named) or not isinstance(args, tuple):
            raise CheckpointError("it calls something that is no name; the file is refused.")
        self.stack.append(self.builders[named.name](*args))

    def _do_build(self, _: Any) -> None:
        (state,) = self._pop(1)
        if isinstance(self.stack[-1], Instance):
            self.stack[-1].state = state  # any other value keeps no attributes here

    def _do_binpersid(self, _: Any) -> None:
        (identifier,) = self._pop(1)
        if self.persistent is None:
            raise CheckpointError("it refers to data outside itself; the file is refused.")
        self.stack.append(self.persistent(identifier))


def _plain(key: Any) -> Any:
    """A key of a dictionary or set; nested ones could take for ever to hash."""
    if not isinstance(key, str | bytes | int | float | bool | None):
        raise CheckpointError(f"a key is of type {type(key).__name__}, expected text or a number; the file is refused.")
    return key
