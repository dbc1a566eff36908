"""An organ map from the segments of a DICOM file that are organs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.apps.importing.plan import PlannedMask
from prognos.config.organs import ORGAN_LABELS, ORGANS
from prognos.config.parts import split_part
from prognos.transforms import Volume, read_masks

__all__ = ["paint_organs"]

LABELS = {
    organ: min(label for label, group in ORGAN_LABELS["totalsegmentator"].items() if group == organ)
    for organ in ORGANS[1:]
}
"""Label of each organ: the lowest of TotalSegmentator's, whose table is the default of every run."""


def paint_organs(mask: PlannedMask, image: Volume) -> NDArray[np.uint8]:
    """Paint the organs of an annotation.

    A lesion that was cut out of its organ's segment, and whose code names that organ, is painted with it.

    Args:
        mask: the annotation.
        image: its scan.

    Returns:
        Labels of TotalSegmentator on the grid of the image. Shape [W, H, D].
    """
    array = np.zeros(image.array.shape, np.uint8, order="F")
    painted: set[int] = set()
    for file, segments in zip(mask.files, mask.organs, strict=True):
        for segment, organ in segments:
            _paint(array, file, segment.number, organ, image)
            painted.add(organ)
    for file, lesions in zip(mask.files, mask.lesions, strict=True):
        for lesion in lesions:
            if lesion.organ in painted:
                _paint(array, file, lesion.number, lesion.organ, image, only_empty=True)
    return array


def _paint(array: NDArray[Any], file: str, number: int, organ: int, image: Volume, *, only_empty: bool = False) -> None:
    """Paint one segment of a file."""
    for volume in read_masks(f"{split_part(file)[0]}::{number}", image, name="organ map"):
        inside = volume.array > 0
        array[inside & (array == 0) if only_empty else inside] = LABELS[ORGANS[organ]]
