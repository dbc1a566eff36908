"""Measures of the lesions of a cohort beyond those the network reads, made once a scan and kept in the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from prognos.config import keys
from prognos.data.cache_file import load_or_make
from prognos.data.scan_digest import scan_digest

__all__ = ["LesionMeasurements", "MeasuredLesion"]

SHOWN_FROM = 20
"""Scans to measure from which a progress bar appears; fewer take a moment."""


class MeasuredLesion(NamedTuple):
    """Measures of one outline of a lesion."""

    matched: int
    """Number of the lesion in the patient, from 1, the same for every reader who drew it."""

    margin: float
    """Shortest distance to the border of its organ, mm; NaN unknown."""

    depth: float
    """Shortest distance of its centre of mass to that border, mm; NaN unknown."""


class LesionMeasurements:
    """Look up the measures of the lesions of a scan; measure them when nobody has yet.

    The cache has one file a scan beside those of the lesions, under a name of its own.

    Args:
        data: scans, as :class:`prognos.data.LesionDataset` takes them.
        transform: :class:`prognos.transforms.MeasureLesionsd`.
        cache_dir: folder of the cache, made when absent; None to measure anew in each process.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        transform: Callable[[Mapping[str, Any]], list[dict[str, torch.Tensor]]],
        cache_dir: str | Path | None,
    ) -> None:
        self.scans = {
            (str(scan[keys.PATIENT]), str(annotation[keys.READER])): (number, reader)
            for number, scan in enumerate(data)
            for reader, annotation in enumerate(scan[keys.ANNOTATIONS])
        }
        self.data = data
        self.transform = transform
        self.settings: dict[str, Any] = transform.settings  # type: ignore[attr-defined]
        self.cache_dir = None if cache_dir is None else Path(cache_dir)
        self._known: dict[int, list[dict[int, MeasuredLesion]]] = {}

    def of_annotation(self, patient: str, reader: str) -> dict[int, MeasuredLesion]:
        """Measures of each lesion of an annotation by its id.

        Raises:
            KeyError: when the data does not hold the annotation.
            ImageError: when a mask or the organ map cannot be used.
        """
        number, position = self.scans[patient, reader]
        if number not in self._known:
            self._known[number] = [_by_instance(lesions) for lesions in self._measured(self.data[number])]
        return self._known[number][position]

    def measure(self) -> None:
        """Fill the cache, with a progress bar where it takes long; returns at once when nothing is missing."""
        if self.cache_dir is None:
            return
        missing = [scan for scan in self.data if not self._cache_file(scan).is_file()]
        for scan in tqdm(missing, desc="measuring lesions", unit="scan", disable=len(missing) < SHOWN_FROM):
            self._measured(scan)

    def _measured(self, scan: Mapping[str, Any]) -> list[dict[str, torch.Tensor]]:
        """Measures of a scan, from the cache or, where that fails, from the files."""
        if self.cache_dir is None:
            return self.transform(scan)
        readers = len(scan[keys.ANNOTATIONS])
        record: list[dict[str, torch.Tensor]] = load_or_make(
            self._cache_file(scan),
            lambda: self.transform(scan),
            lambda found: len(found) == readers and all(keys.MATCHED in lesions for lesions in found),
        )
        return record

    def _cache_file(self, scan: Mapping[str, Any]) -> Path:
        return Path(self.cache_dir or "") / f"measures-{scan_digest(scan, self.settings)}.pt"


def _by_instance(lesions: Mapping[str, torch.Tensor]) -> dict[int, MeasuredLesion]:
    """Measures of one annotation by the id of the lesion."""
    columns = (lesions[key].tolist() for key in (keys.INSTANCE, keys.MATCHED, keys.MARGIN, keys.DEPTH))
    return {instance: MeasuredLesion(*values) for instance, *values in zip(*columns, strict=True)}
