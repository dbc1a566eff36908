"""What a half of the demo leaves behind, and the clock both halves speak through."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["Clock", "Outcome"]


class Outcome(NamedTuple):
    """Result of one half of the demo."""

    said: str
    """One sentence with the numbers."""

    notice: str
    """Provenance of the weights."""

    look_at: dict[str, Path]
    """Files to open, by what they show."""


class Clock:
    """Prints what begins, with the seconds since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"[{time.monotonic() - self.start:4.0f} s] {text}", flush=True)
