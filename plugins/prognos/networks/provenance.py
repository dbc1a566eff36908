"""Where a set of weights comes from, kept beside them and carried into every result they make.

Formats of weights have no checksum of their own, or one that torch passes over; the digest kept here is looked at
whenever weights are loaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from prognos.files import written_whole

__all__ = ["Origin", "Provenance", "join_origins", "read_provenance", "require_intact", "write_provenance"]

Origin = Literal["synthetic", "patients", "unknown"]

NOTICES: dict[Origin, str] = {
    "synthetic": "SYNTHETIC WEIGHTS: trained on drawn images only. This result says nothing about a real patient.",
    "unknown": "WEIGHTS OF UNKNOWN ORIGIN: nobody can say what this result means. Research use only.",
    "patients": "",
}

_PUBLISHED = re.compile(r"-([0-9a-f]{8,64})\.pth$")
"""First digits of the SHA-256 in the name of a file, as PyTorch's hub publishes weights: ``resnet50-0676ba61.pth``."""


@dataclass(frozen=True)
class Provenance:
    """Origin of one weights file.

    Attributes:
        trained_on: ``"synthetic"``, ``"patients"`` or ``"unknown"``.
        description: one sentence for a reader: cohort, size, seeds.
        sha256: digest of the weights file, hexadecimal.
    """

    trained_on: Origin
    description: str
    sha256: str

    @property
    def notice(self) -> str:
        """Banner that every result made with these weights bears; empty when they were trained on patients."""
        return NOTICES[self.trained_on]


def join_origins(*origins: Origin) -> Origin:
    """Origin of weights that rest on several sources: patients stay patients, and doubt stays doubt.

    Args:
        origins: of each source, at least one.

    Example:
        >>> join_origins("synthetic", "unknown", "patients"), join_origins("synthetic", "unknown")
        ('patients', 'unknown')
    """
    for origin in ("patients", "unknown"):
        if origin in origins:
            return origin
    return "synthetic"


def read_provenance(weights: str | Path) -> Provenance:
    """Read the file ``<name>.provenance.json`` beside the weights.

    Args:
        weights: path of the weights file.

    Returns:
        Its provenance; ``"unknown"`` when there is no file beside it.

    Raises:
        FileNotFoundError: when the weights themselves are absent.
        ValueError: when the file beside them is not a provenance, or that of other weights.
    """
    weights = Path(weights)
    if not weights.is_file():
        raise FileNotFoundError(f"no weights at {weights}; train the bundle first, or name the file with --weights.")
    digest = require_intact(weights)
    found = _read(_beside(weights))
    return found or Provenance("unknown", f"no {_beside(weights).name} lies beside the weights", digest)


def require_intact(weights: str | Path) -> str:
    """Refuse weights that are not those their provenance, or their published name, tells of.

    Args:
        weights: path of the weights file, which is there.

    Returns:
        SHA-256 of the file, hexadecimal. Of weights without a provenance it is all that is known.

    Raises:
        ValueError: when the file has another content, or the file beside it is not a provenance.
    """
    weights = Path(weights)
    digest, beside = _digest(weights), _beside(weights)
    published = _PUBLISHED.search(weights.name)
    if published and not digest.startswith(published[1]):
        raise ValueError(
            f"{weights}: its SHA-256 begins with {digest[:8]}, its name says {published[1][:8]}: it is damaged, or was "
            f"changed. Download it again, or give a changed file another name."
        )
    provenance = _read(beside)
    if provenance is not None and provenance.sha256 != digest:
        raise ValueError(
            f"{weights}: has the SHA-256 {digest[:12]}..., {beside.name} says {provenance.sha256[:12]}...: the weights "
            f"are damaged, or others took their place. Copy both files again; if you put other weights there, delete "
            f"{beside.name}, and results will say that their origin is unknown."
        )
    return digest


def _read(beside: Path) -> Provenance | None:
    """The content of a provenance; None when there is no such file."""
    if not beside.is_file():
        return None
    try:
        found = Provenance(**json.loads(beside.read_text(encoding="utf-8")))
        if not isinstance(found.sha256, str):
            raise TypeError("sha256 is no text")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{beside}: not a provenance ({error}); copy it again from where you got it.") from error
    if found.trained_on not in get_args(Origin):
        raise ValueError(f"{beside}: trained_on is {found.trained_on!r}, expected one of {get_args(Origin)}.")
    return found


def write_provenance(weights: str | Path, trained_on: Origin, description: str) -> Provenance:
    """Write the file ``<name>.provenance.json`` beside the weights.

    Args:
        weights: path of the weights file, already written.
        trained_on: ``"synthetic"``, ``"patients"`` or ``"unknown"``.
        description: one sentence for a reader: cohort, size, seeds.

    Returns:
        What was written.
    """
    weights = Path(weights)
    provenance = Provenance(trained_on, description, _digest(weights))
    with written_whole(_beside(weights)) as path:
        path.write_text(json.dumps(asdict(provenance), indent=4) + "\n", encoding="utf-8")
    return provenance


def _beside(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}.provenance.json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
