"""Inferers of the lesion ranker."""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer

from prognos.config import keys

__all__ = ["AutocastInferer", "LesionRankingInferer"]


class LesionRankingInferer(Inferer):
    """Return the risk of every lesion beside the log hazard of the patient."""

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Score a batch.

        Args:
            inputs: lesion patches in [0, 1], [B, L, H, W].
            network: a :class:`prognos.networks.nets.LesionRanker`, or its TorchScript.
            args: the lesion volumes in mm3, [B, L], when not given by name.
            kwargs: ``volume``.

        Returns:
            ``log_hazard`` [B, 1], ``risk`` [B, L] and ``scaled_risk`` [B, L]; no unit, higher is worse.
        """
        risk, scaled_risk = network.rank(inputs, *args, **kwargs)
        return {
            keys.LOG_HAZARD: scaled_risk.sum(dim=1, keepdim=True),
            keys.RISK: risk,
            keys.SCALED_RISK: scaled_risk,
        }


class AutocastInferer(Inferer):
    """Run the network in a lower precision on any device.

    MONAI's ``amp`` is bound to CUDA. On a processor with AVX512-BF16 or AMX, bfloat16 shortens training there as well.

    Args:
        device_type: ``"cpu"``, ``"cuda"``, ...
        dtype: precision of the matrix products.
    """

    def __init__(self, device_type: str = "cpu", dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self.device_type = device_type
        self.dtype = dtype

    def __call__(self, inputs: torch.Tensor, network: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return ``network(inputs, *args, **kwargs)`` in float32."""
        with torch.autocast(self.device_type, self.dtype):
            output: torch.Tensor = network(inputs, *args, **kwargs)
        return output.float()
