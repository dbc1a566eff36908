"""StyleGAN2 beside the grouped-convolution formulation in float64, and beside outputs of the reference in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stylegan2_grouped as grouped
from prognos.networks import load_stylegan2
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator
from stylegan2_files import SMALL, initialised

FOLDER = Path(__file__).parents[3] / "shared" / "stylegan2"

with_reference = pytest.mark.skipif(not FOLDER.is_dir(), reason="no reference outputs beside the repository")


def generator(**changes: Any) -> StyleGAN2Generator:
    return initialised(StyleGAN2Generator(**(SMALL | changes))).double()


def discriminator(**changes: Any) -> StyleGAN2Discriminator:
    return initialised(StyleGAN2Discriminator(**({"resolution": 16, "widths": [6, 5, 4]} | changes))).double()


def draw(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("noise_mode", ["const", "none"])
@pytest.mark.parametrize("changes", [{}, {"channels": 1}, {"conv_clamp": 0.5}, {"mapping_layers": 8}])
def test_images_are_those_of_one_kernel_per_sample(changes: dict[str, Any], noise_mode: str) -> None:
    network = generator(**changes)
    ws = draw(3, network.num_ws, network.w_dim)
    theirs = grouped.synthesis(grouped.weights_of(network), ws, noise_mode, changes.get("conv_clamp"))
    torch.testing.assert_close(network.synthesis(ws, noise_mode), theirs, rtol=1e-10, atol=1e-10)


def test_styles_with_a_condition_are_those_of_the_formula() -> None:
    network = generator(c_dim=3)
    z, c = draw(4, 6), torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0]]
    theirs = grouped.mapping(grouped.weights_of(network), "mapping.", z, c, 2)
    torch.testing.assert_close(network.mapping(z, c)[:, 0], theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"channels": 1}, {"conv_clamp": 0.5}, {"c_dim": 3}])
@pytest.mark.parametrize("batch", [1, 2, 8])
def test_logits_are_those_of_the_formula(changes: dict[str, Any], batch: int) -> None:
    network = discriminator(**changes)
    image = draw(batch, network.channels, 16, 16)
    c = torch.eye(3, dtype=torch.float64)[torch.arange(batch) % 3] if network.c_dim else None
    theirs = grouped.discriminator(grouped.weights_of(network), image, c, clamp=changes.get("conv_clamp"))
    torch.testing.assert_close(network(image, c), theirs, rtol=1e-10, atol=1e-10)


def test_path_lengths_and_their_gradients_are_those_of_the_formula() -> None:
    network = generator()
    noise = draw(2, 3, 16, 16, seed=2)
    found = []
    for draw_images in (network.synthesis, lambda ws, mode: grouped.synthesis(grouped.weights_of(network), ws, mode)):
        ws = draw(2, network.num_ws, 6).requires_grad_()
        (slope,) = torch.autograd.grad((draw_images(ws, "const") * noise).sum(), ws, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()
        parameters = [value for name, value in network.synthesis.named_parameters() if not name.endswith("bias")]
        found.append([lengths, *torch.autograd.grad(lengths.square().mean(), parameters, allow_unused=True)])
    for ours, theirs in zip(*found, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


def test_gradient_penalty_and_its_gradients_are_those_of_the_formula() -> None:
    network = discriminator()
    found = []
    for judge in (network, lambda image: grouped.discriminator(grouped.weights_of(network), image)):
        image = draw(4, 3, 16, 16).requires_grad_()
        (slope,) = torch.autograd.grad(judge(image).sum(), image, create_graph=True)
        penalty = slope.square().sum((1, 2, 3))
        weights = [value for name, value in network.named_parameters() if name.endswith("weight")]
        found.append([penalty, *torch.autograd.grad(penalty.mean(), weights, allow_unused=True)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-12)


@pytest.fixture(scope="module")
def reference() -> dict[str, torch.Tensor]:
    """Inputs and outputs of the reference implementation, float32."""
    with np.load(FOLDER / "ada64.npz") as file:
        return {name: torch.from_numpy(file[name]).float() for name in file.files if file[name].ndim}


def scalar(name: str) -> float:
    with np.load(FOLDER / "ada64.npz") as file:
        return float(file[name])


def assert_near(ours: torch.Tensor, theirs: torch.Tensor, share: float) -> None:
    """Largest difference within a share of the standard deviation."""
    assert float((ours - theirs).detach().abs().max()) <= share * float(theirs.std())


@with_reference
def test_the_official_file_gives_the_styles_and_images_of_the_reference(reference: dict[str, torch.Tensor]) -> None:
    network = load_stylegan2(FOLDER / "ada64.pkl")
    ws = network.mapping(reference["z"])
    truncated = network.mapping(reference["z"], truncation_psi=0.7)
    assert network.num_ws == int(scalar("num_ws"))
    assert_near(ws[:, 0], reference["w_psi1"], 1e-4)
    assert_near(truncated[:, 0], reference["w_psi07"], 1e-4)
    cut = network.mapping(reference["z"], truncation_psi=0.5, truncation_cutoff=5)
    assert_near(cut, reference["ws_cutoff"], 1e-4)
    assert_near(network.synthesis(ws, "const")[:1], reference["img_psi1"], 1e-4)
    assert_near(network.synthesis(truncated, "const"), reference["img_psi07"], 1e-4)
    assert_near(network.synthesis(reference["wplus"], "const")[:1], reference["img_wplus"], 1e-4)
    assert_near(network.synthesis(ws, "none")[:1], reference["img_nonoise"], 1e-4)
    raw = load_stylegan2(FOLDER / "ada64.pkl", "G")
    assert_near(raw.mapping(reference["z"])[:, 0], reference["w_psi1_Graw"], 1e-4)
    network.mapping.track_average(network.mapping(reference["z_track"]))
    torch.testing.assert_close(network.mapping.w_avg, reference["w_avg_after"])


@with_reference
def test_the_official_file_gives_the_logits_and_penalties_of_the_reference(reference: dict[str, torch.Tensor]) -> None:
    network = load_stylegan2(FOLDER / "ada64.pkl", "D")
    image = reference["x"].requires_grad_()
    logits = network(image)
    torch.testing.assert_close(logits, reference["logits8"], rtol=0, atol=1e-3)
    torch.testing.assert_close(network(image[:1]), reference["logits1"], rtol=0, atol=1e-3)
    torch.testing.assert_close(network(reference["img_psi07"]), reference["logits_fake"], rtol=0, atol=1e-3)
    (slope,) = torch.autograd.grad(logits.sum(), image, create_graph=True)
    penalty = slope.square().sum((1, 2, 3))
    torch.testing.assert_close(penalty, reference["r1"], rtol=1e-3, atol=0)
    weights = [network.b4.fc.weight, network.b64.conv0.weight]
    sizes = [float(gradient.norm()) for gradient in torch.autograd.grad(penalty.mean(), weights)]
    assert sizes == pytest.approx([scalar("r1_grad_b4fc"), scalar("r1_grad_first")], rel=1e-3)


@with_reference
def test_the_official_file_gives_the_path_lengths_of_the_reference(reference: dict[str, torch.Tensor]) -> None:
    network = load_stylegan2(FOLDER / "ada64.pkl")
    ws = network.mapping(reference["z"])
    image = network.synthesis(ws, "const")
    (slope,) = torch.autograd.grad((image * reference["pl_noise"]).sum(), ws, create_graph=True)
    lengths = slope.square().sum(2).mean(1).sqrt()
    torch.testing.assert_close(lengths, reference["pl_lengths"], rtol=1e-3, atol=0)
    weights = [network.synthesis.b8.conv0.weight, network.synthesis.b16.conv1.affine.weight]
    sizes = [float(gradient.norm()) for gradient in torch.autograd.grad(lengths.square().mean(), weights)]
    assert sizes == pytest.approx([scalar("pl_grad_b8conv0"), scalar("pl_grad_affine")], rel=1e-3)
