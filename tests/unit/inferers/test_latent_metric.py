"""The metric of a search, held against derivatives by finite differences, and the steps that it scales."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from drawn_faces import drawn_photos, tiny_generator
from prognos.inferers import relative_error
from prognos.inferers.inversion_problem import InversionProblem
from prognos.inferers.latent_coordinates import LatentCoordinates
from prognos.inferers.latent_metric import LatentMetric
from prognos.inferers.metric_measurement import PROBES_PER_DRAW, measure_metric
from prognos.losses import PerceptualLoss
from prognos.networks import draw_latents
from prognos.networks.nets import StyleGAN2Discriminator, StyleGAN2Generator

PROJECTIONS = 512


def critic_distance() -> PerceptualLoss:
    """Distance in the features of a random discriminator."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return PerceptualLoss(StyleGAN2Discriminator(resolution=16, widths=[8, 8, 8]).features, reduction="none")


def problems(
    generator: StyleGAN2Generator, coordinates: LatentCoordinates, perceptual: PerceptualLoss | None = None
) -> Callable[[torch.Tensor], InversionProblem]:
    return lambda photos: InversionProblem(photos, generator, coordinates, perceptual=perceptual, perceptual_weight=0.3)


@torch.no_grad()
def mean_of_products(
    generator: StyleGAN2Generator, coordinates: LatentCoordinates, perceptual: PerceptualLoss | None
) -> torch.Tensor:
    """J'J by central differences, averaged over the draws that ``measure_metric`` sees with seed 3, [K, W, W]."""
    count = PROJECTIONS // PROBES_PER_DRAW
    latents = draw_latents(generator, coordinates.space, count, random=torch.Generator().manual_seed(3))
    u = coordinates.from_latent(latents)
    blank = InversionProblem(torch.zeros(count, 3, 16, 16), generator, coordinates)
    problem = problems(generator, coordinates, perceptual)(blank.images(latents))

    def compared(u: torch.Tensor) -> torch.Tensor:
        parts = problem.compared(problem.images(coordinates.to_latent(u)))
        return torch.cat([part.flatten(1) for part in parts], dim=1)

    steps = 1e-2 * torch.eye(u.shape[1])
    columns = torch.stack([(compared(u + step) - compared(u - step)) / 2e-2 for step in steps], dim=2)  # [N, m, n]
    columns = columns.unflatten(2, coordinates.blocks)
    return torch.einsum("nmki,nmkj->kij", columns, columns) / count


@pytest.mark.parametrize(("space", "with_features"), [("w", True), ("z", False), ("w+", False)])
def test_projections_average_to_the_product_of_derivatives(space: str, with_features: bool) -> None:
    generator = tiny_generator().requires_grad_(False)
    coordinates = LatentCoordinates(generator, space)
    perceptual = critic_distance() if with_features else None
    metric = measure_metric(
        problems(generator, coordinates, perceptual),
        generator,
        coordinates,
        probes=PROJECTIONS // coordinates.blocks[1],
        seed=3,
    )
    found = metric.axes @ torch.diag_embed(metric.values) @ metric.axes.mT
    expected = mean_of_products(generator, coordinates, perceptual)
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, rtol=0, atol=0.15 * float(expected.abs().max()))


def test_a_scaled_step_has_half_its_squared_length_in_the_metric() -> None:
    random = torch.Generator().manual_seed(0)
    factor = torch.randn(3, 4, 4, generator=random)
    matrix = factor @ factor.mT
    scaled, floor = torch.randn(5, 12, generator=random), torch.tensor([0.0, 0.1, 1.0, 10.0, 0.5])
    step = LatentMetric(matrix).to_step(scaled, floor).reshape(5, 3, 4)
    form = torch.einsum("bki,kij,bkj->b", step, matrix, step) + floor * step.square().sum(dim=(1, 2))
    torch.testing.assert_close(form, 0.5 * scaled.square().sum(dim=1), rtol=1e-3, atol=1e-4)


def test_a_direction_that_moves_nothing_keeps_its_steps_finite() -> None:
    step = LatentMetric(torch.diag(torch.tensor([1.0, 0.0]))[None]).to_step(torch.ones(1, 2), torch.zeros(1))
    assert torch.isfinite(step).all()


def test_what_is_compared_adds_up_to_error_and_features() -> None:
    generator, perceptual = tiny_generator(), critic_distance()
    photos, latents = drawn_photos(generator, 3)
    with torch.no_grad():
        problem = problems(generator, LatentCoordinates(generator, "w"), perceptual)(photos)
        images = problem.images(latents.flip(0))
        expected = relative_error(images, photos).square() + 0.3 * perceptual(images, photos)
        torch.testing.assert_close(problem.distances(images), expected)


def test_equal_seeds_measure_equally() -> None:
    generator = tiny_generator().requires_grad_(False)
    coordinates = LatentCoordinates(generator, "w")
    first, again, other = (
        measure_metric(problems(generator, coordinates), generator, coordinates, probes=4, seed=seed)
        for seed in (0, 0, 1)
    )
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)
