"""Which classes and functions a config may name.

A config may build what MONAI, torch, Ignite, this package and installed plugins offer as parts of a model. It may not
name what loads programs, fetches them or starts processes, wherever that lies: a name is followed through the modules
it leads over, and both the path that is written and the place where the object was defined are judged.
"""

from __future__ import annotations

import builtins
import difflib
import importlib
import inspect
import sys
from functools import cached_property
from typing import Any

from prognos.components import GROUPS, available

__all__ = ["BUILDERS", "Names"]

ROOMS = (
    *(f"monai.apps.{room}" for room in ("deepedit", "deepgrow", "detection", "generation", "pathology")),
    *("monai.apps.reconstruction", "monai.apps.vista3d"),
    *(f"monai.{room}" for room in ("data", "engines", "handlers", "inferers", "losses", "metrics", "networks")),
    *("monai.optimizers", "monai.transforms", "monai.visualize"),
    *("ignite.contrib", "ignite.engine", "ignite.handlers", "ignite.metrics"),
    *("torch.amp", "torch.cuda.amp", "torch.distributions", "torch.nn", "torch.optim", "torch.utils.data"),
    "torch.utils.tensorboard",
    *(f"prognos.{room}" for room in ("data", "engines", "estimators", "handlers", "inferers", "losses", "metrics")),
    *("prognos.networks", "prognos.transforms", "prognos.visualize"),
)
"""Folders whose classes and functions are parts of a model."""

SINGLE = frozenset(
    {
        *("prognos.components.create", "monai.utils.set_determinism", "monai.utils.misc.set_determinism"),
        *("torch.device", "torch.Generator", "torch.tensor", "torch.zeros", "torch.ones", "torch.manual_seed"),
        *("torch.relu", "torch.sigmoid", "torch.softmax", "torch.tanh", "torch.argmax"),
    }
)
"""What may be named although its folder holds other things as well."""

REFUSED = {
    "monai.data.torchscript_utils": "loads programs",
    "monai.data.utils.pickle_operations": "unpickles",
    "monai.losses.perceptual": "runs code from the internet",
    "monai.networks.trt_compiler": "compiles programs",
    "monai.networks.utils.convert_to_onnx": "loads programs",
    "monai.networks.utils.convert_to_torchscript": "loads programs",
    "monai.networks.utils.convert_to_trt": "loads programs",
    "torch.utils.data.datapipes": "unpickles",
}
"""What may not be named although its folder may, and why."""

BUILDERS = frozenset({"merger_cls", "reader", "writer"})
"""Parameters whose text MONAI imports and calls: what they name is judged like a component."""

_INSIDE = tuple(f"{room}." for room in ROOMS)
_ROOTS = ("monai", "torch", "ignite", "prognos")
_IMPORTABLE = (*_ROOTS, "math", "numpy", "operator")
_REMEDY = "Name a part of MONAI, torch, Ignite, prognos or an installed plugin."


class Names:
    """Judges names; what is installed is looked up once for each object.

    Every method that judges returns the reason against a name, with its remedy, and an empty text when there is none.
    """

    def __init__(self) -> None:
        self._judged: dict[str, str] = {}
        self._found: dict[str, list[str]] = {}

    @cached_property
    def plugins(self) -> frozenset[str]:
        """Packages that declare a component, except those that came with Python."""
        roots = {point.module.split(".")[0] for group in GROUPS for point in available(group).values()}
        return frozenset(roots - sys.stdlib_module_names - set(_ROOTS))

    @cached_property
    def _monai(self) -> list[tuple[str, dict[str, Any]]]:
        """Loaded modules whose name starts with ``monai``, and what they hold."""
        importlib.import_module("monai.bundle")
        return [(name, vars(module)) for name, module in sys.modules.items() if name.startswith("monai") and module]

    def judge_component(self, name: object) -> str:
        """Judge what a config wants to build: a dotted path, or the short name of something of MONAI."""
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            return "is not a plain dotted name, so nobody can tell what it would call. Write the path of a class."
        if name not in self._judged:
            self._judged[name] = self._judge_path(name) if "." in name else self._judge_short(name)
        return self._judged[name]

    def judge_module(self, path: str) -> str:
        """Judge a module that a config wants to import."""
        parts = path.split(".")
        if parts[0] not in _IMPORTABLE and parts[0] not in self.plugins:
            return f"imports {parts[0]!r}; a config may import {', '.join(_IMPORTABLE)} and installed plugins."
        return "imports a private module." if any(part.startswith("_") for part in parts) else ""

    def judge_builder(self, value: object) -> str:
        """Judge the text of one of :data:`BUILDERS`: MONAI searches its own classes, then the functions of Python."""
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str):
                continue
            if name.startswith(("@", "%", "$")):
                return "is imported and called by MONAI, so it must stand here in plain text, not as a reference."
            if ("." in name or hasattr(builtins, name)) and (reason := self.judge_component(name)):
                return reason
        return ""

    def parameters(self, name: str) -> frozenset[str] | None:
        """Names of the arguments that an accepted component takes; None when it takes any, or nobody knows."""
        found = self._signature(name)
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in found) or not found:
            return None
        return frozenset(parameter.name for parameter in found if parameter.kind is not parameter.POSITIONAL_ONLY)

    def is_builder(self, name: str) -> bool:
        """Whether an accepted component imports and calls what one of its arguments names."""
        return any(parameter.name in BUILDERS for parameter in self._signature(name))

    def _signature(self, name: str) -> list[inspect.Parameter]:
        """Parameters of an accepted component; none when nobody knows."""
        path = name if "." in name else f"{self._homes(name)[0]}.{name}"
        try:
            return list(inspect.signature(_follow(path)).parameters.values())
        except (TypeError, ValueError):
            return []

    def _judge_short(self, name: str) -> str:
        """Judge a name without a dot in every module of MONAI where it could be found."""
        homes = self._homes(name)
        if homes:
            return next((reason for home in homes if (reason := self._judge_path(f"{home}.{name}"))), "")
        close = difflib.get_close_matches(name, self._short_names(), n=1)
        what = "is a function of Python itself" if hasattr(builtins, name) else "is no component of MONAI"
        return f"{what}{f'; did you mean {close[0]!r}?' if close else '.'} Others need their full dotted path."

    def _judge_path(self, path: str) -> str:
        """Judge a dotted path, as it is written and where it leads."""
        parts = path.split(".")
        if any(part.startswith("_") for part in parts):
            return f"{path} is private. {_REMEDY}"
        if parts[0] not in _ROOTS and parts[0] not in self.plugins:
            return f"{path} lies outside of what a config may name. {_REMEDY}"
        if reason := _reason_of(path) or ("" if self._has_room(path) else "is no part of a model"):
            return f"{path} {reason}. {_REMEDY}"
        try:
            found = _follow(path)
        except _AstrayError as error:
            return str(error)
        if not callable(found):
            return f"{path} is neither a class nor a function. {_REMEDY}"
        home = f"{getattr(found, '__module__', None) or parts[0]}.{getattr(found, '__qualname__', parts[-1])}"
        if reason := _reason_of(home) or (
            "" if self._has_room(home) or parts[0] == "torch" else "is no part of a model"
        ):
            return f"{path} is {home}, which {reason}. {_REMEDY}"
        return ""

    def _has_room(self, path: str) -> bool:
        """Whether a path is a single one, or lies in one of the rooms or in a plugin."""
        return path in SINGLE or path.startswith(_INSIDE) or path.split(".")[0] in self.plugins

    def _homes(self, name: str) -> list[str]:
        """Modules in which MONAI finds a short name, as ``monai.bundle.ComponentLocator`` searches them."""
        if name not in self._found:
            self._found[name] = [home for home, values in self._monai if _is_own(values.get(name), home)]
        return self._found[name]

    def _short_names(self) -> list[str]:
        """Every short name of MONAI."""
        return [name for home, values in self._monai for name, value in values.items() if _is_own(value, home)]


def _reason_of(path: str) -> str:
    """Why exactly this path, or the module it lies in, is refused."""
    return next((why for refused, why in REFUSED.items() if f"{path}.".startswith(f"{refused}.")), "")


class _AstrayError(ValueError):
    """A dotted path leads nowhere, or out of the package it begins in."""


def _follow(path: str) -> Any:
    """Object at a dotted path; modules of installed packages are imported on the way, nothing is called.

    Raises:
        _AstrayError: when there is none, or when the path goes over a module or class that lies elsewhere.
    """
    parts = path.split(".")
    found: Any = None
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        if found is None or (inspect.ismodule(found) and not hasattr(found, parts[count - 1])):
            found = _import(name, parts[count - 1], found)
        else:
            try:
                found = getattr(found, parts[count - 1])
            except AttributeError:
                raise _AstrayError(f"{path} does not exist.{_nearest(parts[count - 1], found)}") from None
        home = found.__name__ if inspect.ismodule(found) else getattr(found, "__module__", None)
        if (inspect.ismodule(found) and home != name) or (home and home.split(".")[0] != parts[0]):
            raise _AstrayError(f"{path} leads over {name} to {home}, outside of {parts[0]}. {_REMEDY}")
    return found


def _import(name: str, last: str, parent: Any) -> Any:
    """Import one module of an installed package.

    Raises:
        _AstrayError: when there is none, or it cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and not f"{name}.".startswith(f"{error.name}."):
            raise _AstrayError(f"{name} needs the package {error.name!r}, which is not installed.") from None
        raise _AstrayError(f"{name} does not exist.{_nearest(last, parent)}") from None
    except Exception as error:  # whatever a module of a plugin may raise while it is imported
        raise _AstrayError(
            f"{name} cannot be imported ({type(error).__name__}). Mend or reinstall its package."
        ) from None


def _nearest(name: str, place: Any) -> str:
    """Sentence that offers the most similar name of a module or class; empty without one."""
    close = difflib.get_close_matches(name, dir(place), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _is_own(value: Any, module: str) -> bool:
    """Whether a module defines this class or function itself."""
    return (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module
