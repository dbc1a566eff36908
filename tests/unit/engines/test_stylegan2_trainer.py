"""What one step of the two players changes, and what it must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from ignite.engine import Events

from generators import make_trainer, write_photos
from prognos.engines.stylegan2_trainer import freeze_finest_blocks
from prognos.losses import NonSaturatingLoss


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"))


def snapshot(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_both_players_and_the_average_move_and_the_mean_style_follows(photos: Path) -> None:
    trainer = make_trainer(photos)
    networks = (trainer.generator, trainer.discriminator, trainer.average)
    before = [snapshot(network) for network in networks]
    trainer.run()
    for network, old in zip(networks, before, strict=True):
        assert any(not torch.equal(value, old[name]) for name, value in network.state_dict().items())
    assert float(trainer.generator.mapping.w_avg.abs().sum()) > 0
    assert torch.equal(trainer.average.module.mapping.w_avg, trainer.generator.mapping.w_avg)


def test_regularisers_are_lazy_and_reported_when_they_ran(photos: Path) -> None:
    trainer = make_trainer(photos, r1_interval=4, path_length_interval=2)
    seen: list[set[str]] = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: seen.append(set(engine.state.output)))
    trainer.run()
    always = {"discriminator_loss", "generator_loss", "real_sign", "augmentation"}
    paths = {"path_length", "path_length_penalty"}
    assert seen == [always | paths | {"r1"}, always, always | paths, always]


def test_each_player_is_left_alone_while_the_other_learns(photos: Path) -> None:
    trainer = make_trainer(photos)
    images, real = torch.rand(8, 3, 16, 16), torch.rand(8, 3, 16, 16)
    before = snapshot(trainer.generator)
    trainer._discriminate(real, images)
    assert all(torch.equal(value, before[name]) for name, value in trainer.generator.state_dict().items())
    before = snapshot(trainer.discriminator)
    trainer._fool(trainer._generate(8))
    assert all(torch.equal(value, before[name]) for name, value in trainer.discriminator.state_dict().items())
    assert all(weight.requires_grad for weight in trainer.discriminator.parameters())


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_each_player_gets_better_at_its_own_game(photos: Path, player: str) -> None:
    trainer = make_trainer(photos, augment=None, style_mixing=0.0)
    real, loss = trainer._photos(next(iter(trainer.data_loader))), NonSaturatingLoss()
    z = torch.randn(8, 8, generator=torch.Generator().manual_seed(1))

    def game() -> float:
        with torch.no_grad():
            generated = trainer.discriminator(trainer.generator(z, noise_mode="const"))
            if player == "generator":
                return float(loss(generated, 1.0))
            return float(loss(trainer.discriminator(real), 1.0) + loss(generated, 0.0))

    before = game()
    for _ in range(5):
        if player == "generator":
            trainer._fool(trainer._generate(8))
        else:
            trainer._discriminate(real, trainer.generator(z, noise_mode="const").detach())
    assert game() < before


def test_frozen_blocks_keep_their_weights_and_the_others_do_not(photos: Path) -> None:
    trainer = make_trainer(photos, frozen_blocks=1)
    before = snapshot(trainer.discriminator)
    trainer.run()
    moved = {name for name, value in trainer.discriminator.state_dict().items() if not torch.equal(value, before[name])}
    assert not [name for name in moved if name.startswith("b16.")]
    assert [name for name in moved if name.startswith("b8.")]


def test_too_many_frozen_blocks_are_refused(photos: Path) -> None:
    discriminator = make_trainer(photos).discriminator
    with pytest.raises(ValueError, match="frozen_blocks is 3, expected 0 to 2"):
        freeze_finest_blocks(discriminator, 3)


def test_styles_are_mixed_from_some_layer_on_and_the_first_stays(photos: Path) -> None:
    trainer = make_trainer(photos, style_mixing=1.0)
    ws = trainer._styles(64)
    changes = (ws[:, 1:] != ws[:, :-1]).any(dim=2).sum(dim=1)
    assert torch.equal(changes, torch.ones(64, dtype=torch.int64))
    trainer.style_mixing = 0.0
    ws = trainer._styles(64)
    assert torch.equal(ws, ws[:, :1].expand_as(ws))


def test_photos_are_scaled_and_about_half_of_them_mirrored(photos: Path) -> None:
    trainer = make_trainer(photos)
    batch = {"image": torch.arange(16, dtype=torch.uint8).expand(400, 3, 16, 16) * 17}
    found = trainer._photos(batch)
    rising = found[:, 0, 0, 0] == -1.0
    assert float(found.min()) == -1.0
    assert float(found.max()) == 1.0
    assert 150 < int(rising.sum()) < 250
    trainer.mirror = False
    assert bool((trainer._photos(batch)[:, 0, 0, 0] == -1.0).all())


def test_photos_of_another_size_are_refused(photos: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \[3, 32, 32\].*Align the photos"):
        make_trainer(photos)._photos({"image": torch.zeros(1, 3, 32, 32)})


def test_bfloat16_keeps_weights_and_losses_in_float32(photos: Path) -> None:
    trainer = make_trainer(photos, precision="bfloat16")
    trainer.run()
    assert trainer.state.output["generator_loss"].dtype == torch.float32
    assert all(weight.dtype == torch.float32 for weight in trainer.generator.parameters())
    assert all(bool(torch.isfinite(weight).all()) for weight in trainer.generator.parameters())


def test_float16_without_a_scaler_is_refused(photos: Path) -> None:
    with pytest.raises(ValueError, match="GradScaler"):
        make_trainer(photos, precision="float16")


def test_a_scaler_takes_both_steps_of_an_iteration_with_its_regulariser(photos: Path) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    trainer = make_trainer(photos, scaler=scaler, r1_interval=1, path_length_interval=1)
    before = snapshot(trainer.generator)
    trainer.run()
    assert any(not torch.equal(value, before[name]) for name, value in trainer.generator.state_dict().items())


def test_a_discriminator_of_another_size_is_refused(photos: Path) -> None:
    from prognos.networks.nets import StyleGAN2Discriminator

    other = StyleGAN2Discriminator(resolution=32, channel_base=64, channel_max=8)
    with pytest.raises(ValueError, match=r"\(16, 3\), the discriminator judges \(32, 3\)"):
        make_trainer(photos, discriminator=other)
