"""Where a set of weights comes from, kept beside them and carried into every result they make."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from prognos.files import written_whole

__all__ = ["Origin", "Provenance", "join_origins", "read_provenance", "write_provenance"]

Origin = Literal["synthetic", "patients", "unknown"]

NOTICES: dict[Origin, str] = {
    "synthetic": "SYNTHETIC WEIGHTS: trained on drawn images only. This result says nothing about a real patient.",
    "unknown": "WEIGHTS OF UNKNOWN ORIGIN: nobody can say what this result means. Research use only.",
    "patients": "",
}


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
        Its provenance; ``"unknown"`` when the file beside it is absent or describes other weights.

    Raises:
        FileNotFoundError: when the weights themselves are absent.
        ValueError: when the file beside them is not a provenance.
    """
    weights = Path(weights)
    if not weights.is_file():
        raise FileNotFoundError(f"no weights at {weights}; train the bundle first, or name the file with --weights.")
    digest = _digest(weights)
    beside = _beside(weights)
    if not beside.is_file():
        return Provenance("unknown", f"no {beside.name} lies beside the weights", digest)
    try:
        found = Provenance(**json.loads(beside.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{beside}: not a provenance ({error}); copy it again from where you got it.") from error
    if found.trained_on not in get_args(Origin):
        raise ValueError(f"{beside}: trained_on is {found.trained_on!r}, expected one of {get_args(Origin)}.")
    if found.sha256 != digest:
        return Provenance("unknown", f"{beside.name} describes other weights than {weights.name}", digest)
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
