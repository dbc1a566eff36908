"""Perceptual distance: a distance, and one a photo where it is asked."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prognos.losses import PerceptualLoss


def test_it_is_the_squared_distance_of_unit_features() -> None:
    loss = PerceptualLoss(lambda image: [image, 10.0 * image], reduction="none")
    one, other = torch.zeros(2, 2, 1, 1), torch.zeros(2, 2, 1, 1)
    one[:, 0], other[0, 1], other[1, 0] = 3.0, 5.0, 0.1  # at a right angle, and along
    torch.testing.assert_close(loss(one, other), torch.tensor([4.0, 0.0]), atol=1e-5, rtol=0)


def test_equal_photos_are_at_no_distance_and_others_are() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    loss = PerceptualLoss(lambda image: [network(image)])
    photos = torch.rand(3, 3, 8, 8)
    assert float(loss(photos, photos)) == 0.0
    assert float(loss(photos, 1 - photos)) > 0.0
    assert loss(photos, 1 - photos).ndim == 0


def test_a_described_photo_gives_the_same_distance() -> None:
    loss = PerceptualLoss(lambda image: [image], reduction="none")
    photos, others = torch.rand(3, 3, 8, 8), torch.rand(3, 3, 8, 8)
    torch.testing.assert_close(loss(photos, loss.describe(others)), loss(photos, others))


def test_an_unknown_reduction_is_refused() -> None:
    with pytest.raises(ValueError, match="'sum'"):
        PerceptualLoss(lambda image: [image], reduction="sum")
