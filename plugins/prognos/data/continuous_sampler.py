"""Batch sampler for trainings whose epoch is a number of images, whatever the size of the data set.

N samples, B the batch size over all processes, K the images of an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Sampler

__all__ = ["ContinuousBatchSampler"]


class ContinuousBatchSampler(Sampler[list[int]]):
    """Deal shuffled passes over the data without a gap between them; an epoch is the next K images.

    Every sample is seen once in each pass, also where a pass ends in the middle of a batch or an epoch. What an epoch
    deals is a function of ``seed`` and its number, so a resumed run sees what the uninterrupted one saw.

    Args:
        samples: N.
        batch_size: B, images of a batch over all processes.
        images: K; rounded up to whole batches.
        seed: of the shuffling.
        rank: number of this process, from 0.
        world_size: number of processes; each gets its equal part of every batch.

    Raises:
        ValueError: when a number is not positive, ``rank`` is out of range or the batch cannot be shared equally.

    Note:
        The epoch advances by itself at each pass of the data loader; :meth:`set_epoch` chooses another one.

    Example:
        >>> sampler = ContinuousBatchSampler(4, batch_size=2, images=4, seed=0)
        >>> sorted(number for batch in sampler for number in batch)
        [0, 1, 2, 3]
    """

    def __init__(
        self, samples: int, batch_size: int, images: int, *, seed: int, rank: int = 0, world_size: int = 1
    ) -> None:
        if min(samples, batch_size, images, world_size) < 1 or not 0 <= rank < world_size:
            raise ValueError(
                f"got {samples=}, {batch_size=}, {images=}, {rank=}, {world_size=}; expected positive numbers and "
                f"0 <= rank < world_size."
            )
        if batch_size % world_size:
            raise ValueError(f"a batch of {batch_size} cannot be shared by {world_size} processes; choose a multiple.")
        self.samples, self.batch_size, self.seed = samples, batch_size, seed
        self.batches = -(-images // batch_size)
        self.part = batch_size // world_size
        self.rank = rank
        self.epoch = 1

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass, from 1."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Batches of an epoch."""
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        """Yield this process's part of each batch of the epoch, a list of row numbers."""
        first = (self.epoch - 1) * self.batches * self.batch_size
        self.epoch += 1
        order, current = torch.empty(0, dtype=torch.int64), -1
        for batch in range(self.batches):
            start = first + batch * self.batch_size + self.rank * self.part
            rows = []
            for number in range(start, start + self.part):
                turn, place = divmod(number, self.samples)
                if turn != current:
                    order, current = self._shuffled(turn), turn
                rows.append(int(order[place]))
            yield rows

    def _shuffled(self, turn: int) -> torch.Tensor:
        """Order of one pass over the data."""
        state = np.random.SeedSequence([self.seed, turn]).generate_state(1, np.uint64)[0] >> np.uint64(1)
        return torch.randperm(self.samples, generator=torch.Generator().manual_seed(int(state)))
