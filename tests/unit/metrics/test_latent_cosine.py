"""Cosine of predicted and true latents around the mean latent."""

from __future__ import annotations

import torch

from prognos.metrics import LatentCosineMetric


def test_exact_opposite_and_unrelated_latents_average_to_zero() -> None:
    centre = torch.tensor([5.0, 5.0])
    metric = LatentCosineMetric(centre)
    metric(centre + torch.tensor([[1.0, 0.0], [0.0, -2.0]]), centre + torch.tensor([[3.0, 0.0], [0.0, 1.0]]))
    metric(centre + torch.tensor([[0.0, 1.0]]), centre + torch.tensor([[1.0, 0.0]]))
    assert abs(metric.aggregate()) < 1e-6


def test_the_layers_of_w_plus_are_averaged() -> None:
    metric = LatentCosineMetric()
    metric(torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]))
    assert abs(metric.aggregate() - 0.5) < 1e-6
