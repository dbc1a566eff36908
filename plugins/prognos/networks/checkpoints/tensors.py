"""Tensors of a file, as records that are filled once their bytes are read.

Builders here stand for the few functions of torch and numpy that files of networks name. None calls what it stands for.
"""

from __future__ import annotations

import functools
import operator
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from prognos.networks.checkpoints.pickles import Builders, CheckpointError, Instance

__all__ = ["BUILDERS", "STORAGE_TYPES", "Storage", "StoredTensor"]

STORAGE_TYPES: dict[str, torch.dtype] = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
"""Element type by the class name that torch writes for it."""

NUMBER_FORMATS = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "i2": "h", "i1": "b", "u1": "B", "b1": "?"}
"""Format of ``struct`` by numpy's name of a number."""


@dataclass(eq=False)
class Storage:
    """Run of elements in a file.

    Attributes:
        dtype: type of the elements.
        count: how many.
        data: their bytes, little endian; ``None`` until they are read.
    """

    dtype: torch.dtype
    count: int
    data: bytes | None = None


@dataclass(eq=False)
class StoredTensor:
    """View of a storage.

    Attributes:
        storage: where the elements are.
        offset: of the first element.
        shape: sizes of the axes.
        stride: steps between elements along the axes.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.stride)
        whole = all(type(number) is int and number >= 0 for number in numbers)
        if not whole or len(self.shape) != len(self.stride) or len(self.shape) > 8:
            raise CheckpointError("damaged: a tensor has impossible sizes.")
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        if self.count > self.storage.count or (self.count and last >= self.storage.count):
            raise CheckpointError("damaged: a tensor is larger than the data it views.")

    @property
    def count(self) -> int:
        """Number of elements."""
        return functools.reduce(operator.mul, self.shape, 1)

    def tensor(self) -> torch.Tensor:
        """Copy of the elements, in the type they are stored in.

        Raises:
            CheckpointError: when the bytes are missing.
        """
        wanted = self.storage.count * self.storage.dtype.itemsize
        if self.storage.data is None or len(self.storage.data) != wanted:
            raise CheckpointError("cut off: the data of a tensor is missing.")
        if not self.count:
            return torch.zeros(self.shape, dtype=self.storage.dtype)
        flat = torch.frombuffer(bytearray(self.storage.data), dtype=self.storage.dtype)
        return flat.as_strided(self.shape, self.stride, self.offset).clone(memory_format=torch.contiguous_format)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_: Any) -> StoredTensor:
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise CheckpointError("damaged: a tensor without data or sizes.")
    return StoredTensor(storage, offset, shape, stride)


def _first(value: Any, *_: Any) -> Any:
    return value


def _ordered(pairs: Any = (), *_: Any) -> dict[Any, Any]:
    if len(pairs):
        raise CheckpointError("an ordered dictionary is given its items at once; no file of networks does that.")
    return {}


def _empty(*_: Any) -> dict[Any, Any]:
    return {}


def _set(values: Any = (), *_: Any) -> list[Any]:
    return list(values)


def _encode(text: Any, encoding: Any = "latin1", *_: Any) -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise CheckpointError("damaged: bytes written as something that is no text.")
    return text.encode("latin-1")


def _scalar(kind: Any, data: Any = b"", *_: Any) -> float | int | bool | Instance:
    """Number of numpy."""
    if isinstance(kind, Instance) and isinstance(data, bytes) and kind.args:
        code = NUMBER_FORMATS.get(str(kind.args[0]).lstrip("<=|"))
        if code is not None and struct.calcsize(code) == len(data):
            number: float | int | bool = struct.unpack(f"<{code}", data)[0]
            return number
    return Instance("numpy scalar")


def _inert(name: str) -> Callable[..., Instance]:
    def build(*args: Any) -> Instance:
        return Instance(name, args)

    return build


def _nothing(*_: Any) -> None:
    return None


def _numpy() -> dict[str, Callable[..., Any]]:
    builders: dict[str, Callable[..., Any]] = {}
    for package in ("numpy.core", "numpy._core"):
        builders[f"{package}.multiarray.scalar"] = _scalar
        builders[f"{package}.multiarray._reconstruct"] = _inert("numpy.ndarray")
        builders[f"{package}.numeric._frombuffer"] = _inert("numpy.ndarray")
    return builders | {"numpy.dtype": _inert("numpy.dtype"), "numpy.ndarray": _inert("numpy.ndarray")}


BUILDERS: Builders = {
    **_numpy(),
    **{f"torch.{name}": _nothing for name in STORAGE_TYPES},
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch.nn.parameter.Parameter": _first,
    "torch.Size": _first,
    "torch.device": _inert("torch.device"),
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": _empty,
    "dnnlib.util.EasyDict": _empty,
    "builtins.set": _set,
    "__builtin__.set": _set,
    "builtins.dict": _empty,
    "_codecs.encode": _encode,
    "argparse.Namespace": _inert("argparse.Namespace"),
}
"""What files of networks name, beside their own classes."""
