"""Feed-forward readers of attributes, with an encoder that is exact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from prognos.data.latents import Latents
from prognos.estimators import CoxPH, fit_attributes, fit_photo_readers

WIDTH, SIDE, COUNT = 5, 4, 80


class LinearPainter(nn.Module):
    """Stands for a generator: each coordinate of w paints a pattern of its own."""

    num_ws = 1

    def __init__(self) -> None:
        super().__init__()
        self.patterns = nn.Parameter(torch.randn(WIDTH, 3 * SIDE * SIDE, generator=torch.Generator().manual_seed(0)))

    def synthesis(self, ws: torch.Tensor, noise_mode: str = "const") -> torch.Tensor:
        return (ws[:, 0] @ self.patterns).view(-1, 3, SIDE, SIDE)


class ExactEncoder(nn.Module):
    """Photo -> the very latent it was painted from."""

    def __init__(self, painter: LinearPainter) -> None:
        super().__init__()
        self.inverse = nn.Parameter(torch.linalg.pinv(painter.patterns.detach()))

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        return photos.flatten(1) @ self.inverse


@pytest.fixture(scope="module")
def cohort() -> tuple[Latents, list[dict[str, object]]]:
    random = np.random.default_rng(1)
    values = random.standard_normal((COUNT, WIDTH))
    death = random.exponential(np.exp(-values[:, 0])) * 1000 + 1
    names = tuple(f"p{i}" for i in range(COUNT))
    samples = [
        {"patient_id": names[i], "label": torch.tensor([death[i], 1.0]), "age": 50 + 9 * values[i, 1]}
        for i in range(COUNT)
    ]
    return Latents(Path("latents.csv"), names, names, values, (WIDTH,), "f" * 64, "w", "exact"), samples


def test_readers_of_an_exact_encoder_say_what_the_regressions_on_latents_say(cohort) -> None:
    latents, samples = cohort
    painter = LinearPainter()
    readers = fit_photo_readers(
        latents, samples, CoxPH(penalty=0.05), generator=painter, encoder=ExactEncoder(painter), columns=["age"]
    )
    fitted = fit_attributes(latents, samples, CoxPH(penalty=0.05), columns=["age"])
    assert list(readers) == ["health", "age"]
    photos = painter.synthesis(torch.tensor(latents.values, dtype=torch.float32)[:, None])
    for name, direction in fitted.directions.items():
        read = readers[name].network(photos)
        assert read.shape == (COUNT, 1)
        np.testing.assert_allclose(read.detach()[:, 0], direction.read(latents.values), atol=1e-3)
        assert readers[name].spread == pytest.approx(direction.change_per_beta, rel=1e-4)


def test_latents_of_the_encoder_are_read_as_they_are(cohort) -> None:
    """So the reader is what reads the edited portraits again."""
    latents, samples = cohort
    latents = replace(latents, method="encoder", values=latents.values * 3.0 + 1.0)
    painter = LinearPainter()
    readers = fit_photo_readers(
        latents, samples, CoxPH(penalty=0.05), generator=painter, encoder=ExactEncoder(painter), columns=[]
    )
    fitted = fit_attributes(latents, samples, CoxPH(penalty=0.05), columns=[]).directions["health"]
    photos = painter.synthesis(torch.tensor(latents.values, dtype=torch.float32)[:, None])
    np.testing.assert_allclose(readers["health"].network(photos).detach()[:, 0], fitted.read(latents.values), atol=1e-3)


def test_a_reader_has_a_gradient(cohort) -> None:
    painter = LinearPainter()
    readers = fit_photo_readers(
        *cohort, CoxPH(penalty=0.05), generator=painter, encoder=ExactEncoder(painter), columns=[]
    )
    photo = torch.zeros(1, 3, SIDE, SIDE, requires_grad=True)
    (gradient,) = torch.autograd.grad(readers["health"].network(photo).sum(), photo)
    assert gradient.abs().sum() > 0
