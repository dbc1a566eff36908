"""Surface to paint on: soft shapes over a batch of grids.

N photos of H x W pixels share a frame that is aligned with the face: x grows to the viewer's right, y downwards, and
the aligned square reaches from -1 to 1. A parameter of a shape is a number, or an array [N, 1, 1].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PORTRAIT_REGIONS", "Array", "Canvas", "rgb_of"]

Array = NDArray[np.floating[Any]]
"""float32 everywhere; wider only for the type checker, which takes the product with a Python number for float64."""

PORTRAIT_REGIONS = (
    *("background", "clothes", "neck", "ears", "skin", "eyes"),
    *("brows", "nose", "mouth", "hair", "glasses"),
)
"""Parts of a picture, in the order of their numbers in a map of regions; ``skin`` is that of face and scalp."""


class Canvas:
    """Colours before the light falls on them, the light, and the part that each pixel belongs to.

    Args:
        x: of each pixel, [N, H, W].
        y: of each pixel, [N, H, W].
        pixel: side of a pixel in units of the frame, [N, 1, 1].

    Attributes:
        colour: red, green, blue, about [0, 1], [N, 3, H, W].
        shade: factor by which the light multiplies the colour, [N, H, W].
        region: number in :data:`PORTRAIT_REGIONS`, [N, H, W].
    """

    def __init__(self, x: Array, y: Array, pixel: Array) -> None:
        self.x, self.y, self.pixel = x, y, pixel
        self.colour = np.zeros((len(x), 3, *x.shape[1:]), np.float32)
        self.shade = np.ones_like(x)
        self.region = np.zeros(x.shape, np.uint8)

    def soft(self, distance: Array) -> Array:
        """Share of each pixel that lies inside, given how far inside its centre lies, [N, H, W]."""
        inside: Array = np.clip(np.float32(0.5) + distance / (np.float32(1.2) * self.pixel), 0.0, 1.0)
        return inside

    def blob(self, centre_x: Array | float, centre_y: Array | float, wide: Array | float, high: Array | float) -> Array:
        """Bell that is 1 in its centre, [N, H, W]."""
        bell: Array = np.exp(-np.square((self.x - centre_x) / wide) - np.square((self.y - centre_y) / high))
        return bell

    def ellipse(
        self, centre_x: Array | float, centre_y: Array | float, wide: Array | float, high: Array | float
    ) -> Array:
        """How far inside an ellipse each pixel lies, near its edge in units of the frame, [N, H, W]."""
        radius = np.sqrt(np.square((self.x - centre_x) / wide) + np.square((self.y - centre_y) / high))
        inside: Array = (np.float32(1.0) - radius) * np.minimum(wide, high)
        return inside

    def paint(self, cover: Array, colour: Array, region: str | None = None) -> None:
        """Lay a colour [N, 3], [N, 3, 1, 1] or [N, 3, H, W] over the picture where ``cover`` [N, H, W] is above 0."""
        if colour.ndim == 2:
            colour = colour[:, :, None, None]
        self.colour += cover[:, None] * (colour - self.colour)
        if region is not None:
            self.region[cover > 0.5] = PORTRAIT_REGIONS.index(region)

    def darken(self, cover: Array, colour: tuple[float, float, float]) -> None:
        """Multiply the picture by a colour where ``cover`` [N, H, W] is 1, by less where it is less."""
        for channel, value in enumerate(colour):
            self.colour[:, channel] *= np.float32(1.0) - np.float32(1.0 - value) * cover


def rgb_of(hue: NDArray[np.float64], saturation: NDArray[np.float64], lightness: NDArray[np.float64]) -> Array:
    """Red, green and blue, [N, 3], of hue (a turn is 1), saturation and the largest channel, each [N]."""
    offset = np.array([5.0, 3.0, 1.0])
    k = np.mod(offset + 6.0 * hue[:, None], 6.0)
    dip = np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
    mixed: Array = (lightness[:, None] * (1.0 - saturation[:, None] * dip)).astype(np.float32)
    return mixed
