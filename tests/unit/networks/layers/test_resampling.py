"""Resampling beside filters written out along one axis."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from prognos.networks.layers import blur, downsample, upsample
from prognos.networks.layers.resampling import blurred_kernel


def test_upsampling_mixes_the_two_nearest_pixels_three_to_one() -> None:
    row = torch.tensor([1.0, 2.0, 4.0, 8.0], dtype=torch.float64)
    x = (row[:, None] * row).reshape(1, 1, 4, 4)
    wanted = torch.tensor([0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 7.0, 6.0], dtype=torch.float64)
    torch.testing.assert_close(upsample(x)[0, 0], wanted[:, None] * wanted)


def test_downsampling_weighs_one_three_three_one() -> None:
    row = torch.tensor([1.0, 2.0, 4.0, 8.0], dtype=torch.float64)
    x = (row[:, None] * row).reshape(1, 1, 4, 4)
    wanted = torch.tensor([(3 * 1 + 3 * 2 + 4) / 8, (2 + 3 * 4 + 3 * 8) / 8], dtype=torch.float64)
    torch.testing.assert_close(downsample(x)[0, 0], wanted[:, None] * wanted)


def test_blurring_keeps_a_flat_image_inside_its_border() -> None:
    flat = torch.ones(2, 3, 9, 9)
    torch.testing.assert_close(blur(flat, padding=0), torch.ones(2, 3, 6, 6))


def test_the_operations_can_be_differentiated_twice() -> None:
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    for operation in (upsample, downsample, lambda value: blur(value, padding=1, gain=4.0)):
        assert torch.autograd.gradgradcheck(operation, (x,))


@pytest.mark.parametrize("size", [1, 3])
def test_a_folded_kernel_does_what_filter_and_kernel_do(size: int) -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    weight = torch.randn(4, 3, size, size, dtype=torch.float64)
    margin = size // 2 + 1
    separate = F.conv2d(blur(x, padding=margin), weight, stride=2)
    folded = F.conv2d(x, blurred_kernel(weight), stride=2, padding=margin)
    torch.testing.assert_close(folded, separate, rtol=0, atol=1e-12)
    if size == 1:
        torch.testing.assert_close(folded, F.conv2d(downsample(x), weight), rtol=0, atol=1e-12)
