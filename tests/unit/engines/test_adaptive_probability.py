"""The controller of the augmentation, by hand."""

from __future__ import annotations

import pytest
import torch

from prognos.engines import AdaptiveProbability


def judged(real: int, fake: int) -> torch.Tensor:
    """Logits of a batch of which ``real`` images are judged real."""
    return torch.cat([torch.ones(real, 1), -torch.ones(fake, 1)])


def test_rises_by_the_images_seen_when_the_discriminator_knows_the_photos_by_heart() -> None:
    probability = AdaptiveProbability(target=0.6, images=1000, interval=4)
    for _ in range(4):
        probability.observe(judged(10, 0))
    assert probability.value == pytest.approx(0.04)
    assert probability.statistic == 1.0


def test_waits_for_the_interval() -> None:
    probability = AdaptiveProbability(images=1000, interval=4)
    for _ in range(3):
        probability.observe(judged(10, 0))
    assert probability.value == 0.0


def test_falls_below_the_target_but_never_below_nought() -> None:
    probability = AdaptiveProbability(target=0.6, images=100, interval=1, start=0.15)
    values = []
    for _ in range(3):
        probability.observe(judged(7, 3))  # r = 0.4
        values.append(probability.value)
    assert values == [pytest.approx(0.05), 0.0, 0.0]


def test_the_target_lies_between_the_two_directions() -> None:
    above, below = (AdaptiveProbability(target=0.6, images=1000, interval=1, start=0.5) for _ in range(2))
    above.observe(judged(81, 19))  # r = 0.62
    below.observe(judged(79, 21))  # r = 0.58
    assert above.value == pytest.approx(0.6)
    assert below.value == pytest.approx(0.4)


def test_never_exceeds_the_highest() -> None:
    probability = AdaptiveProbability(images=10, interval=1, highest=0.8)
    probability.observe(judged(10, 0))
    assert probability.value == 0.8


def test_a_restored_one_goes_on_in_the_middle_of_an_interval() -> None:
    first = AdaptiveProbability(images=1000, interval=3)
    first.observe(judged(10, 0))
    second = AdaptiveProbability(images=1000, interval=3)
    second.load_state_dict(first.state_dict())
    for _ in range(2):
        first.observe(judged(4, 6))
        second.observe(judged(4, 6))
    assert second.state_dict() == first.state_dict()
    assert first.statistic == pytest.approx(0.2)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="target"):
        AdaptiveProbability(target=1.0)
