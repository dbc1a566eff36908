"""Files with one fault in them: cut off at a place, or one bit turned over there; the places follow from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prognos.__main__ import message_of

__all__ = ["damaged", "outcome"]


def damaged(content: bytes, places: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield what was done and what the file then holds: a third cut off, the rest with a flipped bit.

    Args:
        content: of the whole file.
        places: how many.
        seed: of the draw.
    """
    draw = random.Random(seed)
    for number in range(places):
        place = draw.randrange(len(content))
        if number % 3 == 0:
            yield f"cut at byte {place} of {len(content)}", content[:place]
            continue
        bit = draw.randrange(8)
        turned = content[place] ^ (1 << bit)
        yield f"bit {bit} of byte {place} of {len(content)}", content[:place] + bytes([turned]) + content[place + 1 :]


def outcome(read: Callable[[Path], Any], path: Path) -> tuple[str, Any]:
    """Read a file as a command would; ``("refused", message)``, ``("read", value)`` or ``("unforeseen", error)``."""
    try:
        return "read", read(path)
    except Exception as error:
        message = message_of(error)
        return ("unforeseen", repr(error)) if message is None else ("refused", message)
