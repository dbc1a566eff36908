"""Directions that hold regions of the portrait, on a linear drawing machine where they are known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from prognos.data.latents import Latents
from prognos.estimators import AttributeModel, LatentOrigin, PhotoReader, health_direction, hold_regions

LAYERS, WIDTH, SIDE, COUNT = 2, 6, 8, 20
SIZE = LAYERS * WIDTH
REGIONS = {
    "face": np.indices((SIDE, SIDE))[0] < SIDE // 2,
    "background": np.indices((SIDE, SIDE))[0] >= SIDE // 2,
    "nowhere": np.zeros((SIDE, SIDE), bool),
}


class LinearPainter(nn.Module):
    """Stands for a generator: each number of each layer paints a pattern of its own."""

    num_ws = LAYERS

    def __init__(self, patterns: torch.Tensor) -> None:
        super().__init__()
        self.patterns = nn.Parameter(patterns.double())  # [P, 3 * SIDE * SIDE]

    def synthesis(self, ws: torch.Tensor, noise_mode: str = "const") -> torch.Tensor:
        return (ws.flatten(1) @ self.patterns).view(-1, 3, SIDE, SIDE)


class LinearReader(nn.Module):
    """Photo -> weighted sum of its pixels."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights = weights.double()

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        return (photos.flatten(1) @ self.weights)[:, None]


def mask(*names: str) -> torch.Tensor:
    """Weight of each number of a photo: 1 inside the regions."""
    inside = torch.tensor(np.any([REGIONS[name] for name in names], axis=0))
    return inside.expand(3, SIDE, SIDE).reshape(-1).double()


@pytest.fixture(scope="module")
def world() -> tuple[AttributeModel, Latents, list[dict[str, object]]]:
    random = np.random.default_rng(2)
    values = random.standard_normal((COUNT, WIDTH))
    names = tuple(f"p{i}" for i in range(COUNT))
    latents = Latents(Path("latents.csv"), names, names, values, (WIDTH,), "f" * 64, "w", "exact")
    origin = LatentOrigin("w", (WIDTH,), "f" * 64, "exact")
    model = AttributeModel({"health": health_direction(random.standard_normal(WIDTH), values, origin)}, values, names)
    return model, latents, [{"patient_id": name} for name in names]


def held(world, painter: nn.Module, reader: nn.Module, **settings: object) -> AttributeModel:
    model, latents, samples = world
    return hold_regions(
        model,
        {"health": PhotoReader(reader, 0.7)},
        latents=latents,
        samples=samples,
        generator=painter,
        regions=REGIONS,
        **{"held": ("background",), "portraits": 5, "iterations": 200, "batch_size": 2, **settings},
    )


def random_world() -> tuple[LinearPainter, LinearReader]:
    random = torch.Generator().manual_seed(0)
    painter = LinearPainter(torch.randn(SIZE, 3 * SIDE * SIDE, generator=random))
    return painter, LinearReader(torch.randn(3 * SIDE * SIDE, generator=random))


def test_the_direction_is_the_closed_form_of_a_linear_generator(world) -> None:
    painter, reader = random_world()
    found = held(world, painter, reader, ridge=0.05).held["health"]
    patterns = painter.patterns.detach().numpy()
    kept = mask("background").numpy()
    gradient = patterns @ reader.weights.numpy()
    matrix = (patterns * kept) @ patterns.T / kept.sum()
    unit = gradient / np.linalg.norm(gradient)
    expected = np.linalg.solve(matrix + 0.05 * (unit @ matrix @ unit) * np.eye(SIZE), gradient)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(found.vector, expected, atol=1e-4)
    assert found.slope == pytest.approx(gradient @ expected, rel=1e-6)
    assert found.price == pytest.approx(1 / (unit @ expected), rel=1e-6)


def test_face_and_background_of_known_coordinates_are_told_apart(world) -> None:
    """Odd coordinates paint the face, even ones the background; the reading sees both."""
    painter, reader = random_world()
    with torch.no_grad():
        painter.patterns[0::2] *= mask("background")
        painter.patterns[1::2] *= mask("face")
    fitted = held(world, painter, reader, held=()).directions["health"]
    found = held(world, painter, reader, ridge=1e-6).held["health"]
    assert np.abs(found.vector[0::2]).max() < 1e-4
    images = painter.synthesis(torch.tensor(found.displacement).reshape(1, LAYERS, WIDTH)).detach().flatten()
    assert (images * mask("background")).abs().max() < 1e-3
    assert (images * mask("face")).abs().mean() > 0.01
    assert found.origin == fitted.origin._replace(space="w+", shape=(LAYERS, WIDTH))


def test_one_beta_raises_the_reading_by_one_standard_deviation_of_the_cohort(world) -> None:
    painter, reader = random_world()
    found = held(world, painter, reader).held["health"]
    moved = painter.synthesis(torch.tensor(found.displacement).reshape(1, LAYERS, WIDTH))
    assert reader(moved).item() == pytest.approx(0.7, rel=1e-6)
    assert found.change_per_beta == pytest.approx(0.7)


def test_a_larger_ridge_moves_less_and_lets_the_surroundings_change_more(world) -> None:
    painter, reader = random_world()
    small, large = (held(world, painter, reader, ridge=ridge).held["health"] for ridge in (1e-4, 10.0))
    assert large.price == pytest.approx(1.0, abs=0.02)
    assert small.price > large.price
    changes = [
        (painter.synthesis(torch.tensor(one.displacement).reshape(1, LAYERS, WIDTH)).detach().flatten() ** 2)
        @ mask("background")
        for one in (small, large)
    ]
    assert changes[0] < changes[1]


def test_without_regions_nothing_is_added(world) -> None:
    model = held(world, *random_world(), held=())
    assert model.held == {}
    assert list(model.all_directions()) == ["health"]


def test_the_directions_as_fitted_stay_as_they_are(world) -> None:
    model = held(world, *random_world())
    assert model.directions is world[0].directions
    assert world[0].held == {}
    assert list(model.all_directions()) == ["health", "health, surroundings held"]


def test_a_held_direction_does_not_pretend_to_predict_latents(world) -> None:
    with pytest.raises(ValueError, match="'health' holds background, so it edits but does not predict"):
        held(world, *random_world()).held["health"].read(np.zeros((1, SIZE)))


@pytest.mark.parametrize(
    ("regions", "message"),
    [(("hat",), "held_regions names hat; the regions are face, background"), (("nowhere",), "nowhere covers no pixel")],
)
def test_a_region_that_is_not_there_is_refused(world, regions: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        held(world, *random_world(), held=regions)


def test_a_reader_or_a_picture_that_does_not_answer_is_refused(world) -> None:
    painter, reader = random_world()
    with pytest.raises(ValueError, match="its reader is constant"):
        held(world, painter, LinearReader(torch.zeros(3 * SIDE * SIDE)))
    with torch.no_grad():
        painter.patterns *= mask("face")
    with pytest.raises(ValueError, match="the held pixels do not answer"):
        held(world, painter, reader)
    model, latents, samples = world
    with pytest.raises(ValueError, match="no reader for health"):
        hold_regions(model, {}, latents=latents, samples=samples, generator=painter, regions=REGIONS)
