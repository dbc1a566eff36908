"""Measures of a scan's lesions that no network needs: how deep they lie, and which are the same for several readers.

They are kept apart from the extraction, so that its cache does not depend on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from monai.transforms import Transform

from prognos.config import keys
from prognos.transforms.extraction import ExtractLesionsd, name_file
from prognos.transforms.geometry import require_same_grid
from prognos.transforms.images import Volume, read_labels, read_volume
from prognos.transforms.lesions import OrganMap, label_and_list_lesions
from prognos.transforms.margin import Containment, measure_containment
from prognos.transforms.masks import has_segments, read_masks
from prognos.transforms.matching import SMALLEST_OVERLAP, MarkedVoxels, match_lesions

__all__ = ["MeasureLesionsd"]

VERSION = 2
"""Raised whenever the same files and settings would give other measures, so that no stale cache is used."""

UNKNOWN = Containment(0, float("nan"), float("nan"))
"""Containment where there is no organ map."""


class MeasureLesionsd(Transform):
    """Measure the margin of every lesion to the border of its organ, and match the lesions of all readers.

    The scan itself is not read: masks and organ map were held to its grid when the lesions were cut.

    Args:
        extraction: what cut the lesions; says what a lesion is and which label is which organ.
    """

    def __init__(self, extraction: ExtractLesionsd) -> None:
        self.extraction = extraction

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the files that the outcome depends on, as plain values; part of a cache key."""
        names = ("instances", "organ_labels", "tolerance_mm")
        relevant = {name: self.extraction.settings[name] for name in names}
        return {"measures": VERSION, "smallest_overlap": SMALLEST_OVERLAP, **relevant}

    def __call__(self, scan: Mapping[str, Any]) -> list[dict[str, torch.Tensor]]:
        """Read the masks of a scan and measure its lesions.

        Args:
            scan: ``annotations`` and optionally ``organ_mask``, as :class:`ExtractLesionsd` takes them.

        Returns:
            For each annotation its lesions by id: ``instance`` (int64 [L]), ``margin`` and ``depth`` (float32 [L], mm;
            NaN where no organ is known or another lesion of the reader covers this one, see
            :class:`prognos.transforms.margin.Containment`) and ``matched`` (int64 [L],
            from 1; the same number for the same lesion of the patient, whoever drew it).

        Raises:
            ImageError: when a file cannot be used.
            GeometryError: when a mask does not lie on the grid of the organ map or of the first mask.
        """
        organs = self._read_organs(scan)
        grid = None if organs is None else organs.grid
        containment, marked, listed = [], [], []
        for annotation in scan[keys.ANNOTATIONS]:
            labels, ids = self._read_lesions(annotation, scan)
            grid = grid or labels.grid
            where = name_file(annotation.get("where", ""), keys.MASK)
            require_same_grid(grid, labels.grid, name=where, tolerance_mm=self.extraction.tolerance_mm)
            marked.append(MarkedVoxels.of(labels.array))
            listed.append(ids)
            containment.append(
                {}
                if organs is None
                else measure_containment(
                    labels.array, OrganMap(organs.array, self.extraction.organ_labels), grid.spacing
                )
            )
        numbers = _number_covered(match_lesions(marked), listed)
        return [_as_tensors(*measures) for measures in zip(numbers, containment, strict=True)]

    def _read_organs(self, scan: Mapping[str, Any]) -> Volume | None:
        """Organ map of the scan."""
        path = scan.get(keys.ORGAN_MASK)
        return read_labels(path, name=name_file(scan.get("where", ""), keys.ORGAN_MASK)) if path else None

    def _read_lesions(self, annotation: Mapping[str, Any], scan: Mapping[str, Any]) -> tuple[Volume, list[int]]:
        """Lesion ids of one annotation, on the grid and listed.

        Masks in DICOM lie on the grid of the image, so that is read for them.
        """
        paths, where = annotation[keys.MASK], annotation.get("where", "")
        name = name_file(where, keys.MASK)
        if any(map(has_segments, paths)):
            about = name_file(scan.get("where", ""), keys.IMAGE)
            image = read_volume(scan[keys.IMAGE], name=about, resample=self.extraction.resample)
            tolerance = self.extraction.tolerance_mm
            masks = (mask for path in paths for mask in read_masks(path, image, name=name, tolerance_mm=tolerance))
        else:
            masks = (read_labels(path, name=name_file(where, keys.MASK)) for path in paths)
        return label_and_list_lesions(masks, self.extraction.instances, name=name)


def _number_covered(numbers: list[dict[int, int]], listed: list[list[int]]) -> list[dict[int, int]]:
    """Give a number of its own to each lesion that another one of the same reader covers, so that none is lost."""
    last = max((number for each in numbers for number in each.values()), default=0)
    complete = []
    for each, ids in zip(numbers, listed, strict=True):
        covered = sorted(set(ids) - set(each))
        complete.append(each | {instance: last + place for place, instance in enumerate(covered, start=1)})
        last += len(covered)
    return complete


def _as_tensors(numbers: Mapping[int, int], containment: Mapping[int, Containment]) -> dict[str, torch.Tensor]:
    """Measures of one annotation as plain tensors, in the order of the ids."""
    measured = [containment.get(instance, UNKNOWN) for instance in numbers]
    return {
        keys.INSTANCE: torch.tensor(list(numbers), dtype=torch.int64),
        keys.MARGIN: torch.tensor([each.margin for each in measured], dtype=torch.float32),
        keys.DEPTH: torch.tensor([each.depth for each in measured], dtype=torch.float32),
        keys.MATCHED: torch.tensor(list(numbers.values()), dtype=torch.int64),
    }
