"""What is known of each patient who is finished, so that a killed import goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from prognos.apps.importing.plan import PlannedPatient
from prognos.apps.importing.pseudonyms import Names
from prognos.files import written_whole

__all__ = ["Picture", "Receipt", "Receipts", "source_digest"]

FOLDER = ".import"
"""Folder of the receipts in the output folder. They hold pseudonyms, never identifiers or paths of the source."""

VERSION = 1
"""Raised whenever the same files and settings would give other files."""


@dataclass(frozen=True)
class Picture:
    """Slices of one annotation, for a check by eye.

    Args:
        reader: who marked it.
        lesions: their number.
        text: what is known of them, one line.
        jpeg: the slices, in base 64; empty without lesions.
    """

    reader: str
    lesions: int
    text: str
    jpeg: str = ""


@dataclass(frozen=True)
class Receipt:
    """A finished patient.

    Args:
        digest: of everything that its files follow from.
        annotations: its rows of the annotation table.
        segments: its rows of the table of segments.
        files: size of each file that was written, bytes, by its path in the output folder.
        pictures: for the check by eye.
        remarks: what the reading warned of.
    """

    digest: str
    annotations: list[dict[str, str]]
    segments: list[dict[str, str]] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Receipts:
    """The receipts of an output folder.

    Args:
        folder: the output folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str, digest: str) -> Receipt | None:
        """Receipt of a patient, when its files are those that would be written now.

        Args:
            name: safe name of the patient.
            digest: what it must be.
        """
        try:
            content = json.loads(self._path(name).read_text(encoding="utf-8"))
            content["pictures"] = [Picture(**picture) for picture in content["pictures"]]
            receipt = Receipt(**content)
        except (OSError, ValueError, TypeError, KeyError):  # none, or not one of ours: the patient is done again
            return None
        sizes = {path: _size(self.folder / path) for path in receipt.files}
        return receipt if receipt.digest == digest and sizes == receipt.files else None

    def write(self, name: str, receipt: Receipt) -> None:
        """Keep the receipt of a patient, after all of its files."""
        with written_whole(self._path(name)) as temporary:
            temporary.write_text(json.dumps(asdict(receipt), indent=1), encoding="utf-8")

    def others(self, names: Sequence[str]) -> int:
        """Number of patients in the output folder who are none of these."""
        return len({path.stem for path in (self.folder / FOLDER).glob("[!.]*.json")} - set(names))

    def _path(self, name: str) -> Path:
        return self.folder / FOLDER / f"{name}.json"


def source_digest(
    patient: PlannedPatient, settings: Mapping[str, Any], names: Names, readers: Mapping[str, str]
) -> str:
    """Digest of the files of a patient as they lie there, of what is meant of them, and of the settings.

    Args:
        patient: what is going to be imported.
        settings: that the outcome depends on.
        names: make the digest.
        readers: what readers are called; another patient with a new reader may change it.
    """
    facts = [(path, _facts(Path(path))) for path in patient.files]
    masks = ((mask.reader, readers[mask.reader], mask.files, mask.timepoint) for mask in patient.masks)
    meant = [patient.image, patient.organ_mask, *masks]
    return names.digest(json.dumps([VERSION, facts, meant, dict(settings)], default=str, sort_keys=True))


def _facts(path: Path) -> list[int]:
    """Size and time of change of a file; nothing of a folder, whose files are listed beside it."""
    if not path.is_file():
        return []
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _size(path: Path) -> int:
    """Size of a file, bytes; -1 when there is none."""
    return path.stat().st_size if path.is_file() else -1
