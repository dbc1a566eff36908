"""Pseudonyms for patients: the same for the same patient and key, and worth nothing to whoever lacks the key."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["Names", "PseudonymError", "read_key", "require_outside", "safe_names", "write_id_map"]

DIGITS = 12
"""Hexadecimal digits of a pseudonym: 48 bits. Two of 10 000 patients collide in one of five million cohorts."""

PRIVATE = 0o600
"""Mode of files that lead back to patients: nobody but their owner reads them."""


class PseudonymError(ValueError):
    """A key or a map of identifiers cannot be used; no identifier is named."""


class Names:
    """What patients and readers are called in everything that is written.

    Args:
        key: of the pseudonyms; None keeps the identifiers.
    """

    def __init__(self, key: bytes | None) -> None:
        self.key = key
        self._owners: dict[str, str] = {}

    @property
    def are_kept(self) -> bool:
        """Whether identifiers are written as they are."""
        return self.key is None

    def patient(self, identifier: str) -> str:
        """Pseudonym of a patient: HMAC-SHA256 of the identifier in UTF-8, its first 48 bits.

        Raises:
            PseudonymError: when it is another patient's already.
        """
        name = identifier if self.key is None else f"p{self.digest(identifier)[:DIGITS]}"
        if self._owners.setdefault(name, identifier) != identifier:
            raise PseudonymError(
                "two patients got the same pseudonym, which happens once in millions of cohorts. Import with another "
                "key file."
            )
        return name

    def digest(self, text: str) -> str:
        """Digest of a text that tells nothing of it to whoever lacks the key."""
        return hmac.new(self.key or b"", text.encode("utf-8"), hashlib.sha256).hexdigest()


def read_key(path: Path, forbidden: Path) -> bytes:
    """Read the key of the pseudonyms, or make one.

    Args:
        path: its file; made, for its owner's eyes alone, when there is none.
        forbidden: folder in which it must not lie, because that is handed on.

    Raises:
        PseudonymError: when the file lies there, holds no key or can be read by others.
    """
    require_outside(path, forbidden, "the key file")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        print(f"{path}: a new key. Keep it: without it nobody can tell which patient is which, with it anybody can.")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise PseudonymError(f"{path}: others may read this key. Run 'chmod 600' on it.")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if len(text) != 64 or not all(letter in "0123456789abcdef" for letter in text):
        raise PseudonymError(f"{path}: holds no key, expected 64 hexadecimal digits. Name the file an import has made.")
    return bytes.fromhex(text)


def write_id_map(path: Path, pseudonyms: Mapping[str, str]) -> None:
    """Write which patient is which.

    Args:
        path: CSV file, for its owner's eyes alone.
        pseudonyms: by identifier.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".writing-{path.name}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", "pseudonym"])
        writer.writerows(sorted(pseudonyms.items()))
    temporary.replace(path)


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Name of a file for each name: characters that a file name should not have become ``_``.

    Where two would become alike, a few digits of a digest keep them apart.
    """
    plain = {name: "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name) for name in names}
    used: dict[str, list[str]] = {}
    for name, safe in plain.items():
        used.setdefault(safe.lower(), []).append(name)
    return {
        name: safe if len(used[safe.lower()]) == 1 else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
        for name, safe in plain.items()
    }


def require_outside(path: Path, folder: Path, what: str) -> None:
    """Refuse a file in a folder that is handed on.

    Args:
        path: of the file.
        folder: that is handed on.
        what: the file is, for the message.

    Raises:
        PseudonymError: when it lies there.
    """
    if folder.resolve() in (path.resolve(), *path.resolve().parents):
        raise PseudonymError(
            f"{path}: {what} would lie in the output folder, which is handed on. Name a place outside."
        )
