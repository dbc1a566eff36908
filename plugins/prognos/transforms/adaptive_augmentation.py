"""Augmentation for training a generator on few images: differentiable, whole batch at once, never learned as content.

B is the number of images, C of their channels, R their side in pixels.

Each operation happens with one probability p, below 1, so the unaugmented images remain the most likely ones and the
generator learns them rather than the augmentation. Geometry is applied as one affine map: the image is upsampled by two
with a wavelet filter, sampled bilinearly, and filtered down again, so that turned images do not grow softer, which a
discriminator would notice. An image of which no operation was drawn comes back unchanged.

Source:
    Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", arXiv:2006.06676, section 2.2 and
    appendix B: pixel blitting, geometric and colour transformations with their ranges. Written from the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from monai.transforms import Transform
from torch.nn import functional as F

__all__ = ["AugmentPortraits"]

SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
"""Low-pass filter of the symlet with six vanishing moments; orthonormal to its own even shifts (Daubechies 1992)."""

DELAY = sum(place * weight for place, weight in enumerate(SYM6)) / sum(SYM6)
"""Centre of mass of the filter, in samples of the upsampled grid."""

BORDER = 5
"""Pixels of reflected border that the filter reaches from the first and the last pixel."""


class Ranges(NamedTuple):
    """Strengths of the operations, those of the paper."""

    blit_shift: float = 0.125
    """Largest shift by whole pixels, part of R."""
    scale: float = 0.2
    """Standard deviation of the binary logarithm of a scale."""
    shift: float = 0.125
    """Standard deviation of a shift, part of R."""
    brightness: float = 0.2
    """Standard deviation of what is added to all channels."""
    contrast: float = 0.5
    """Standard deviation of the binary logarithm of the factor of all channels."""
    saturation: float = 1.0
    """Standard deviation of the binary logarithm of the factor of all colours' distance from grey."""


class AugmentPortraits(Transform):
    """Flip, turn, shift, scale and recolour a batch at random, each operation with one probability.

    Args:
        ranges: strengths of the operations.

    Note:
        Draws come from torch's global generator on the CPU, so a seed gives the same images on every device; as many
        numbers are drawn whatever the probability. Differentiable once with respect to the images.
    """

    def __init__(self, ranges: Ranges | None = None) -> None:
        self.ranges = Ranges() if ranges is None else ranges

    def __call__(self, image: torch.Tensor, probability: float) -> torch.Tensor:
        """Augment a batch.

        Args:
            image: in [-1, 1], 1 or 3 channels. Shape [B, C, R, R].
            probability: p of each operation, in [0, 1].

        Returns:
            float32, not clipped. Shape [B, C, R, R]. The very image when p is 0.

        Raises:
            ValueError: when the probability is not in [0, 1], or the image not square with 1 or 3 channels.
        """
        if not 0 <= probability <= 1:
            raise ValueError(f"the augmentation probability is {probability}, expected a number in [0, 1].")
        if image.ndim != 4 or image.shape[1] not in (1, 3) or image.shape[2] != image.shape[3]:
            raise ValueError(f"images have shape {list(image.shape)}, expected [B, 1 or 3, R, R].")
        if probability == 0:
            return image
        place = draw_geometry(len(image), image.shape[-1], probability, self.ranges)
        colour = draw_colour(len(image), probability, self.ranges)
        # Only what was drawn is computed: a low probability costs little.
        image = _where_changed(image.float(), place, move_pixels)
        return _where_changed(image, colour, recolour)


def draw_geometry(count: int, size: int, probability: float, ranges: Ranges) -> torch.Tensor:
    """Random maps from a pixel of the result to the pixel of the image that it shows.

    Args:
        count: B.
        size: R.
        probability: p of each operation.
        ranges: strengths.

    Returns:
        Homogeneous, in pixels from the middle of the image, x right and y down, float64. Shape [B, 3, 3].
    """
    uniform, normal = torch.rand(count, 6, dtype=torch.float64), torch.randn(count, 4, dtype=torch.float64)
    happens = torch.rand(count, 6, dtype=torch.float64) < probability
    # Turning happens before or after stretching, so that each of the two has to be rarer.
    turns = torch.rand(count, 2, dtype=torch.float64) < 1 - math.sqrt(1 - probability)

    def drawn(value: torch.Tensor, switch: torch.Tensor, neutral: float = 0.0) -> torch.Tensor:
        return torch.where(switch, value, neutral)

    blit = torch.round((2 * uniform[:, 2:4] - 1) * ranges.blit_shift * size)
    even = torch.exp2(normal[:, 0] * ranges.scale)
    stretch = torch.exp2(normal[:, 1] * ranges.scale)
    even, stretch = drawn(even, happens[:, 3], 1.0), drawn(stretch, happens[:, 4], 1.0)
    angles = (2 * uniform[:, 4:6] - 1) * math.pi
    one = torch.ones_like(even)
    forward = [
        _scaling(drawn(torch.where(uniform[:, 0] < 0.5, -1.0, 1.0).double(), happens[:, 0], 1.0), one),
        _turning(drawn(torch.floor(uniform[:, 1] * 4) * (math.pi / 2), happens[:, 1])),
        _shifting(drawn(blit, happens[:, 2:3])),
        _scaling(even, even),
        _turning(drawn(angles[:, 0], turns[:, 0])),
        _scaling(stretch, 1 / stretch),
        _turning(drawn(angles[:, 1], turns[:, 1])),
        _shifting(drawn(normal[:, 2:4] * ranges.shift * size, happens[:, 5:6])),
    ]
    place = torch.eye(3, dtype=torch.float64).expand(count, 3, 3)
    for step in forward:
        place = step @ place
    inverse: torch.Tensor = torch.linalg.inv(place)
    return inverse


def draw_colour(count: int, probability: float, ranges: Ranges) -> torch.Tensor:
    """Random affine maps of red, green and blue.

    Args:
        count: B.
        probability: p of each operation.
        ranges: strengths.

    Returns:
        Homogeneous, float64. Shape [B, 4, 4].
    """
    uniform, normal = torch.rand(count, 2, dtype=torch.float64), torch.randn(count, 3, dtype=torch.float64)
    happens = torch.rand(count, 5, dtype=torch.float64) < probability
    grey = torch.full((3, 3), 1 / 3, dtype=torch.float64)  # projects onto the axis of greys
    colourful = torch.eye(3, dtype=torch.float64) - grey
    root = 1 / math.sqrt(3)
    across = root * torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], dtype=torch.float64)

    contrast = torch.where(happens[:, 1], torch.exp2(normal[:, 1] * ranges.contrast), 1.0)
    flip = torch.where(happens[:, 2] & (uniform[:, 0] < 0.5), -1.0, 1.0).double()
    hue = torch.where(happens[:, 3], (2 * uniform[:, 1] - 1) * math.pi, 0.0)
    saturation = torch.where(happens[:, 4], torch.exp2(normal[:, 2] * ranges.saturation), 1.0)
    brightness = torch.where(happens[:, 0], normal[:, 0] * ranges.brightness, 0.0)

    # All maps keep the axis of greys, so their product is a factor along it and a scaled rotation around it.
    along, around = (contrast * flip)[:, None, None], (contrast * saturation)[:, None, None]
    turned = torch.cos(hue)[:, None, None] * colourful + torch.sin(hue)[:, None, None] * across
    colour = torch.eye(4, dtype=torch.float64).repeat(count, 1, 1)
    colour[:, :3, :3] = along * grey + around * turned
    colour[:, :3, 3] = (brightness * contrast * flip)[:, None]
    return colour


def move_pixels(image: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Sample images under affine maps, without aliasing; beyond its edges an image is continued by its reflection.

    Args:
        image: float32. Shape [B, C, R, R].
        place: as :func:`draw_geometry` returns. Shape [B, 3, 3].

    Returns:
        float32. Shape [B, C, R, R].
    """
    size = image.shape[-1]
    fine = 2 * size + 2 * BORDER  # samples on each axis of the upsampled grid
    offset = DELAY + size - 1  # of its first sample from the middle, in half pixels
    # From fine samples as grid_sample counts them (-1 to 1) to half pixels from the middle, and back.
    there = torch.tensor([[fine / 2, 0, (fine - 1) / 2 - offset]] * 2 + [[0, 0, 1]], dtype=torch.float64)
    there[1, :2] = there[1, :2].flip(0)
    half = place.clone()
    half[:, :2, 2] *= 2
    theta = (torch.linalg.inv(there) @ half @ there)[:, :2].to(image.device, torch.float32)
    grid = F.affine_grid(theta, [len(image), 1, fine, fine], align_corners=False)
    sampled = F.grid_sample(_upsampled(image), grid, padding_mode="reflection", align_corners=False)
    return _downsampled(sampled)


def recolour(image: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
    """Apply affine maps of red, green and blue; a grey image is treated as three equal channels and averaged after.

    Args:
        image: float32. Shape [B, C, R, R].
        colour: as :func:`draw_colour` returns. Shape [B, 4, 4].

    Returns:
        float32. Shape [B, C, R, R].
    """
    colour = colour.to(image.device, torch.float32)
    if image.shape[1] == 1:
        factor, shift = colour[:, :3, :3].sum(dim=(1, 2)) / 3, colour[:, :3, 3].mean(dim=1)
        return image * factor[:, None, None, None] + shift[:, None, None, None]
    flat = torch.baddbmm(colour[:, :3, 3:], colour[:, :3, :3], image.flatten(2))
    return flat.view_as(image)


def _where_changed(
    image: torch.Tensor, maps: torch.Tensor, apply: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Apply homogeneous maps to those images of a batch whose map is not the identity."""
    changed = (maps != torch.eye(maps.shape[-1], dtype=maps.dtype)).flatten(1).any(dim=1)
    if not changed.any():
        return image
    rows = torch.nonzero(changed).squeeze(1)
    there = rows.to(image.device)
    return image.index_copy(0, there, apply(image[there], maps[rows]))


def _scaling(horizontal: torch.Tensor, vertical: torch.Tensor) -> torch.Tensor:
    """Scalings about the middle. Shape [B, 3, 3]."""
    return torch.diag_embed(torch.stack([horizontal, vertical, torch.ones_like(vertical)], dim=1))


def _turning(angle: torch.Tensor) -> torch.Tensor:
    """Rotations about the middle by angles in radians. Shape [B, 3, 3]."""
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(angle), 1, 1)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine
    matrix[:, 1, 0], matrix[:, 1, 1] = sine, cosine
    return matrix


def _shifting(pixels: torch.Tensor) -> torch.Tensor:
    """Shifts by pixels [B, 2] to the right and down. Shape [B, 3, 3]."""
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(pixels), 1, 1)
    matrix[:, :2, 2] = pixels
    return matrix


def _filter(image: torch.Tensor) -> torch.Tensor:
    """The filter on the device of an image. Shape [12]."""
    return torch.tensor(SYM6, dtype=torch.float64).to(image.device, image.dtype)


def _upsampled(image: torch.Tensor) -> torch.Tensor:
    """Twice as many samples on each axis, border included. Shape [B, C, 2 R + 10, 2 R + 10]."""
    taps = _filter(image)
    flat = F.pad(image, [BORDER] * 4, mode="reflect").flatten(0, 1)[:, None]  # [B * C, 1, R + 10, R + 10]
    wide = F.conv_transpose2d(flat, taps.view(1, 1, 1, -1), stride=(1, 2), padding=(0, 2 * BORDER))
    tall = F.conv_transpose2d(wide, taps.view(1, 1, -1, 1), stride=(2, 1), padding=(2 * BORDER, 0))
    return tall.view(*image.shape[:2], *tall.shape[2:])


def _downsampled(image: torch.Tensor) -> torch.Tensor:
    """The inverse of :func:`_upsampled`. Shape [B, C, R, R]."""
    taps = _filter(image)
    flat = image.flatten(0, 1)[:, None]
    low = F.conv2d(F.conv2d(flat, taps.view(1, 1, -1, 1), stride=(2, 1)), taps.view(1, 1, 1, -1), stride=(1, 2))
    return low.view(*image.shape[:2], *low.shape[2:])
