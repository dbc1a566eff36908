"""Which of several processes this one is, as ``torchrun`` says it."""

from __future__ import annotations

import os

__all__ = ["process_count", "process_rank"]


def process_rank() -> int:
    """Number of this process among those that ``torchrun`` started, from 0; 0 without it."""
    return int(os.environ.get("RANK", "0"))


def process_count() -> int:
    """How many processes ``torchrun`` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))
