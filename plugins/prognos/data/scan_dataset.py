"""Whole CTs of a cohort: resampled once, kept in a cache, one example a patient.

W, H and D are voxels along the patient's left, posterior and superior axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from monai.data import Dataset

from prognos.config import keys
from prognos.data.cache_file import load_or_make
from prognos.data.scan_digest import scan_digest

__all__ = ["ScanDataset"]

UNKNOWN_LABEL = torch.full((2,), torch.nan, dtype=torch.float64)
"""Label of a scan without a known outcome."""


class ScanDataset(Dataset):
    """One example for each patient: the whole scan, from a cache; masks and readers play no part.

    The cache has one file a scan. Its name is a digest of the content of the image and of the settings of the
    resampling, so a changed image or setting is resampled anew and a moved cohort is not. Outcomes and identifiers are
    not in it. A cache file that cannot be loaded, for whatever reason, is made again.

    Args:
        data: scans of :func:`prognos.data.join_annotations` or :func:`prognos.data.read_case`.
        transform: :class:`prognos.transforms.ResampleScand`.
        cache_dir: folder of the cache, made when absent; None to resample at each access.

    Note:
        An item is a dictionary with ``image`` (uint8 [1, W, H, D]), ``label`` (float64 [2]; NaN when no outcome is
        known), ``patient_id``, ``patient_index`` (int64), ``image_file``, and ``entry`` (float64, days) where the
        cohort has it. At 480 x 480 x 120 voxels an image takes 28 MB, in memory and in the cache.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        transform: Callable[[Mapping[str, Any]], torch.Tensor],
        cache_dir: str | Path | None,
    ) -> None:
        super().__init__(data=data, transform=transform)
        self.resampling = transform
        self.settings: dict[str, Any] = transform.settings  # type: ignore[attr-defined]
        self.cache_dir = None if cache_dir is None else Path(cache_dir)

    @property
    def events(self) -> list[float]:
        """Event flag of each example: 1 = observed, 0 = censored, NaN = unknown."""
        return [float(scan.get(keys.LABEL, UNKNOWN_LABEL)[keys.EVENT]) for scan in self.data]

    @property
    def patients(self) -> list[int]:
        """Number of the patient of each example: ``patient_index``."""
        return [int(scan[keys.PATIENT_INDEX]) for scan in self.data]

    def _transform(self, index: int) -> dict[str, Any]:
        """The example that ``dataset[index]`` gives."""
        scan = self.data[index]
        sample: dict[str, Any] = {
            keys.IMAGE: self._image(scan),
            keys.LABEL: scan.get(keys.LABEL, UNKNOWN_LABEL),
            keys.PATIENT: scan[keys.PATIENT],
            keys.PATIENT_INDEX: torch.tensor(scan[keys.PATIENT_INDEX], dtype=torch.int64),
            "image_file": scan[keys.IMAGE],
        }
        if keys.ENTRY in scan:
            sample[keys.ENTRY] = torch.tensor(scan[keys.ENTRY], dtype=torch.float64)
        return sample

    def _image(self, scan: Mapping[str, Any]) -> torch.Tensor:
        """Resampled image, from the cache or from the file."""
        if self.cache_dir is None:
            return self.resampling(scan)
        name = scan_digest({keys.IMAGE: scan[keys.IMAGE], keys.ANNOTATIONS: []}, self.settings)
        shape = (1, *self.settings["size"])

        def is_usable(record: Any) -> bool:
            return isinstance(record, torch.Tensor) and record.dtype == torch.uint8 and record.shape == shape

        image: torch.Tensor = load_or_make(self.cache_dir / f"{name}.pt", lambda: self.resampling(scan), is_usable)
        return image
