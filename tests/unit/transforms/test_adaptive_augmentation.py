"""The augmentation: exact where it must be, differentiable, and as strong as its probability says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from prognos.transforms import AugmentPortraits
from prognos.transforms.adaptive_augmentation import (
    DELAY,
    SYM6,
    Ranges,
    draw_colour,
    draw_geometry,
    move_pixels,
    recolour,
)


def smooth(count: int = 2, channels: int = 3, size: int = 32) -> torch.Tensor:
    """Images without detail finer than a few pixels, different along x and y."""
    place = torch.linspace(-1, 1, size)
    waves = [torch.sin(3 * place)[None, :] * torch.cos(2 * place + k)[:, None] for k in range(count * channels)]
    return torch.stack(waves).view(count, channels, size, size)


def turning(degrees: float, count: int = 2) -> torch.Tensor:
    angle = math.radians(degrees)
    rows = [[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]]
    return torch.tensor([rows] * count, dtype=torch.float64)


def test_the_filter_is_orthonormal_to_its_even_shifts_and_blind_to_fine_ripples() -> None:
    taps = np.array(SYM6)
    products = [float(taps[: len(taps) - shift] @ taps[shift:]) for shift in range(0, 12, 2)]
    np.testing.assert_allclose(products, [1, 0, 0, 0, 0, 0], atol=1e-11)
    ripple = taps * (-1.0) ** np.arange(12)
    moments = [float(ripple @ (np.arange(12) - DELAY) ** order) for order in range(6)]
    np.testing.assert_allclose(moments, 0, atol=1e-6)


def test_probability_nought_gives_the_very_image() -> None:
    image = smooth()
    assert AugmentPortraits()(image, 0.0) is image


def test_an_image_that_is_not_moved_comes_back_with_its_finest_detail() -> None:
    noise = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(move_pixels(noise, turning(0)), noise, rtol=0, atol=1e-4)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    image = smooth()
    inner = (slice(None), slice(None), slice(4, -4), slice(4, -4))
    turned = move_pixels(image, turning(90))
    torch.testing.assert_close(turned[inner], torch.rot90(image, 1, (2, 3))[inner], rtol=0, atol=5e-3)


def test_a_shift_shows_the_pixel_beside() -> None:
    place = turning(0)
    place[:, 0, 2], place[:, 1, 2] = 3, -2  # the result shows what lies 3 to the right and 2 above
    image = smooth()
    expected = torch.roll(image, (2, -3), (2, 3))
    torch.testing.assert_close(
        move_pixels(image, place)[:, :, 6:-6, 6:-6], expected[:, :, 6:-6, 6:-6], rtol=0, atol=1e-3
    )


def test_beyond_the_edge_the_image_is_mirrored_not_black() -> None:
    place = turning(0)
    place[:, 0, 2] = 20
    assert float(move_pixels(torch.ones(2, 3, 32, 32), place).min()) > 0.99


def test_colour_maps_leave_grey_grey_and_turn_hues_without_touching_brightness() -> None:
    torch.manual_seed(0)
    colour = draw_colour(64, 1.0, Ranges(brightness=0.0, contrast=0.0))
    grey = torch.full((64, 3, 1, 1), 0.4)
    found = recolour(grey, colour)
    torch.testing.assert_close(found.abs(), grey, rtol=0, atol=1e-6)  # a luma flip changes the sign alone
    red = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(64, -1, -1, -1)
    torch.testing.assert_close(recolour(red, colour).mean(dim=1).abs(), red.mean(dim=1), rtol=0, atol=1e-6)


def test_saturation_and_contrast_scale_distances_as_drawn() -> None:
    torch.manual_seed(1)
    colour = draw_colour(2000, 1.0, Ranges(brightness=0.0, contrast=0.0, saturation=1.0))
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(2000, -1, -1, -1)
    found = recolour(red, colour)
    spread = (found - found.mean(dim=1, keepdim=True)).flatten(1).norm(dim=1) / math.sqrt(2 / 3)
    assert float(torch.log2(spread).mean()) == pytest.approx(0.0, abs=0.08)
    assert float(torch.log2(spread).std()) == pytest.approx(1.0, abs=0.06)


def test_as_many_images_are_touched_as_the_probability_says() -> None:
    torch.manual_seed(2)
    probability, count = 0.1, 4000
    identity = torch.eye(3, dtype=torch.float64)
    moved = (draw_geometry(count, 64, probability, Ranges()) - identity).abs().amax(dim=(1, 2)) > 1e-9
    # A drawn flip is none half of the time, a drawn quarter turn a quarter of it; the shift is rarely 0 both ways.
    untouched = (1 - probability / 2) * (1 - 0.75 * probability) * (1 - probability) ** 5
    assert float(moved.double().mean()) == pytest.approx(1 - untouched, abs=0.025)


def test_gradients_reach_the_image_and_are_right() -> None:
    augment = AugmentPortraits()
    image = smooth(size=16).requires_grad_()
    weight = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(3))

    def scored(pixels: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(4)
        return (augment(pixels, 0.9) * weight).sum()

    (gradient,) = torch.autograd.grad(scored(image), image)
    step = torch.randn(image.shape, generator=torch.Generator().manual_seed(5))
    # The augmentation is affine in the pixels, so a finite step is exact up to float32.
    change = scored(image.detach() + step) - scored(image.detach())
    torch.testing.assert_close((gradient * step).sum(), change, rtol=1e-3, atol=1e-3)


def test_grey_images_and_seeds() -> None:
    augment, image = AugmentPortraits(), smooth(channels=1)
    torch.manual_seed(6)
    first = augment(image, 0.8)
    torch.manual_seed(6)
    torch.testing.assert_close(augment(image, 0.8), first, rtol=0, atol=0)
    assert first.shape == image.shape
    assert not torch.equal(augment(image, 0.8), first)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"probability is 1\.5"):
        AugmentPortraits()(smooth(), 1.5)
    with pytest.raises(ValueError, match=r"\[2, 2, 32, 32\]"):
        AugmentPortraits()(smooth(channels=2), 0.5)
