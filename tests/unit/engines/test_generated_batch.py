"""Batches drawn by a generator."""

from __future__ import annotations

import torch

from drawn_faces import tiny_generator
from prognos.engines import PrepareGeneratedBatch


def test_the_latents_of_a_batch_draw_its_photos() -> None:
    generator = tiny_generator()
    photos, latents = PrepareGeneratedBatch(generator, noise_mode="const")(torch.arange(3))
    again = generator.synthesis(latents[:, None].expand(-1, 6, -1), noise_mode="const").clamp(-1, 1)
    torch.testing.assert_close(photos, again)
    assert not photos.requires_grad


def test_with_a_seed_the_draws_follow_the_numbers_of_the_batch() -> None:
    prepare = PrepareGeneratedBatch(tiny_generator(), noise_mode="const", seed=1)
    first, again, other = (prepare(torch.arange(4) + start)[0] for start in (0, 0, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_without_a_seed_they_follow_the_global_source() -> None:
    prepare = PrepareGeneratedBatch(tiny_generator(), "w+")
    torch.manual_seed(7)
    first = prepare(torch.arange(2))
    second = prepare(torch.arange(2))
    torch.manual_seed(7)
    again = prepare(torch.arange(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], second[0])


def test_the_generator_is_not_trained_along() -> None:
    generator = tiny_generator().train()
    PrepareGeneratedBatch(generator, precision="bfloat16")(torch.arange(2))
    assert not generator.training
    assert not any(parameter.requires_grad for parameter in generator.parameters())
