"""One scan outside any cohort, for inference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prognos.config import keys
from prognos.config.parts import split_part

__all__ = ["read_case"]


def read_case(
    image: str | Path, mask: str | Path | Sequence[str | Path], *, organ_mask: str | Path | None = None
) -> list[dict[str, Any]]:
    """Describe one CT and its lesions in the form :func:`prognos.data.join_annotations` gives a cohort.

    Args:
        image: CT, a file or a DICOM folder.
        mask: lesion mask on the grid of the image, a DICOM SEG or RTSTRUCT, or several, one file a lesion.
        organ_mask: organ label map on the grid of the image.

    Returns:
        A list of one scan, for :class:`prognos.data.LesionDataset`.

    Raises:
        FileNotFoundError: when a file does not exist.
    """
    masks = [mask] if isinstance(mask, (str, Path)) else list(mask)
    files = {keys.IMAGE: [image], keys.MASK: masks, keys.ORGAN_MASK: [] if organ_mask is None else [organ_mask]}
    for name, paths in files.items():
        for path in paths:
            if not split_part(path)[0].exists():
                raise FileNotFoundError(f"{name}: there is no such file or folder; name it with --{name}.")
    annotation = {keys.READER: "reader", keys.MASK: [str(path) for path in masks], "followup_mask": None}
    return [
        {
            keys.PATIENT: "case",
            keys.PATIENT_INDEX: 0,
            keys.IMAGE: str(image),
            keys.ORGAN_MASK: None if organ_mask is None else str(organ_mask),
            keys.ANNOTATIONS: [annotation],
        }
    ]
