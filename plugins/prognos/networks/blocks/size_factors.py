"""Size factors that stand for the size scaler in the ablations: linear in volume, none at all, a share of the largest.

B annotations, L lesions (padding included); volumes are in mm3, 0 for padding, and factors have no unit. Each of them
takes the place of :class:`prognos.networks.blocks.SizeScaler` in a :class:`prognos.networks.nets.LesionRanker`.
"""

from __future__ import annotations

import torch
from torch import nn

from prognos.networks.blocks.size_scaler import REFERENCE_MM3

__all__ = ["ConstantSizeFactor", "LargestLesionsShare", "LinearSizeFactor"]


class LinearSizeFactor(nn.Module):
    """Multiply the volume by one learned positive constant.

    The constant starts at 1 / 3 mL, so that a lesion of 3 mL weighs 1, as in :class:`SizeScaler`. Its logarithm is
    learned: a negative constant would leave the sign of a lesion's risk undefined.

    Source:
        Yang, Jemaa, Bengtsson and El Ghaoui, "Metastatic lung cancer prognosis via deep image-based lesion
        prioritization", section 5.2, "no FC network": "multiplication by a learned constant". Positivity and start are
        ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reference_mm3 = REFERENCE_MM3  # TorchScript reads attributes, not constants of the module
        self.log_constant = nn.Parameter(torch.zeros(()))

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        """Map volumes [B, L], mm3, to factors [B, L], 0 for padding."""
        return torch.exp(self.log_constant) * volume / self.reference_mm3


class ConstantSizeFactor(nn.Module):
    """Weigh every lesion by 1, whatever its size: the log hazard is the plain sum of the lesion risks.

    Source:
        Yang et al., section 5.2, "no size scaler".
    """

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        """Map volumes [B, L], mm3, to ones [B, L]."""
        return torch.ones_like(volume)


class LargestLesionsShare(nn.Module):
    """Weigh the largest lesions of an annotation by their share of the size of them all; the shares add up to 1.

    With a linear head the shares turn the sum over lesions into a prediction from the size-weighted mean embedding:
    ``head(sum_i w_i e_i) = sum_i w_i head(e_i)``. So a risk of each lesion remains, and what it adds.

    Args:
        count: how many lesions share; of equal ones the first. The others weigh 0.
        exponent: the size is ``volume ** exponent``. 1/3 is proportional to the diameter of a ball of that volume, 1
            to the volume.

    Raises:
        ValueError: when ``count`` is not positive or ``exponent`` is negative.

    Source:
        Yang et al., section 5.3: "a size-weighted average embedding of the 5 largest lesions, similarly to" Lu,
        Dercle, Zhao and Schwartz 2021, Nature Communications 12:6654, whom section 2 says to weigh by diameter. That a
        diameter is taken from the volume is ours.
    """

    def __init__(self, count: int = 5, exponent: float = 1 / 3) -> None:
        super().__init__()
        if count < 1 or exponent < 0:
            raise ValueError(f"got {count=} and {exponent=}, expected a count >= 1 and an exponent >= 0.")
        self.count, self.exponent = count, exponent

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        """Map volumes [B, L], mm3, to shares [B, L] that add up to 1, or to 0 where no lesion is."""
        kept = (volume > 0) & (_place(volume) < self.count)
        size = torch.where(kept, volume.clamp(min=1e-6) ** self.exponent, torch.zeros_like(volume))
        return size / size.sum(dim=1, keepdim=True).clamp(min=1e-12)


def _place(volume: torch.Tensor) -> torch.Tensor:
    """Place of each lesion in the order of size, from 0, [B, L]; comparisons, which every exporter can follow."""
    mine, theirs = volume.unsqueeze(2), volume.unsqueeze(1)
    index = torch.arange(volume.shape[1], device=volume.device)
    is_earlier = index.unsqueeze(0) < index.unsqueeze(1)
    return ((theirs > mine) | ((theirs == mine) & is_earlier)).sum(dim=2)
