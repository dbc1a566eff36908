"""Size scaler: how much a lesion of a given volume weighs in its patient's risk.

N is any shape of lesions; volumes are in mm3 and factors have no unit.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["SizeScaler"]

REFERENCE_MM3 = 3000.0
"""Volume whose logarithm is 0 inside the scaler: 3 mL, mm3."""

SMALLEST_MM3 = 1.0
"""Volumes below this one (padding is 0) are read as this one, mm3."""

LARGEST_LOG_FACTOR = 5.0
"""Bound of the log factor, no unit: a lesion counts between e^-5 and e^5 times."""


class SizeScaler(nn.Module):
    """Map lesion volume to a positive factor with a fully connected network of the log volume.

    The factor is the exponential of the network, so it is positive (a negative one would leave the sign of a lesion's
    risk undefined), and a network that is linear in log volume is a power law: slope 1 weighs by volume, slope 0 by
    count. It starts as the power law ``(volume / 3 mL) ** initial_exponent``, between the two.

    Args:
        hidden: width of the two hidden layers.
        initial_exponent: slope of log factor against log volume before training, no unit.

    Raises:
        ValueError: when ``hidden`` is not positive.

    Source:
        Yang, Jemaa, Bengtsson and El Ghaoui, "Metastatic lung cancer prognosis via deep image-based lesion
        prioritization", section 4, names "a fully connected size scaler network". Its depth, width, input scale and
        positivity are not given there; those are ours.
    """

    def __init__(self, hidden: int = 32, initial_exponent: float = 2 / 3) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"hidden must be >= 1, got {hidden}.")
        # TorchScript reads attributes, not constants of the module.
        self.reference_mm3, self.smallest_mm3, self.largest_log_factor = REFERENCE_MM3, SMALLEST_MM3, LARGEST_LOG_FACTOR
        self.initial_exponent = initial_exponent
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(nn.Linear(1, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), last)

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        """Map volumes [N...], mm3, to factors [N...], > 0."""
        log_volume = torch.log(volume.clamp(min=self.smallest_mm3) / self.reference_mm3)
        correction = self.layers(log_volume.unsqueeze(-1)).squeeze(-1)
        log_factor = self.initial_exponent * log_volume + correction
        return torch.exp(self.largest_log_factor * torch.tanh(log_factor / self.largest_log_factor))
