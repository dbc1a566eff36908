"""What is wrong in a bundle, and where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["BundleError", "Finding", "quoted", "raise_any"]

_SHOWN = 80


class BundleError(ValueError):
    """A bundle is refused before anything of it ran; the message says where and how to mend it."""


class Finding(NamedTuple):
    """One fault of a bundle.

    Args:
        file: the file, relative to the bundle.
        place: id inside a config, or empty.
        message: what was found, what is expected, how to mend it.
    """

    file: str
    place: str
    message: str

    def __str__(self) -> str:
        """One line: file, id, message."""
        return f"{self.file}{f', {self.place}' if self.place else ''}: {self.message}"


def quoted(text: object) -> str:
    """Show a piece of a config on one line, shortened."""
    shown = repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def raise_any(what: str, findings: Iterable[Finding]) -> None:
    """Raise all findings as one error.

    Args:
        what: the bundle, as the message shall name it.
        findings: its faults.

    Raises:
        BundleError: when there is at least one.
    """
    lines = list(dict.fromkeys(str(finding) for finding in findings))
    if lines:
        count = f"{len(lines)} fault{'s' * (len(lines) > 1)}"
        raise BundleError(
            "\n".join([f"{what}: {count}, all listed here; nothing of it was run.", *map("  {}".format, lines)])
        )
