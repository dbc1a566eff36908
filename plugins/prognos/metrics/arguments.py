"""Columns of a cohort as the metrics take them: tensors, arrays or sequences become checked numpy columns."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["Column", "Floats", "codes", "events", "numbers", "table", "weights"]

Column: TypeAlias = Any
"""One value per sample: a torch tensor, a numpy array or a sequence, of shape [n] or [n, 1]."""

Floats: TypeAlias = NDArray[np.float64]


def numbers(name: str, value: Column, size: int | None = None) -> Floats:
    """Finite numbers [n] in float64.

    Raises:
        ValueError: when the shape is not [n] or [n, 1], n is not ``size``, or a value is NaN or infinite.
    """
    column = _plain(value).astype(np.float64)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1 or size not in (None, len(column)):
        expected = "[n] or [n, 1]" if size is None else f"[{size}] or [{size}, 1], as the other columns"
        raise ValueError(f"{name} has shape {list(column.shape)}, expected {expected}.")
    bad = int((~np.isfinite(column)).sum())
    if bad:
        raise ValueError(f"{bad} of {len(column)} values of {name} are NaN or infinite, expected finite numbers.")
    return column


def table(name: str, value: Column, shape: tuple[int, int]) -> Floats:
    """Finite numbers of a given shape [n, T] in float64.

    Raises:
        ValueError: when the shape differs, or a value is NaN or infinite.
    """
    array = _plain(value).astype(np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {list(array.shape)}, expected {list(shape)}: samples, then horizons.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has values that are NaN or infinite, expected finite numbers.")
    return array


def events(value: Column, size: int) -> NDArray[np.bool_]:
    """Event flags [n].

    Raises:
        ValueError: when a flag is neither 0 nor 1, or the shape does not fit.
    """
    column = numbers("event", value, size)
    observed: NDArray[np.bool_] = column == 1.0
    if not (observed | (column == 0.0)).all():
        raise ValueError("event has values other than 0 and 1; expected 1 (event observed) or 0 (censored).")
    return observed


def codes(name: str, value: Column | None, size: int) -> NDArray[np.int64]:
    """Groups numbered from 0, [n]; all in group 0 when ``value`` is None. Groups may be numbers or text.

    Raises:
        ValueError: when the shape does not fit.
    """
    if value is None:
        return np.zeros(size, dtype=np.int64)
    column = _plain(value).reshape(-1)
    if len(column) != size:
        raise ValueError(f"{name} has {len(column)} values, expected {size}, one per sample.")
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def weights(value: Column | None, size: int) -> Floats:
    """Case weights [n], 1 each when ``value`` is None.

    Raises:
        ValueError: when a weight is negative, or the shape does not fit.
    """
    if value is None:
        return np.ones(size)
    column = numbers("weight", value, size)
    if (column < 0).any():
        raise ValueError("weight has negative values; expected case weights of 0 or more.")
    return column


def _plain(value: Column) -> NDArray[Any]:
    """A numpy array that shares no graph with the caller."""
    if isinstance(value, torch.Tensor):
        return np.asarray(value.detach().cpu().as_subclass(torch.Tensor).numpy())
    return np.asarray(value)
