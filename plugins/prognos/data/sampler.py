"""Batch sampler that puts observed events into every batch.

N samples, E events, R processes, B the batch size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler

from prognos.config import keys

__all__ = ["EventBalancedBatchSampler"]


class EventBalancedBatchSampler(Sampler[list[int]]):
    """Draw batches that all hold their share of the events, because a batch without an event has no Cox loss.

    Each epoch gives every sample once, or ``per_patient`` samples of each patient, over all processes together. The E
    events and the N - E censored samples are shuffled and dealt evenly, so the batches of an epoch differ by at most
    one in size and in number of events.

    Args:
        events: event flag of each sample, 1 = event observed, 0 = censored, in the order of the data set. Shape [N].
            Or the samples themselves: dictionaries with an ``event``, else with a ``label`` (time, event).
        batch_size: B, largest number of samples in a batch.
        seed: of the shuffling; the order is a function of ``seed`` and epoch alone.
        rank: number of this process, from 0.
        world_size: R, number of processes; each gets the same number of batches, and no sample of another.
        patients: whose each sample is, any numbers or texts, in the order of the data set. Shape [N]. None when each
            sample is a patient of its own.
        per_patient: most samples of a patient that an epoch draws, which ones being a function of ``seed`` and epoch;
            None for all. N and E then count what an epoch draws.

    Raises:
        ValueError: when a flag is neither 0 nor 1, ``batch_size``, ``world_size`` or ``per_patient`` is not positive,
            ``rank`` is out of range, ``patients`` is missing or of another length, the samples of a patient differ in
            their flag, there is no sample, or there are fewer events than batches.

    Note:
        In a DataLoader it is the ``batch_sampler``. The epoch advances by itself at each pass; call :meth:`set_epoch`,
        as :class:`prognos.handlers.SeedHandler` does, to start from another one, such as after a resume.

    Example:
        >>> sampler = EventBalancedBatchSampler([1, 0, 0, 1, 0, 0], batch_size=3, seed=0)
        >>> [sorted(batch) for batch in sampler]
        [[0, 4, 5], [1, 2, 3]]
    """

    def __init__(
        self,
        events: Sequence[float] | Sequence[Mapping[str, Any]] | torch.Tensor,
        batch_size: int,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        *,
        patients: Sequence[int | str] | None = None,
        per_patient: int | None = None,
    ) -> None:
        flags = torch.as_tensor([_flag(event) for event in events])
        if not bool(((flags == 0) | (flags == 1)).all()):
            raise ValueError("EventBalancedBatchSampler: event flags other than 0 (censored) and 1 (event observed).")
        if not len(flags):
            raise ValueError("EventBalancedBatchSampler: no samples; check the table and the fold.")
        if batch_size < 1 or world_size < 1 or not 0 <= rank < world_size:
            raise ValueError(
                f"EventBalancedBatchSampler: got {batch_size=}, {rank=}, {world_size=}; expected a positive batch size "
                f"and 0 <= rank < world_size."
            )
        self.flags = flags
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.epoch = 0
        self.per_patient = per_patient
        self.patients = None if per_patient is None else _patient_numbers(flags, patients, per_patient)
        drawn = self._drawn(torch.Generator().manual_seed(0))  # how many there are is the same in every epoch
        samples, observed = len(drawn), int(flags[drawn].sum())
        per_process = -(-samples // (batch_size * world_size))
        self.batches = per_process * world_size
        if observed < self.batches:
            raise ValueError(_too_few_events(observed, samples, self.batches, batch_size, world_size))

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Number of batches of this process."""
        return self.batches // self.world_size

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches of this process, each a list of row numbers."""
        generator = torch.Generator().manual_seed(_mix(self.seed, self.epoch))
        self.epoch += 1
        drawn = self._drawn(generator)
        observed, censored = drawn[self.flags[drawn] == 1], drawn[self.flags[drawn] == 0]
        observed = observed[torch.randperm(len(observed), generator=generator)]
        censored = censored[torch.randperm(len(censored), generator=generator)]
        # Dealt like cards, events first: the batches differ by at most one event and by at most one sample.
        dealt = torch.cat([observed, censored])
        for batch in range(self.rank, self.batches, self.world_size):
            yield dealt[batch :: self.batches].tolist()

    def _drawn(self, generator: torch.Generator) -> torch.Tensor:
        """Rows of an epoch, ascending: all, or so many of each patient."""
        if self.patients is None or self.per_patient is None:
            return torch.arange(len(self.flags))
        shuffled = torch.randperm(len(self.flags), generator=generator)
        by_patient = shuffled[torch.argsort(self.patients[shuffled], stable=True)]
        sizes = torch.bincount(self.patients)
        place = torch.arange(len(by_patient)) - (sizes.cumsum(0) - sizes)[self.patients[by_patient]]
        return by_patient[place < self.per_patient].sort().values


def _flag(event: Any) -> float:
    """Event flag of a number, or of a sample dictionary."""
    if not isinstance(event, Mapping):
        return float(event)
    return float(event["event"] if "event" in event else event[keys.LABEL][keys.EVENT])


def _patient_numbers(flags: torch.Tensor, patients: Sequence[int | str] | None, per_patient: int) -> torch.Tensor:
    """Number of the patient of each sample, from 0."""
    if patients is None or len(patients) != len(flags) or per_patient < 1:
        found = "no patients" if patients is None else f"{len(patients)} patients"
        raise ValueError(
            f"EventBalancedBatchSampler: got {found} for {len(flags)} samples, {per_patient=}; expected the patient of "
            f"each sample, and at least 1 sample of each."
        )
    numbers: dict[int | str, int] = {}
    found_numbers = torch.tensor([numbers.setdefault(patient, len(numbers)) for patient in patients])
    events = torch.zeros(len(numbers)).index_add(0, found_numbers, flags.to(torch.float32))
    if not bool(((events == 0) | (events == torch.bincount(found_numbers))).all()):
        raise ValueError(
            "EventBalancedBatchSampler: samples of one patient have different event flags. A patient has one outcome; "
            "check the table."
        )
    return found_numbers


def _mix(seed: int, epoch: int) -> int:
    """One seed for each (seed, epoch); neighbouring seeds and epochs do not meet."""
    return (seed * 1_000_003 + epoch) % 2**63


def _too_few_events(events: int, samples: int, batches: int, batch_size: int, world_size: int) -> str:
    """Say what is impossible and which batch size would do."""
    where = f"EventBalancedBatchSampler: {events} events among {samples} samples cannot fill {batches} batches"
    if events < world_size:
        return f"{where}; {world_size} processes need at least one event each. Use fewer processes or a larger cohort."
    enough = -(-samples // (events // world_size * world_size))
    return (
        f"{where} of {batch_size} with one event each. Use a batch size of {enough} or more, fewer processes, or a "
        f"split with more events."
    )
