"""The scans of a cohort that can be used, where the config says to go on without the others."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import torch

from prognos.config import keys
from prognos.data.annotations import AnnotationError
from prognos.data.lesion_dataset import LesionDataset
from prognos.files import written_whole

__all__ = ["SkippedScan", "UsableScans", "usable_scans"]

logger = logging.getLogger(__name__)

OnError = Literal["stop", "skip"]
"""What to do with a scan that cannot be used."""


class SkippedScan(NamedTuple):
    """A scan that cannot be used; the fields are the columns of the table of skipped patients."""

    patient_id: str
    """As in the cohort table."""

    stage: str
    """What failed."""

    reason: str
    """File, what was found and how to mend it."""


class UsableScans(NamedTuple):
    """Scans sorted into those that can be used and the others."""

    data: list[dict[str, Any]]
    """What :class:`prognos.data.LesionDataset` takes."""

    skipped: list[SkippedScan]
    """What was left out; empty with ``"stop"``, where a bad scan ends the run."""


def usable_scans(
    data: Sequence[Mapping[str, Any]],
    transform: Callable[[Mapping[str, Any]], list[dict[str, torch.Tensor]]],
    cache_dir: str | Path | None,
    *,
    on_error: OnError = "stop",
    skipped_file: str | Path | None = None,
) -> UsableScans:
    """Leave out the scans that cannot be extracted, when ``on_error`` is ``"skip"``, and write down which and why.

    With ``"stop"`` nothing is looked at, and the first bad scan ends the run with its message. Faults of a table always
    end the run: they are mended in the table.

    Args:
        data: scans of :func:`prognos.data.join_annotations`.
        transform: as for :class:`prognos.data.LesionDataset`.
        cache_dir: as for :class:`prognos.data.LesionDataset`; what was extracted here is not extracted again.
        on_error: ``"stop"`` or ``"skip"``.
        skipped_file: table of the scans that are left out, one row each; with ``"skip"`` it is written even when there
            are none, so that no old one stays.

    Raises:
        ValueError: when ``on_error`` is neither, or there is no cache to keep the lesions in.
        AnnotationError: when no scan can be used; all of them are listed.
    """
    if on_error not in get_args(OnError):
        raise ValueError(f"on_error is {on_error!r}, expected 'stop' or 'skip'.")
    if on_error == "stop":
        return UsableScans([dict(scan) for scan in data], [])
    if cache_dir is None:
        raise ValueError("on_error 'skip' looks at every scan before the run, so it needs a cache: give cache_dir.")
    faults = LesionDataset(data, transform, cache_dir).faults()
    skipped = [
        SkippedScan(str(data[index][keys.PATIENT]), "extraction", reason) for index, reason in sorted(faults.items())
    ]
    if skipped_file is not None:
        _write(Path(skipped_file), skipped)
    if len(skipped) == len(data):
        listing = "\n".join(f"  {scan.reason}" for scan in skipped)
        raise AnnotationError(f"none of {len(data)} scans can be used:\n{listing}")
    if skipped:
        logger.warning("%d of %d scans are skipped; %s says which and why", len(skipped), len(data), skipped_file)
    return UsableScans([dict(scan) for index, scan in enumerate(data) if index not in faults], skipped)


def _write(path: Path, skipped: Sequence[SkippedScan]) -> None:
    """Write the table of what was left out."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(SkippedScan._fields)
        writer.writerows(skipped)
