"""The samples of an evaluated batch one by one, and rows collected over the processes of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import ignite.distributed as idist
import torch
from ignite.engine import Engine

from prognos.config import keys

__all__ = ["evaluated_samples", "gathered", "mask_paths"]

PREDICTION = "pred"
"""Key of MONAI's evaluators for what the inferer returned."""

Row = TypeVar("Row")


def evaluated_samples(engine: Engine) -> Iterator[tuple[dict[str, Any], Any]]:
    """Pair each sample of the current batch with its prediction, whether MONAI decollated the batch or not.

    Args:
        engine: an evaluator after its iteration.

    Yields:
        The sample, its ``image`` and ``label`` replaced by what the network and the loss saw, and the prediction: a
        tensor [1], or a dictionary of tensors.
    """
    batch, output = engine.state.batch, engine.state.output
    if isinstance(output, dict):
        count = len(batch[keys.PATIENT])
        batch, output = _split(batch, count), _split(output, count)
    for sample, result in zip(batch, output, strict=True):
        seen = {key: result[key] for key in (keys.IMAGE, keys.LABEL) if result.get(key) is not None}
        yield sample | seen, result[PREDICTION]


def gathered(rows: list[Row]) -> list[Row]:
    """The rows of all processes, in the order of their ranks; the same list on each."""
    if idist.get_world_size() == 1:
        return rows
    parts: list[list[Row]] = [[] for _ in range(idist.get_world_size())]
    torch.distributed.all_gather_object(parts, rows)
    return [row for part in parts for row in part]


def mask_paths(masks: Any) -> list[str]:
    """Paths of an annotation's masks.

    Args:
        masks: one text, the paths joined by ``;``.

    Raises:
        ValueError: when it is a list: MONAI's decollation mixes the lists of different patients.
    """
    if not isinstance(masks, str):
        raise ValueError(
            f"mask_files is a {type(masks).__name__}, expected one text with the paths joined by ';': MONAI's "
            f"decollation would give a patient the masks of another. Join them where the sample is made."
        )
    return [path for path in masks.split(";") if path]


def _split(batch: Any, count: int) -> list[Any]:
    """Undo the collation of one level of dictionaries; what has no batch axis goes to every sample."""
    if isinstance(batch, dict):
        columns = {key: _split(value, count) for key, value in batch.items()}
        return [{key: column[index] for key, column in columns.items()} for index in range(count)]
    if isinstance(batch, torch.Tensor | list | tuple) and len(batch) == count:
        return list(batch)
    return [batch] * count
