"""Fréchet distance between two clouds of features: how far generated images are from photos, in mean and in spread.

N is the number of images, F of their features.
"""

from __future__ import annotations

import torch

__all__ = ["FrechetDistanceMetric", "frechet_distance"]


def frechet_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Squared Fréchet distance of the normal distributions fitted to two sets of features; 0 = same, higher is worse.

    Args:
        first: features of one set. Shape [N, F].
        second: of the other; N may differ. Shape [N, F].

    Returns:
        |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^(1/2)), in squared units of the features, computed in float64.

    Raises:
        ValueError: when a set has fewer than two rows, or they have different numbers of features.

    Note:
        The covariances of few images are too wide: the distance is biased upwards by an amount that falls with N, so
        only distances from equal numbers of images can be compared.

    Source:
        Dowson and Landau 1982, J. Multivariate Anal. 12:450-455; for images Heusel et al. 2017, arXiv:1706.08500. The
        trace of the root is the sum of the roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric, so
        no complex root can appear.
    """
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:] or first.ndim != 2:
        raise ValueError(
            f"features have shapes {list(first.shape)} and {list(second.shape)}, expected [N, F] with the same F and "
            f"at least two rows each."
        )
    first, second = first.double(), second.double()
    mean1, mean2 = first.mean(dim=0), second.mean(dim=0)
    spread1, spread2 = _covariance(first), _covariance(second)
    values, vectors = torch.linalg.eigh(spread1)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ spread2 @ root).clamp_min(0).sqrt().sum()
    distance = (mean1 - mean2).square().sum() + spread1.trace() + spread2.trace() - 2 * shared
    return float(distance.clamp_min(0))


class FrechetDistanceMetric:
    """Collects features of generated images, batch by batch, and compares them with those of the photos.

    Args:
        photos: features of the photos. Shape [N, F].
    """

    def __init__(self, photos: torch.Tensor) -> None:
        self.photos = photos.detach().cpu().double()
        self.generated: list[torch.Tensor] = []

    def __call__(self, features: torch.Tensor) -> None:
        """Keep the features of one batch of generated images. Shape [B, F]."""
        self.generated.append(features.detach().cpu().double())

    def reset(self) -> None:
        """Forget the generated images."""
        self.generated = []

    def aggregate(self) -> float:
        """Return the distance; see :func:`frechet_distance`."""
        return frechet_distance(torch.cat(self.generated), self.photos)


def _covariance(features: torch.Tensor) -> torch.Tensor:
    """Unbiased covariance of features [N, F]. Shape [F, F]."""
    centred = features - features.mean(dim=0)
    return centred.T @ centred / (len(features) - 1)
