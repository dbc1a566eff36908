"""Coordinates of the search: they describe the draws and can be left and entered."""

from __future__ import annotations

import pytest
import torch

from drawn_faces import tiny_generator
from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.networks import draw_latents


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_latents_survive_the_way_there_and_back(space: str) -> None:
    generator = tiny_generator()
    coordinates = LatentCoordinates(generator, space)
    latents = draw_latents(generator, space, 5)
    torch.testing.assert_close(coordinates.to_latent(coordinates.from_latent(latents)), latents, atol=1e-4, rtol=1e-4)


def test_draws_are_standardised_in_them() -> None:
    generator = tiny_generator()
    u = LatentCoordinates(generator, "w", seed=1).from_latent(
        draw_latents(generator, "w", 20_000, random=torch.Generator().manual_seed(2))
    )
    torch.testing.assert_close(u.mean(dim=0), torch.zeros(8), atol=0.05, rtol=0)
    torch.testing.assert_close(u.T @ u / len(u), torch.eye(8), atol=0.1, rtol=0)


def test_the_spread_is_that_of_the_draws() -> None:
    generator = tiny_generator()
    w = draw_latents(generator, "w", 20_000, random=torch.Generator().manual_seed(2))
    expected = (w - w.mean(dim=0)).square().sum(dim=1).mean().sqrt()
    assert abs(LatentCoordinates(generator, "w").spread - expected) < 0.03 * expected
