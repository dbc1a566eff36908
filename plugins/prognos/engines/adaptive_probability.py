"""How strongly to augment: a probability that follows how well the discriminator knows its training images by heart."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

__all__ = ["AdaptiveProbability"]


class AdaptiveProbability:
    """Raise the augmentation probability while the discriminator overfits and lower it while it does not.

    Overfitting is read from r = mean(sign(logit of a real image)): 0 when the discriminator cannot tell, 1 when it is
    right about every training image. Every ``interval`` batches p moves by a fixed step, up when r is above the target
    and down when it is below.

    Args:
        target: r to hold.
        images: real images over which p could rise from 0 to 1; fewer for a short fine-tuning.
        interval: batches between two moves.
        start: p at the beginning.
        highest: p never exceeds it.

    Attributes:
        value: p now.
        statistic: r of the last move; 0 before it.

    Raises:
        ValueError: when a number is out of range.

    Source:
        Karras et al. 2020, arXiv:2006.06676, sections 3.1 and 3.2: r_t, target 0.6, every four batches, 500 000 images.
    """

    def __init__(
        self,
        *,
        target: float = 0.6,
        images: int = 500_000,
        interval: int = 4,
        start: float = 0.0,
        highest: float = 1.0,
    ) -> None:
        if not (-1 < target < 1 and images >= 1 and interval >= 1 and 0 <= start <= highest <= 1):
            raise ValueError(
                f"got {target=}, {images=}, {interval=}, {start=}, {highest=}; expected a target in (-1, 1), positive "
                f"numbers of images and batches, and 0 <= start <= highest <= 1."
            )
        self.target = target
        self.images = images
        self.interval = interval
        self.highest = highest
        self.value = start
        self.statistic = 0.0
        self._batches = 0
        self._sums = torch.zeros(2, dtype=torch.float64)

    def observe(self, logits: torch.Tensor) -> None:
        """Take note of one batch, and move after every ``interval`` of them.

        Args:
            logits: judgements of this process's real images, as augmented. Shape [B, 1].
        """
        signs = logits.detach().double().sign()
        batch = torch.stack([signs.sum(), torch.ones_like(signs).sum()])
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(batch)  # of every batch, so that a checkpoint of one process serves all
        self._sums = self._sums.to(batch.device) + batch
        self._batches += 1
        if self._batches < self.interval:
            return
        total, seen = self._sums.tolist()
        self.statistic = total / seen
        step = seen / self.images
        moved = self.value + (step if self.statistic > self.target else -step)
        self.value = min(max(moved, 0.0), self.highest)
        self._batches = 0
        self._sums = torch.zeros_like(self._sums)

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed run needs, also between two moves."""
        return {
            "value": self.value,
            "statistic": self.statistic,
            "batches": self._batches,
            "sums": self._sums.tolist(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what :meth:`state_dict` gave."""
        self.value, self.statistic = state["value"], state["statistic"]
        self._batches = state["batches"]
        self._sums = torch.tensor(state["sums"], dtype=torch.float64)
