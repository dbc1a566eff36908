"""Running average of a network's weights, which calms what small cohorts and single batches stir up."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

__all__ = ["WeightAverage"]

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


class WeightAverage(AveragedModel):
    """Exponential moving average of weights and batch statistics, young at first.

    After n updates the decay is ``min(decay, (1 + n) / (10 + n))``, so that a short run is not held back by its random
    start. The number of updates is part of the state, so a resumed run continues alike.

    Args:
        network: whose weights; call :meth:`update_parameters` with it after each step.
        decay: weight of the past, in (0, 1); 0.99 remembers about 100 steps.
        device: where the average lives; by default where the network is now.

    Attributes:
        module: the network with the averaged weights.

    Raises:
        ValueError: when ``decay`` is not between 0 and 1.

    Source:
        Polyak and Juditsky 1992, SIAM J. Control Optim. 30:838-855; the ramp is that of TensorFlow's
        ``ExponentialMovingAverage``.
    """

    def __init__(self, network: nn.Module, decay: float = 0.99, device: torch.device | None = None) -> None:
        if not 0.0 < decay < 1.0:
            raise ValueError(f"decay is {decay}, expected between 0 and 1, such as 0.99.")

        def average(averaged: Tensors, current: Tensors, updates: torch.Tensor | int) -> None:
            past = min(decay, (1.0 + float(updates)) / (10.0 + float(updates)))
            for mean, new in zip(averaged, current, strict=True):
                if mean.is_floating_point():
                    mean.lerp_(new.to(mean.dtype), 1.0 - past)
                else:
                    mean.copy_(new)

        super().__init__(network, device=device, multi_avg_fn=average, use_buffers=True)
        self.module.eval()
