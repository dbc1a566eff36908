"""Inversion of photos whose latent is known, with each search and in each space."""

from __future__ import annotations

import pytest
import torch

from drawn_faces import drawn_photos, tiny_generator
from prognos.inferers import (
    EncoderGuess,
    LatentInversionInferer,
    ProjectorSearch,
    QuasiNewtonSearch,
    RecordedInversionInferer,
    SphereSearch,
    relative_error,
)
from prognos.losses import PerceptualLoss
from prognos.networks import build_latent_encoder
from prognos.networks.nets import StyleGAN2Discriminator


@pytest.mark.parametrize("space", ["w", "w+"])
def test_the_latent_of_a_drawn_photo_is_found_again(space: str) -> None:
    generator = tiny_generator()
    photos, latents = drawn_photos(generator, 3, space)
    found = LatentInversionInferer(QuasiNewtonSearch(80), space=space).invert(photos, generator)
    assert found.latent.shape == latents.shape
    assert (found.rmse < 0.06).all()
    centre = generator.mapping(torch.randn(500, 8)).mean(dim=(0, 1))
    assert torch.cosine_similarity(found.latent - centre, latents - centre, dim=-1).mean() > 0.93


def test_the_guess_costs_nothing_where_the_generator_can_draw_the_photo() -> None:
    """From a far guess, which pulls: the pull is a share of the distance, so it ends with it."""
    generator = tiny_generator()
    photos, latents = drawn_photos(generator, 2)
    found = LatentInversionInferer(QuasiNewtonSearch(60, prior=0.2)).invert(photos, generator)
    assert (found.rmse < 1e-3).all()
    torch.testing.assert_close(found.latent, latents, atol=0.02, rtol=0)


def test_the_search_on_the_sphere_stays_there_and_finds_the_photo() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    search = SphereSearch(60, starts=3, candidates=32)
    found = LatentInversionInferer(search, space="z").invert(photos, generator)
    torch.testing.assert_close(found.latent.square().mean(dim=1), torch.ones(2), atol=1e-4, rtol=0)
    assert (found.rmse < 0.3).all()
    assert found.steps.tolist() == [180, 180]


def test_quasi_newton_steps_in_z_stay_on_the_sphere() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    encoder = build_latent_encoder(generator, "z", channels=4, features=8).eval()
    inferer = LatentInversionInferer(QuasiNewtonSearch(30, prior=0.0), space="z", encoder=encoder)
    found, guess = inferer.invert(photos, generator), encoder(photos).detach()
    torch.testing.assert_close(found.latent.square().mean(dim=1), torch.ones(2), atol=1e-4, rtol=0)
    start = LatentInversionInferer(EncoderGuess(), space="z", encoder=encoder).invert(photos, generator)
    torch.testing.assert_close(start.latent, guess)
    assert (found.rmse < 0.5 * start.rmse).all()


def test_the_projector_follows_its_schedule() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    found = LatentInversionInferer(ProjectorSearch(60)).invert(photos, generator)
    start = LatentInversionInferer(QuasiNewtonSearch(1)).invert(photos, generator)
    assert (found.rmse < 0.7 * start.rmse).all()
    assert found.steps.tolist() == [60, 60]


def test_each_photo_is_inverted_as_if_it_were_alone() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 3)
    inferer = LatentInversionInferer(QuasiNewtonSearch(10))
    together = inferer(photos, generator)
    alone = torch.cat([inferer(photo[None], generator) for photo in photos])
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=1e-3)


def test_a_strong_prior_keeps_the_guess_of_the_encoder() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    encoder = build_latent_encoder(generator, channels=4, features=8).eval()
    guess = LatentInversionInferer(EncoderGuess(), encoder=encoder)(photos, generator)
    torch.testing.assert_close(guess, encoder(photos).detach())
    near = LatentInversionInferer(QuasiNewtonSearch(10, prior=1e6), encoder=encoder)(photos, generator)
    far = LatentInversionInferer(QuasiNewtonSearch(10, prior=0.0), encoder=encoder)(photos, generator)
    torch.testing.assert_close(near, guess, atol=1e-3, rtol=1e-3)
    assert (far - guess).norm() > 100 * (near - guess).norm()


def test_features_of_a_discriminator_can_join_the_distance() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    torch.manual_seed(0)
    critic = StyleGAN2Discriminator(resolution=16, widths=[8, 8, 8])
    perceptual = PerceptualLoss(critic.features, reduction="none")
    found = LatentInversionInferer(QuasiNewtonSearch(30), perceptual=perceptual).invert(photos, generator)
    assert (found.rmse < 0.5).all()
    with pytest.raises(ValueError, match="one value a photo"):
        LatentInversionInferer(QuasiNewtonSearch(), perceptual=PerceptualLoss(critic.features))


def test_half_precision_reaches_about_the_same_error() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    whole = LatentInversionInferer(QuasiNewtonSearch(20)).invert(photos, generator)
    half = LatentInversionInferer(QuasiNewtonSearch(20), precision="bfloat16").invert(photos, generator)
    assert half.latent.dtype == torch.float32
    assert half.rmse.mean() < whole.rmse.mean() + 0.1


def test_weights_and_modes_of_the_networks_are_left_alone() -> None:
    generator = tiny_generator().train()
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    photos, _ = drawn_photos(generator, 1)
    LatentInversionInferer(ProjectorSearch(3))(photos, generator)
    assert generator.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in generator.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in generator.state_dict().items())


def test_the_record_comes_with_the_latents() -> None:
    generator = tiny_generator()
    photos, _ = drawn_photos(generator, 2)
    found = RecordedInversionInferer(QuasiNewtonSearch(5))(photos, generator)
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "latent": (2, 8),
        "reconstruction": (2, 3, 16, 16),
        "rmse": (2,),
        "steps": (2,),
        "seconds": (2,),
    }
    assert (found["seconds"] > 0).all()


def test_the_error_of_a_flat_picture_is_one() -> None:
    photos = torch.rand(4, 3, 8, 8)
    flat = photos.mean(dim=(2, 3), keepdim=True).expand_as(photos)
    torch.testing.assert_close(relative_error(flat, photos), torch.ones(4))
    assert relative_error(photos, photos).tolist() == [0.0] * 4


def test_what_decides_a_latent_is_described() -> None:
    generator, other = tiny_generator(), tiny_generator(seed=1)
    inferer = LatentInversionInferer(QuasiNewtonSearch(5))
    assert inferer.describe(generator) == inferer.describe(tiny_generator())
    assert inferer.describe(generator) != inferer.describe(other)
    assert inferer.describe(generator) != LatentInversionInferer(QuasiNewtonSearch(6)).describe(generator)


def test_wrong_input_is_refused() -> None:
    generator = tiny_generator()
    with pytest.raises(ValueError, match=r"photos are \[3, 32, 32\], the generator draws \[3, 16, 16\]"):
        LatentInversionInferer(QuasiNewtonSearch())(torch.zeros(1, 3, 32, 32), generator)
    encoder = build_latent_encoder(generator, "z", channels=4, features=8)
    with pytest.raises(ValueError, match="predicts z, the search is in w"):
        LatentInversionInferer(QuasiNewtonSearch(), encoder=encoder)
    with pytest.raises(ValueError, match="precision"):
        LatentInversionInferer(QuasiNewtonSearch(), precision="half")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="looks for z"):
        LatentInversionInferer(SphereSearch(1))(torch.zeros(1, 3, 16, 16), generator)
    with pytest.raises(ValueError, match="cannot start at the mean"):
        LatentInversionInferer(ProjectorSearch(1), space="z")(torch.zeros(1, 3, 16, 16), generator)
    with pytest.raises(ValueError, match="give the inferer an encoder"):
        LatentInversionInferer(EncoderGuess())(torch.zeros(1, 3, 16, 16), generator)
