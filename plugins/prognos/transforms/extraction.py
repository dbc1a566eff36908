"""From a scan and its annotations to the lesions that a network can read; the volumes are gone afterwards.

L is the number of lesions of one annotation, S the side of a stored patch in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from monai.transforms import Transform

from prognos.config import keys
from prognos.config.organs import ORGAN_LABELS, ORGANS
from prognos.transforms.geometry import TOLERANCE_MM, require_same_grid
from prognos.transforms.images import ImageError, Volume, read_labels, read_volume
from prognos.transforms.lesions import Instances, Lesion, OrganMap, find_lesions
from prognos.transforms.masks import mask_volumes, read_masks
from prognos.transforms.mirror import require_unmirrored, warn_of_place
from prognos.transforms.patches import HU_WINDOW, MIN_DIAMETER_MM, PATCH_SIZE, STORED_SIZE, cut_patches

__all__ = ["ExtractLesionsd", "name_file"]

VERSION = 1
"""Raised whenever the same files and settings would give other lesions, so that no stale cache is used."""


class ExtractLesionsd(Transform):
    """Cut and measure every lesion of every annotation of a scan.

    Deterministic, so :class:`prognos.data.LesionDataset` runs it once for each scan and keeps the outcome. One image,
    one mask and the organ map are in memory at a time, and none of them afterwards.

    Args:
        instances: what makes two voxels the same lesion: ``"labels"`` (one label map, each label a lesion),
            ``"components"`` (one binary mask, what touches is one lesion) or ``"files"`` (each file a lesion).
        organ_labels: which label of the organ map is which organ: the name of a table in
            :data:`prognos.config.organs.ORGAN_LABELS`, or a table of our own from label to a name in ``ORGANS``.
        window: HU that become 0 and 1.
        patch_size: pixels of the network's patch, which covers 2 lesion diameters.
        stored_size: S, pixels of the stored patch, which covers more at the same scale.
        tolerance_mm: how far the corners of image and mask may lie apart, mm.
        resample: straighten a DICOM series with a tilted gantry or uneven gaps instead of refusing it; its masks in
            DICOM follow.

    Raises:
        ValueError: when an argument is none of these.

    Note:
        Growth is known where the same reader marked the same lesion at follow-up: the same label with ``"labels"``, the
        same file name with ``"files"``. Components have no identity, so their growth is NaN.
    """

    def __init__(
        self,
        *,
        instances: Instances = "labels",
        organ_labels: str | Mapping[int | str, str] = "totalsegmentator",
        window: Sequence[float] = HU_WINDOW,
        patch_size: int = PATCH_SIZE,
        stored_size: int = STORED_SIZE,
        tolerance_mm: float = TOLERANCE_MM,
        resample: bool = False,
    ) -> None:
        if instances not in get_args(Instances):
            raise ValueError(f"instances is {instances!r}, expected one of {', '.join(get_args(Instances))}.")
        if len(window) != 2 or not window[0] < window[1]:
            raise ValueError(f"window is {window!r}, expected two HU values, the lower first.")
        if not 0 < patch_size <= stored_size:
            raise ValueError(f"expected 0 < patch_size <= stored_size, got {patch_size=}, {stored_size=}.")
        self.instances: Instances = instances
        self.organ_labels = _organ_table(organ_labels)
        self.window = (float(window[0]), float(window[1]))
        self.patch_size = patch_size
        self.stored_size = stored_size
        self.tolerance_mm = tolerance_mm
        self.resample = resample

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the files that the outcome depends on, as plain values; part of a cache key."""
        return {
            "version": VERSION,
            "instances": self.instances,
            "organ_labels": {str(label): group for label, group in sorted(self.organ_labels.items())},
            "window": list(self.window),
            "patch_size": self.patch_size,
            "stored_size": self.stored_size,
            "min_diameter_mm": MIN_DIAMETER_MM,
            "tolerance_mm": self.tolerance_mm,
            **({"resample": True} if self.resample else {}),  # caches of before this setting stay valid
        }

    def __call__(self, scan: Mapping[str, Any]) -> list[dict[str, torch.Tensor]]:
        """Read the files of a scan and cut its lesions.

        Args:
            scan: ``image`` (path), ``annotations`` (a list of dictionaries with ``mask``, a list of paths as
                :func:`prognos.transforms.read_masks` takes them, and optionally ``followup_mask``, the same, and
                ``where``) and optionally ``organ_mask`` (path) and ``where``, the place in the user's table that a
                message shall name instead of a path.

        Returns:
            For each annotation its lesions, largest first: ``image`` (float16 [L, S, S], in [0, 1]), ``volume``
            (float32 [L], mm3), ``instance`` (int64 [L]), ``organ`` (int64 [L]), ``diameter`` (float32 [L], mm),
            ``centroid`` (float32 [L, 3], LPS mm), ``slice`` (int64 [L]), ``growth`` (float32 [L], follow-up volume
            divided by baseline volume, NaN unknown). L is 0 where nothing is marked.

        Raises:
            ImageError: when a file cannot be used, or the organ map fits the image better mirrored left for right.
            GeometryError: when a mask does not lie on the grid of the image.
            ValueError: when an annotation names several masks, but each is not a lesion by ``instances``.
        """
        where = scan.get("where", "")
        name = name_file(where, keys.IMAGE)
        image = read_volume(scan[keys.IMAGE], name=name, resample=self.resample)
        organs = self._read_organs(scan, image, where)
        return [self._extract(annotation, image, organs) for annotation in scan[keys.ANNOTATIONS]]

    def _read_organs(self, scan: Mapping[str, Any], image: Volume, where: str) -> OrganMap | None:
        """Organ map of the scan, on the grid of its image."""
        path = scan.get(keys.ORGAN_MASK)
        if not path:
            return None
        name = name_file(where, keys.ORGAN_MASK)
        volume = read_labels(path, name=name)
        require_same_grid(image.grid, volume.grid, name=name, tolerance_mm=self.tolerance_mm)
        require_unmirrored(image, volume, name=name)
        return OrganMap(volume.array, self.organ_labels)

    def _extract(
        self, annotation: Mapping[str, Any], image: Volume, organs: OrganMap | None
    ) -> dict[str, torch.Tensor]:
        """Lesions of one annotation as tensors."""
        paths, where = annotation[keys.MASK], annotation.get("where", "")
        name = name_file(where, keys.MASK)
        self._require_one(paths, name)
        lesions = find_lesions(self._read_masks(paths, image, where), self.instances, organs, name=name)
        patches = cut_patches(
            image, lesions, stored_size=self.stored_size, patch_size=self.patch_size, window=self.window
        )
        return _as_tensors(lesions, patches, self._growth(annotation, lesions))

    def _read_masks(self, paths: Sequence[str], image: Volume, where: str) -> Iterator[Volume]:
        """Masks of one annotation, one at a time, each on the grid of the image."""
        name = name_file(where, keys.MASK)
        for path in paths:
            for number, mask in enumerate(read_masks(path, image, name=name, tolerance_mm=self.tolerance_mm)):
                if number and self.instances == "files":
                    raise ImageError(
                        f"{name}: holds several segments, expected one because instances is 'files'. Name one as in "
                        f"file.dcm::2, each in a file of its own in the table, or set instances to 'labels'."
                    )
                warn_of_place(image, mask, name=name)
                yield mask

    def _require_one(self, paths: Sequence[str], name: str) -> None:
        """Refuse several files of an annotation where one holds all of its lesions."""
        if len(paths) > 1 and self.instances != "files":
            raise ValueError(
                f"{name}: names {len(paths)} files, expected one because instances is {self.instances!r}. If each file "
                f"is a lesion, set instances to 'files'."
            )

    def _growth(self, annotation: Mapping[str, Any], lesions: Sequence[Lesion]) -> list[float]:
        """Follow-up volume of each lesion divided by its baseline volume; NaN where the follow-up does not have it."""
        paths = annotation.get("followup_mask")
        if not paths or self.instances == "components":
            return [np.nan] * len(lesions)
        name = annotation.get("followup_where", "")
        self._require_one(paths, name_file(name, keys.MASK))
        later: dict[int, float] = {}
        if self.instances == "labels":
            later = mask_volumes(paths[0], name=name_file(name, keys.MASK))
        else:
            numbers = {Path(path).name: number for number, path in enumerate(annotation[keys.MASK], start=1)}
            for path in paths:
                if Path(path).name in numbers:
                    volumes = mask_volumes(path, name=name_file(name, keys.MASK))
                    later[numbers[Path(path).name]] = sum(volumes.values()) or np.nan
        return [later.get(lesion.instance, np.nan) / lesion.volume for lesion in lesions]


def _organ_table(labels: str | Mapping[int | str, str]) -> dict[int, str]:
    """Label-to-organ table, checked."""
    if isinstance(labels, str):
        if labels not in ORGAN_LABELS:
            raise ValueError(f"organ_labels is {labels!r}, expected {', '.join(ORGAN_LABELS)} or a table of your own.")
        return dict(ORGAN_LABELS[labels])
    table = {int(label): group for label, group in labels.items()}  # JSON writes numbers as text
    unknown = sorted(set(table.values()) - set(ORGANS))
    if unknown or min(table, default=0) < 0:
        raise ValueError(f"organ_labels names {unknown}; expected labels from 0 and organs among {', '.join(ORGANS)}.")
    return table


def name_file(where: str, column: str) -> str:
    """What to call a file in a message: its place in the user's table, or its role; a path may name a patient."""
    return f"{where}, column {column}" if where else column


def _as_tensors(
    lesions: Sequence[Lesion], patches: np.ndarray[Any, np.dtype[np.float16]], growth: Sequence[float]
) -> dict[str, torch.Tensor]:
    """Lesions as plain tensors, one for each property."""
    return {
        keys.IMAGE: torch.from_numpy(patches),
        keys.VOLUME: torch.tensor([lesion.volume for lesion in lesions], dtype=torch.float32),
        keys.INSTANCE: torch.tensor([lesion.instance for lesion in lesions], dtype=torch.int64),
        keys.ORGAN: torch.tensor([lesion.organ for lesion in lesions], dtype=torch.int64),
        keys.DIAMETER: torch.tensor([lesion.diameter for lesion in lesions], dtype=torch.float32),
        keys.CENTROID: torch.tensor([lesion.centroid for lesion in lesions], dtype=torch.float32).reshape(-1, 3),
        keys.SLICE: torch.tensor([lesion.slice for lesion in lesions], dtype=torch.int64),
        keys.GROWTH: torch.tensor(growth, dtype=torch.float32),
    }
