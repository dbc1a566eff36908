"""EventBalancedBatchSampler: events in every batch, every sample once, and an order that is a function of its seed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prognos.data import EventBalancedBatchSampler

EVENTS = [1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 20), st.integers(1, 4), st.integers(0, 5))
def test_every_batch_has_its_share_of_events_and_every_sample_is_drawn_once(
    events: list[bool], batch_size: int, world_size: int, epoch: int
) -> None:
    batches = -(-len(events) // (batch_size * world_size)) * world_size
    assume(sum(events) >= batches)
    drawn = []
    for rank in range(world_size):
        sampler = EventBalancedBatchSampler(events, batch_size, 3, rank=rank, world_size=world_size)
        sampler.set_epoch(epoch)
        own = list(sampler)
        assert len(own) == len(sampler) == batches // world_size
        drawn += own
    assert sorted(index for batch in drawn for index in batch) == list(range(len(events)))
    shares = [sum(events[index] for index in batch) for batch in drawn]
    sizes = [len(batch) for batch in drawn]
    assert min(shares) >= 1
    assert max(shares) - min(shares) <= 1
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= batch_size


def test_order_is_a_function_of_seed_and_epoch() -> None:
    first, second = (EventBalancedBatchSampler(EVENTS, 4, seed=5) for _ in range(2))
    epochs = [list(first) for _ in range(3)]
    second.set_epoch(2)
    torch.manual_seed(99)
    assert list(second) == epochs[2]
    assert epochs[0] != epochs[1] != epochs[2]
    assert list(EventBalancedBatchSampler(EVENTS, 4, seed=6)) != epochs[0]


def test_samples_serve_as_events() -> None:
    labelled = [{"label": torch.tensor([5.0, event])} for event in EVENTS]
    tabular = [{"event": event} for event in EVENTS]
    expected = list(EventBalancedBatchSampler(EVENTS, 4, 0))
    assert list(EventBalancedBatchSampler(labelled, 4, 0)) == expected
    assert list(EventBalancedBatchSampler(tabular, 4, 0)) == expected
    assert list(EventBalancedBatchSampler(torch.tensor(EVENTS), 4, 0)) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"events": EVENTS, "batch_size": 2},
            "4 events among 11 samples cannot fill 6 batches of 2.*size of 3 or more",
        ),
        ({"events": EVENTS, "batch_size": 1, "world_size": 5}, "5 processes need at least one event each"),
        ({"events": [0, 2], "batch_size": 2}, "flags other than 0"),
        ({"events": [], "batch_size": 2}, "no samples"),
        ({"events": EVENTS, "batch_size": 0}, "positive batch size"),
        ({"events": EVENTS, "batch_size": 4, "rank": 1}, "rank < world_size"),
    ],
)
def test_what_is_impossible_is_refused_with_a_remedy(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EventBalancedBatchSampler(**arguments, seed=0)


def test_remedy_of_the_error_works() -> None:
    assert len(EventBalancedBatchSampler(EVENTS, 3, seed=0)) == 4


READERS = ["a", "a", "a", "b", "b", "c", "d", "d", "e"]
READER_EVENTS = [1, 1, 1, 0, 0, 1, 0, 0, 1]


def test_each_patient_comes_once_an_epoch_with_one_of_its_readers() -> None:
    sampler = EventBalancedBatchSampler(READER_EVENTS, 2, seed=1, patients=READERS, per_patient=1)
    seen = set()
    for _ in range(20):
        rows = [row for batch in sampler for row in batch]
        assert sorted(READERS[row] for row in rows) == ["a", "b", "c", "d", "e"]
        seen |= set(rows)
    assert len(sampler) == 3
    assert seen == set(range(9))


def test_the_readers_of_an_epoch_are_a_function_of_seed_and_epoch() -> None:
    first, second, other = (
        EventBalancedBatchSampler(READER_EVENTS, 2, seed=seed, patients=READERS, per_patient=1) for seed in (1, 1, 2)
    )
    epochs = [list(first) for _ in range(6)]
    second.set_epoch(4)
    torch.manual_seed(99)
    assert list(second) == epochs[4]
    assert len({str(epoch) for epoch in epochs}) > 3
    assert [list(other) for _ in range(6)] != epochs


def test_processes_share_the_readers_of_an_epoch() -> None:
    batches = []
    for rank in range(2):
        batches += EventBalancedBatchSampler(
            READER_EVENTS, 3, 1, rank=rank, world_size=2, patients=READERS, per_patient=1
        )
    rows = [row for batch in batches for row in batch]
    assert len(batches) == 2
    assert sorted(READERS[row] for row in rows) == ["a", "b", "c", "d", "e"]


def test_as_many_readers_as_there_are_is_everything() -> None:
    rows = [
        row for batch in EventBalancedBatchSampler(EVENTS, 4, 0, patients=range(11), per_patient=3) for row in batch
    ]
    assert sorted(rows) == list(range(11))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per_patient": 1}, "no patients for 9 samples"),
        ({"per_patient": 1, "patients": READERS[:4]}, "4 patients for 9 samples"),
        ({"per_patient": 0, "patients": READERS}, "at least 1 sample of each"),
        ({"per_patient": 1, "patients": ["a"] * 9}, "one patient have different event flags"),
    ],
)
def test_readers_that_cannot_be_drawn_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EventBalancedBatchSampler(READER_EVENTS, 3, 0, **arguments)  # type: ignore[arg-type]
