"""Spaces of latents: shapes, spheres and draws."""

from __future__ import annotations

import pytest
import torch

from drawn_faces import tiny_generator
from prognos.networks import draw_latents, latent_shape, latents_to_ws, to_sphere


@pytest.mark.parametrize(("space", "shape"), [("z", (8,)), ("w", (8,)), ("w+", (6, 8))])
def test_draws_of_each_space_reach_the_synthesis(space: str, shape: tuple[int, ...]) -> None:
    generator = tiny_generator()
    latents = draw_latents(generator, space, 3)
    assert latents.shape == (3, *latent_shape(generator, space)) == (3, *shape)
    assert latents_to_ws(latents, generator, space).shape == (3, 6, 8)


def test_draws_are_a_function_of_their_source() -> None:
    generator = tiny_generator()
    first, again = (draw_latents(generator, "w+", 4, random=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)


def test_layers_of_w_plus_come_from_at_most_two_draws() -> None:
    drawn = draw_latents(tiny_generator(), "w+", 50)
    kinds = [len(torch.unique(latent, dim=0)) for latent in drawn]
    assert set(kinds) == {1, 2}
    assert 0.6 < kinds.count(2) / len(kinds) <= 1.0
    alike = draw_latents(tiny_generator(), "w+", 5, mixing=0.0)
    assert torch.equal(alike, alike[:, :1].expand_as(alike))


def test_the_sphere_has_the_radius_of_a_normal_draw() -> None:
    z = to_sphere(torch.randn(5, 16) * 7)
    torch.testing.assert_close(z.norm(dim=1), torch.full((5,), 4.0))


def test_the_mapping_sees_no_difference_between_a_draw_and_its_point_on_the_sphere() -> None:
    generator, z = tiny_generator(), torch.randn(4, 8)
    torch.testing.assert_close(generator.mapping(z), generator.mapping(to_sphere(z)))


def test_an_unknown_space_is_refused() -> None:
    with pytest.raises(ValueError, match=r"space is 's', expected one of z, w, w\+"):
        latent_shape(tiny_generator(), "s")
