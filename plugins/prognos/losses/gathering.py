"""The samples of all processes in one table, for losses that do not decompose over samples.

N is the number of samples of all processes together.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.distributed as dist

from prognos.losses.partial_likelihood import Cohort

__all__ = ["gather_cohort"]


def gather_cohort(
    parse: Callable[[], tuple[torch.Tensor, Cohort]],
) -> tuple[torch.Tensor, Cohort, slice | None, int]:
    """Collect log hazards and cohort over the processes of ``torch.distributed``; shards may be uneven or empty.

    Args:
        parse: returns the log hazards and the cohort of this process, or raises ValueError. It is called here so that a
            fault on one process ends all of them, where the others would else wait for ever.

    Returns:
        Log hazards [N] and cohort of all processes, without graph; the rows of this process (None: all rows, in one
        process); the number of processes.

    Raises:
        ValueError: what ``parse`` raised, or that it raised on another process.
    """
    processes = dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1
    if processes == 1:
        return *parse(), None, 1
    fault: ValueError | None = None
    table = torch.empty(0, len(Cohort._fields) + 1)
    try:
        table = _to_table(*parse())
    except ValueError as error:
        fault = error
    sizes = _all_gather_objects((len(table), fault is None))
    if fault is not None:
        raise fault
    if not all(fine for _, fine in sizes):
        wrong = [rank for rank, (_, fine) in enumerate(sizes) if not fine]
        raise ValueError(f"loss over {processes} processes: process {wrong} refused its samples; see its message.")
    lengths = [length for length, _ in sizes]
    padded = table.new_zeros(max(lengths), table.shape[1])
    padded[: len(table)] = table
    tables = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(tables, padded)
    whole = torch.cat([part[:length] for part, length in zip(tables, lengths, strict=True)])
    first = sum(lengths[: dist.get_rank()])
    return *_from_table(whole), slice(first, first + len(table)), processes


def _all_gather_objects(mine: tuple[int, bool]) -> list[tuple[int, bool]]:
    """Length and health of the shard of each process."""
    everyone: list[tuple[int, bool]] = [mine] * dist.get_world_size()
    dist.all_gather_object(everyone, mine)
    return everyone


def _to_table(score: torch.Tensor, cohort: Cohort) -> torch.Tensor:
    """Columns as float64 [B, 6]; what is not given has the value that changes nothing, so that processes may differ."""
    ones, earliest = torch.ones_like(score), torch.full_like(score, -torch.inf)
    columns = (
        cohort.time,
        cohort.event.double(),
        ones if cohort.weight is None else cohort.weight,
        torch.zeros_like(score) if cohort.stratum is None else cohort.stratum.double(),
        earliest if cohort.entry is None else cohort.entry,
    )
    return torch.stack([score, *columns], dim=1)


def _from_table(table: torch.Tensor) -> tuple[torch.Tensor, Cohort]:
    """Inverse of :func:`_to_table`; columns that change nothing become None, which is faster."""
    score, time, event, weight, stratum, entry = table.unbind(1)
    cohort = Cohort(
        time=time,
        event=event == 1,
        weight=None if bool((weight == 1).all()) else weight,
        stratum=None if bool((stratum == 0).all()) else stratum.long(),
        entry=None if bool((entry == -torch.inf).all()) else entry,
    )
    return score, cohort
