"""Every photo as often as every other, and the same order after a resume."""

from __future__ import annotations

from collections import Counter

import pytest

from prognos.data import ContinuousBatchSampler


def dealt(epochs: range, **arguments: int) -> list[int]:
    """Rows of some epochs of 7 photos in batches of 4, 12 images an epoch."""
    sampler = ContinuousBatchSampler(7, 4, 12, **{"seed": 0, **arguments})
    rows = []
    for epoch in epochs:
        sampler.set_epoch(epoch)
        rows += [row for batch in sampler for row in batch]
    return rows


def test_every_pass_shows_every_photo_once_across_batches_and_epochs() -> None:
    rows = dealt(range(1, 8))
    assert len(rows) == 84
    for start in range(0, 84, 7):
        assert sorted(rows[start : start + 7]) == list(range(7))
    assert len({tuple(rows[start : start + 7]) for start in range(0, 84, 7)}) > 8


def test_an_epoch_is_a_function_of_seed_and_number() -> None:
    assert dealt(range(3, 5)) == dealt(range(1, 5))[24:]
    assert dealt(range(1, 5), seed=1) != dealt(range(1, 5))


def test_the_epoch_advances_by_itself() -> None:
    sampler = ContinuousBatchSampler(7, 4, 12, seed=0)
    rows = [row for _ in range(2) for batch in sampler for row in batch]
    assert rows == dealt(range(1, 3))


def test_processes_share_each_batch_without_overlap() -> None:
    whole = Counter(dealt(range(1, 4)))
    parts = [dealt(range(1, 4), rank=rank, world_size=2) for rank in range(2)]
    assert sum((Counter(part) for part in parts), Counter()) == whole
    assert len(parts[0]) == len(parts[1])


def test_an_epoch_is_whole_batches() -> None:
    assert len(ContinuousBatchSampler(7, 4, 13, seed=0)) == 4


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be shared by 3 processes"):
        ContinuousBatchSampler(7, 4, 12, seed=0, world_size=3)
    with pytest.raises(ValueError, match="samples=0"):
        ContinuousBatchSampler(0, 4, 12, seed=0)
