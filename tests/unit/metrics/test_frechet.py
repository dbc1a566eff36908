"""The Fréchet distance: closed forms, and MONAI's as a second witness."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from prognos.metrics import FrechetDistanceMetric, frechet_distance


def cloud(count: int, spread: list[float], shift: float = 0.0) -> torch.Tensor:
    """Features whose sample mean and covariance are exact: diag(spread²) around ``shift``."""
    noise = torch.randn(count, len(spread), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    noise = noise - noise.mean(dim=0)
    covariance = noise.T @ noise / (count - 1)
    white = noise @ torch.linalg.inv(torch.linalg.cholesky(covariance)).T
    return white * torch.tensor(spread, dtype=torch.float64) + shift


def test_of_the_same_features_is_nought() -> None:
    assert frechet_distance(cloud(50, [1.0, 2.0]), cloud(50, [1.0, 2.0])) == pytest.approx(0.0, abs=1e-9)


def test_adds_the_squared_shift_and_the_squared_differences_of_the_spreads() -> None:
    found = frechet_distance(cloud(50, [1.0, 2.0, 3.0], shift=2.0), cloud(80, [2.0, 2.0, 1.0]))
    assert found == pytest.approx(3 * 4.0 + 1.0 + 4.0, rel=1e-9)


def test_equals_the_textbook_formula_for_oblique_clouds() -> None:
    generator = np.random.default_rng(1)
    first, second = (generator.normal(size=(60, 5)) @ generator.normal(size=(5, 5)) for _ in range(2))
    spreads = [np.cov(part, rowvar=False) for part in (first, second)]
    root = scipy.linalg.sqrtm(spreads[0] @ spreads[1]).real
    expected = np.square(first.mean(0) - second.mean(0)).sum() + np.trace(spreads[0] + spreads[1] - 2 * root)
    found = frechet_distance(torch.from_numpy(first), torch.from_numpy(second))
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_fewer_images_than_features_are_no_obstacle() -> None:
    features = torch.randn(10, 40, generator=torch.Generator().manual_seed(2))
    assert np.isfinite(frechet_distance(features, features + 1.0))


def test_the_metric_gathers_batches_and_forgets_them() -> None:
    photos, generated = cloud(50, [1.0, 2.0]), cloud(40, [2.0, 1.0])
    metric = FrechetDistanceMetric(photos)
    for _ in range(2):
        metric.reset()
        for batch in generated.split(7):
            metric(batch)
    assert metric.aggregate() == pytest.approx(frechet_distance(generated, photos))


def test_clouds_of_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[5, 2\] and \[5, 3\]"):
        frechet_distance(torch.zeros(5, 2), torch.zeros(5, 3))
