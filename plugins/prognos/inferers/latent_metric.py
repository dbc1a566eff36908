"""How far a step in the coordinates of a latent moves the picture, in the mean over the faces that a generator draws.

One direction may move the picture hundreds of times as far as another. Where all steps matter about alike, a search
needs some thirty evaluations. B is a number of photos, K the number of blocks of a latent (1, or the layers of
w+), W the size of a block, n = K W.
"""

from __future__ import annotations

import torch

__all__ = ["LatentMetric"]

SMALLEST_VALUE = 1e-7
"""Directions that move the picture less than this share of the strongest one are taken to move it so much."""


class LatentMetric:
    """A quadratic form in the coordinates u of :class:`prognos.inferers.latent_coordinates.LatentCoordinates`.

    Args:
        matrix: symmetric, positive semidefinite, one block for each layer of w+ or the only one, [K, W, W].

    Attributes:
        values: eigenvalues, [K, W].
        axes: eigenvectors, in columns, [K, W, W].
    """

    def __init__(self, matrix: torch.Tensor) -> None:
        values, axes = torch.linalg.eigh(matrix.double())
        smallest = (SMALLEST_VALUE * values.max()).clamp_min(1e-12)
        self.values = values.clamp_min(smallest).to(matrix.dtype)
        self.axes = axes.to(matrix.dtype)

    def to_step(self, scaled: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
        """Steps in u whose quadratic form, with the floor on its diagonal, is half the squared length of ``scaled``.

        Args:
            scaled: [B, n].
            floor: added to the eigenvalues for each photo, [B].

        Returns:
            [B, n].
        """
        blocks = scaled.reshape(len(scaled), *self.values.shape)  # [B, K, W]
        blocks = blocks * torch.rsqrt(2.0 * (self.values + floor[:, None, None]))
        return torch.einsum("kij,bkj->bki", self.axes, blocks).flatten(1)
