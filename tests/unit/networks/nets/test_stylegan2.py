"""StyleGAN2 generator and discriminator: what their interfaces promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator
from stylegan2_files import SMALL, initialised


def generator(**changes: Any) -> StyleGAN2Generator:
    return initialised(StyleGAN2Generator(**(SMALL | changes)))


@pytest.mark.parametrize("resolution", [32, 1024])
@pytest.mark.parametrize("channels", [1, 3])
def test_networks_of_all_resolutions_fit_each_other(resolution: int, channels: int) -> None:
    network = StyleGAN2Generator(resolution, channels, 4, 4, channel_base=resolution, channel_max=4)
    judge = StyleGAN2Discriminator(resolution, channels, channel_base=resolution, channel_max=4)
    with torch.no_grad():
        images = network(torch.randn(1, 4))
        assert images.shape == (1, channels, resolution, resolution)
        assert judge(images).shape == (1, 1)


def test_widths_follow_the_papers_rule() -> None:
    with torch.device("meta"):
        assert StyleGAN2Generator(1024).widths == [512, 512, 512, 512, 512, 256, 128, 64, 32]
        assert StyleGAN2Discriminator(64, channel_base=16384).widths == [512, 512, 512, 512, 256]


def test_a_fresh_generator_draws_images_of_unit_scale() -> None:
    torch.manual_seed(0)
    network = StyleGAN2Generator(32, channel_base=1024, channel_max=64)
    deviation = network(torch.randn(16, 512)).std().item()
    assert 0.2 < deviation < 3.0


def test_truncation_moves_styles_towards_their_mean() -> None:
    network = generator()
    z = torch.randn(3, 6)
    ws = network.mapping(z)
    mean = network.mapping.w_avg.expand_as(ws)
    torch.testing.assert_close(network.mapping(z, truncation_psi=0.0), mean)
    half = network.mapping(z, truncation_psi=0.5, truncation_cutoff=2)
    torch.testing.assert_close(half[:, :2], (ws[:, :2] + mean[:, :2]) / 2)
    assert torch.equal(half[:, 2:], ws[:, 2:])


def test_const_noise_repeats_random_noise_differs_and_none_has_none() -> None:
    network = generator()
    ws = network.mapping(torch.randn(1, 6)).repeat(2, 1, 1)
    first, second = network.synthesis(ws, "random")
    assert not torch.allclose(first, second)
    assert torch.equal(network.synthesis(ws, "const"), network.synthesis(ws, "const"))
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.endswith("noise_strength"):
                value.zero_()
    assert torch.equal(network.synthesis(ws, "const"), network.synthesis(ws, "none"))


def test_every_style_of_w_plus_has_its_own_effect() -> None:
    network = generator()
    ws = network.mapping(torch.randn(1, 6)).detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(network.synthesis(ws, "const").square().sum(), ws)
    assert bool((slope.abs().sum(dim=2) > 0).all())


def test_the_mean_style_moves_only_when_asked() -> None:
    network = generator().train()
    before = network.mapping.w_avg.clone()
    ws = network.mapping(torch.randn(5, 6))
    assert torch.equal(network.mapping.w_avg, before)
    network.mapping.track_average(ws, decay=0.9)
    torch.testing.assert_close(network.mapping.w_avg, 0.9 * before + 0.1 * ws[:, 0].detach().mean(0))


def test_bf16_autocast_stays_near_float32() -> None:
    network, judge = generator(), initialised(StyleGAN2Discriminator(16, widths=[6, 5, 4]))
    ws = network.mapping(torch.randn(4, 6))
    images = network.synthesis(ws, "const")
    logits = judge(images)
    with torch.autocast("cpu", torch.bfloat16):
        rough = network.synthesis(ws, "const")
        rough_logits = judge(images)
    assert rough.dtype == rough_logits.dtype == torch.float32
    assert (rough - images).square().mean().sqrt().item() < 0.02 * images.std().item()
    torch.testing.assert_close(rough_logits, logits, rtol=0.05, atol=0.05)


def test_large_styles_do_not_leave_the_range_of_half_precision() -> None:
    network = generator()
    ws = 1e4 * network.mapping(torch.randn(2, 6))
    x = torch.randn(2, 6, 4, 4)
    for scale in (1.0, 1e-4):
        style, demodulation = network.synthesis.b4.conv1._scales(ws[:, 0] * scale)
        assert style.abs().max().item() < 1.0
        assert torch.isfinite(demodulation).all()
    assert torch.isfinite(network.synthesis.b4.conv1(x, ws[:, 0], "none")).all()


def test_features_are_the_outputs_of_the_residual_blocks() -> None:
    judge = initialised(StyleGAN2Discriminator(16, widths=[6, 5, 4]))
    features = judge.features(torch.randn(2, 3, 16, 16))
    assert [tuple(feature.shape) for feature in features] == [(2, 5, 8, 8), (2, 6, 4, 4)]


def test_a_batch_that_the_group_does_not_divide_is_judged() -> None:
    judge = initialised(StyleGAN2Discriminator(16, widths=[6, 5, 4]))
    image = torch.randn(5, 3, 16, 16)
    one_by_one = torch.cat([judge(single[None]) for single in image])
    torch.testing.assert_close(judge(image), one_by_one)


def test_images_drawn_together_are_judged_together() -> None:
    judge = initialised(StyleGAN2Discriminator(16, widths=[6, 5, 4]))
    image = torch.randn(4, 3, 16, 16)
    assert not torch.allclose(judge(image)[:1], judge(image[:1]))


def test_impossible_arguments_and_inputs_are_named() -> None:
    network, judge = generator(), StyleGAN2Discriminator(16, widths=[6, 5, 4])
    with pytest.raises(ValueError, match="resolution is 48"):
        StyleGAN2Generator(48)
    with pytest.raises(ValueError, match="widths are"):
        StyleGAN2Generator(64, widths=[4, 4])
    with pytest.raises(ValueError, match=r"z has shape \[2, 5\], expected \[B, 6\]"):
        network(torch.randn(2, 5))
    with pytest.raises(ValueError, match=r"c has shape None"):
        generator(c_dim=2)(torch.randn(2, 6))
    with pytest.raises(ValueError, match=r"ws has shape \[2, 6\]"):
        network.synthesis(torch.randn(2, 6))
    with pytest.raises(ValueError, match="noise_mode is 'some'"):
        network.synthesis(torch.randn(2, 6, 6), "some")
    with pytest.raises(ValueError, match=r"image has shape \[2, 3, 8, 8\], expected \[B, 3, 16, 16\]"):
        judge(torch.randn(2, 3, 8, 8))


class _Drawn(torch.nn.Module):
    def __init__(self, network: StyleGAN2Generator) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        images: torch.Tensor = self.network(z, truncation_psi=0.7, noise_mode="const")
        return images


def test_the_generator_exports_to_onnx_with_equal_images(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model, z = _Drawn(generator()).eval(), torch.randn(2, 6)
    torch.onnx.export(model, (z,), tmp_path / "generator.onnx", dynamo=True, verbose=False)
    session = runtime.InferenceSession(tmp_path / "generator.onnx", providers=["CPUExecutionProvider"])
    (images,) = session.run(None, {session.get_inputs()[0].name: z.numpy()})
    torch.testing.assert_close(torch.from_numpy(images), model(z).detach(), rtol=1e-4, atol=1e-4)
