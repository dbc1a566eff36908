"""Inferer of the lesion ranker."""

from __future__ import annotations

from typing import Any

import torch
from monai.inferers import Inferer

from prognos.config import keys

__all__ = ["LesionRankingInferer"]


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
