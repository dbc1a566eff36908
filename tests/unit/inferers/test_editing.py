"""Latents moved along directions, and drawn again by a tiny random generator."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from prognos.inferers import LatentEditInferer, LatentSweep, move_latents
from prognos.networks import latent_shape, latents_to_ws
from prognos.networks.nets import StyleGAN2Generator

BETAS = (-2.0, -1.0, 0.0, 1.0, 2.0)


@pytest.fixture(scope="module")
def generator() -> StyleGAN2Generator:
    torch.manual_seed(0)
    return StyleGAN2Generator(resolution=16, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8).eval()


def test_w_moves_in_a_straight_line() -> None:
    latents = torch.randn(3, 8)
    step = torch.randn(8)
    moved = move_latents(latents, step, BETAS, space="w")
    for column, beta in enumerate(BETAS):
        torch.testing.assert_close(moved[:, column], latents + beta * step)


def test_w_plus_moves_each_layer_by_its_own_part() -> None:
    latents, step = torch.randn(2, 3, 8), torch.randn(24)
    moved = move_latents(latents, step, [0, 1], space="w+")
    torch.testing.assert_close(moved[:, 1], latents + step.view(3, 8))


def test_z_stays_on_its_sphere_and_the_unedited_one_stays_itself() -> None:
    latents = torch.nn.functional.normalize(torch.randn(3, 8), dim=1) * 8**0.5
    moved = move_latents(latents, torch.randn(8), BETAS, space="z")
    torch.testing.assert_close(moved.norm(dim=2), torch.full((3, 5), 8**0.5))
    assert torch.equal(moved[:, 2], latents)


def test_a_direction_of_another_space_is_refused() -> None:
    with pytest.raises(ValueError, match="direction has 4 coordinates, the latents have 8"):
        move_latents(torch.randn(1, 8), torch.randn(4), BETAS, space="w")


@pytest.mark.parametrize("space", ["z", "w"])
def test_a_sweep_may_move_the_style_inputs_of_latents_of_any_space(generator, space: str) -> None:
    latents = torch.randn(2, 8)
    layers = latents_to_ws(latents, generator, space)
    step = torch.randn(layers[0].numel(), generator=torch.Generator().manual_seed(1)).double().numpy()
    drawn = LatentEditInferer({"held": LatentSweep(step, (-1.0, 0.0, 2.0), "w+")}, space=space)(latents, generator)
    moved = layers + 2 * torch.as_tensor(step, dtype=torch.float32).reshape(layers.shape[1:])
    torch.testing.assert_close(drawn["held"][:, 2], generator.synthesis(moved, noise_mode="const").detach())
    torch.testing.assert_close(drawn["held"][:, 1], generator.synthesis(layers, noise_mode="const").detach())


def test_a_sweep_of_another_space_is_refused() -> None:
    with pytest.raises(ValueError, match="the latents are in w, but health moves in another space"):
        LatentEditInferer({"health": LatentSweep(np.zeros(8), BETAS, "z")}, space="w")


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_every_sweep_is_drawn_and_beta_zero_is_the_portrait_itself(generator, space: str) -> None:
    shape = latent_shape(generator, space)
    latents = torch.randn(2, *shape)
    size = int(np.prod(shape))
    sweeps = {
        "health": LatentSweep(np.ones(size) / size**0.5, BETAS),
        "random 1": LatentSweep(np.arange(size) / size, (-2.0, 2.0)),
    }
    drawn = LatentEditInferer(sweeps, space=space, chunk_size=3)(latents, generator)
    assert drawn["health"].shape == (2, 5, 3, 16, 16)
    assert drawn["random 1"].shape == (2, 2, 3, 16, 16)
    still = LatentEditInferer({"still": LatentSweep(np.zeros(size), (0.0,))}, space=space)(latents, generator)["still"]
    torch.testing.assert_close(drawn["health"][:, 2:3], still)
    assert not torch.allclose(drawn["health"][:, 0], drawn["health"][:, 4])
