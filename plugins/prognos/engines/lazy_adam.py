"""Optimiser of a network whose regulariser takes a step of its own every few batches."""

from __future__ import annotations

from collections.abc import Iterable

import torch

__all__ = ["build_lazy_adam"]


def build_lazy_adam(
    params: Iterable[torch.nn.Parameter],
    learning_rate: float = 0.0025,
    *,
    interval: int,
    betas: tuple[float, float] = (0.0, 0.99),
) -> torch.optim.Adam:
    """Build Adam for k steps of the loss and one of the regulariser, which together shall weigh like k.

    Args:
        params: what to train.
        learning_rate: step size without a regulariser.
        interval: k, batches between two steps of the regulariser; 0 when there is none.
        betas: memory of Adam without a regulariser.

    Returns:
        Adam with learning rate c x ``learning_rate`` and memories ``betas`` to the power c, where c = k / (k + 1).

    Raises:
        ValueError: when the interval is negative.

    Source:
        Karras et al. 2020, arXiv:1912.04958, appendix B, lazy regularisation.
    """
    if interval < 0:
        raise ValueError(f"interval is {interval}, expected the number of batches, or 0 for no regulariser.")
    share = interval / (interval + 1) if interval else 1.0
    memory = (betas[0] ** share, betas[1] ** share)
    return torch.optim.Adam(params, lr=learning_rate * share, betas=memory, eps=1e-8, fused=True)
