"""Noise maps of the projector."""

from __future__ import annotations

import torch

from drawn_faces import drawn_photos, tiny_generator
from prognos.inferers import LatentInversionInferer, ProjectorSearch
from prognos.inferers.projector import _likeness, _noise_maps


def test_noise_is_no_picture_and_a_gradient_is() -> None:
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 1, 32, 32, generator=random)
    ramp = torch.linspace(-1.7, 1.7, 32).expand(1, 1, 32, 32)
    assert _likeness(noise) < 0.2
    assert _likeness(ramp) > 2.0


def test_the_penalty_is_that_of_its_formula_on_one_level() -> None:
    noise = torch.randn(2, 1, 8, 8, dtype=torch.float64)
    expected = 0.0
    for photo in noise[:, 0].tolist():
        across = sum(photo[y][x] * photo[y][x - 1] for y in range(8) for x in range(8)) / 64
        down = sum(photo[y][x] * photo[y - 1][x] for y in range(8) for x in range(8)) / 64
        expected += across**2 + down**2
    assert abs(float(_likeness(noise)) - expected) < 1e-12


def test_every_layer_has_its_map() -> None:
    maps = _noise_maps(tiny_generator(), 3, torch.Generator().manual_seed(0))
    assert sorted(tuple(noise.shape) for noise in maps.values()) == [
        (3, 1, 4, 4),
        (3, 1, 8, 8),
        (3, 1, 8, 8),
        (3, 1, 16, 16),
        (3, 1, 16, 16),
    ]


def test_the_search_is_a_function_of_its_seed() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 1)
    first, again, other = (
        LatentInversionInferer(ProjectorSearch(5, seed=seed))(photos, generator) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
