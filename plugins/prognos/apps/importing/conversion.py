"""Reads the scan and the masks of a patient, and writes them as NIfTI without a word of their headers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos.apps.importing.organ_map import paint_organs
from prognos.apps.importing.pictures import picture_of
from prognos.apps.importing.plan import PlannedMask, PlannedPatient
from prognos.apps.importing.receipts import Picture, Receipt
from prognos.config import keys
from prognos.config.organs import ORGAN_LABELS
from prognos.config.parts import split_part
from prognos.transforms import (
    SEGMENT_COLUMNS,
    ImageError,
    Instances,
    OrganMap,
    Volume,
    find_lesions,
    has_segments,
    label_lesions,
    read_labels,
    read_masks,
    read_volume,
    segment_row,
    write_nifti,
)
from prognos.transforms.mirror import warn_of_place

__all__ = ["SEGMENT_TABLE", "Converter"]

SEGMENT_TABLE = (keys.PATIENT, keys.READER, "lesion_id", *SEGMENT_COLUMNS)
"""Columns of the table of segments."""


@dataclass(frozen=True)
class Converter:
    """Imports one patient after the other.

    Args:
        output: folder of the tables.
        readers: what readers are called, by their name in the plan.
        instances: how lesions are told apart, here and in the runs on the cohort.
        resample: whether tilted and gapped series are straightened.
        in_place: whether the tables name the files where they are, and nothing is written.
        pictures: whether slices are drawn for a check by eye.
    """

    output: Path
    readers: Mapping[str, str]
    instances: Instances = "labels"
    resample: bool = False
    in_place: bool = False
    pictures: bool = True

    def convert(self, patient: PlannedPatient, name: str, folder: str, digest: str) -> Receipt:
        """Import a patient.

        Args:
            patient: what is to be read.
            name: what the tables call the patient.
            folder: of the patient's files, a safe name.
            digest: for the receipt.

        Raises:
            ImageError: when a file cannot be used; the message names image or mask, and no path.
            GeometryError: when a mask does not lie on the image.
        """
        work = _Work(self, patient, name, f"patients/{folder}")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows = work.rows()
        # Libraries warn as well, and quote what they read; ours begin with what we call the file.
        ours = [str(warning.message) for warning in caught]
        remarks = list(dict.fromkeys(text for text in ours if text.startswith(("image", "mask", "organ"))))
        return Receipt(digest, rows, work.segments, work.files, work.pictures, remarks)


class _Work:
    """The import of one patient."""

    def __init__(self, converter: Converter, patient: PlannedPatient, name: str, folder: str) -> None:
        self.converter = converter
        self.patient = patient
        self.name = name
        self.folder = folder
        self.segments: list[dict[str, str]] = []
        self.files: dict[str, int] = {}
        self.pictures: list[Picture] = []

    def rows(self) -> list[dict[str, str]]:
        """Write the files, and give the rows of the annotation table."""
        patient, converter = self.patient, self.converter
        if converter.in_place and not converter.pictures:
            return [self._row(self._beside(patient.image), *self._where_they_are(mask), mask) for mask in patient.masks]
        image = read_volume(patient.image, name="image", resample=converter.resample)
        named = self._beside(patient.image) if converter.in_place else self._write("image", image.array, image)
        organs, organ_path = self._organs(image)
        rows = []
        for mask in patient.masks:
            paths = self._followup(mask) if mask.timepoint else self._baseline(mask, image, organs)
            rows.append(self._row("" if mask.timepoint else named, paths, "" if mask.timepoint else organ_path, mask))
        return rows

    def _row(self, image: str, masks: str, organs: str, mask: PlannedMask) -> dict[str, str]:
        """Row of the annotation table."""
        return {
            keys.PATIENT: self.name,
            keys.IMAGE: image,
            keys.MASK: masks,
            keys.ORGAN_MASK: organs,
            keys.READER: self.converter.readers[mask.reader],
            keys.TIMEPOINT: str(mask.timepoint),
        }

    def _where_they_are(self, mask: PlannedMask) -> tuple[str, str]:
        """Cells of masks and organ map that are left in their place."""
        organs = self._beside(self.patient.organ_mask) if self.patient.organ_mask and not mask.timepoint else ""
        return ";".join(self._beside(file) for file in mask.files), organs

    def _baseline(self, mask: PlannedMask, image: Volume, organs: NDArray[Any] | None) -> str:
        """Write and draw what one reader marked; gives its cell of the table."""
        reader, converter = self.converter.readers[mask.reader], self.converter
        name = f"mask of {reader}"
        stem = f"mask_{reader}"
        is_dicom = any(has_segments(file) for file in mask.files)
        if converter.instances == "files" or (len(mask.files) > 1 and not is_dicom):
            labels, cell = self._one_file_each(mask, image, name, stem)
        else:
            labels = self._one_map(mask, image, name) if is_dicom else next(self._each(mask, image, name))
            cell = self._in_place(mask) or self._write(stem, labels.array, labels)
            if converter.instances == "components":
                labels = label_lesions([labels], "components", name=name)
        self._describe(mask)
        warn_of_place(image, labels, name=name)
        if converter.pictures:
            known = None if organs is None else OrganMap(organs, ORGAN_LABELS["totalsegmentator"])
            lesions = find_lesions([labels], "labels", known, name=name)
            self.pictures.append(picture_of(reader, image, labels, lesions))
        return cell

    def _each(self, mask: PlannedMask, image: Volume, name: str) -> Iterator[Volume]:
        """Masks of an annotation, one at a time, on the grid of the image."""
        for file in mask.files:
            yield from read_masks(file, image, name=name)

    def _one_file_each(self, mask: PlannedMask, image: Volume, name: str, stem: str) -> tuple[Volume, str]:
        """Write each lesion into a file of its own; gives all of them as one map, and their cell of the table."""
        array = np.zeros(image.array.shape, np.uint16, order="F")
        cells = []
        for number, volume in enumerate(self._each(mask, image, name), start=1):
            inside = volume.array > 0
            array[inside] = number
            if not self.converter.in_place:
                cells.append(self._write(f"{stem}/{number}", inside.view(np.uint8), volume))
        return Volume(array, image.grid, image.stored), self._in_place(mask) or ";".join(cells)

    def _one_map(self, mask: PlannedMask, image: Volume, name: str) -> Volume:
        """One label map of the segments of an annotation."""
        ids = _lesion_ids(mask)
        array = np.zeros(image.array.shape, np.uint8 if max(ids, default=0) < 2**8 else np.uint16, order="F")
        shared = 0
        for number, volume in zip(ids, self._each(mask, image, name), strict=True):
            inside = volume.array > 0
            shared += int(np.count_nonzero(array[inside]))
            array[inside] = number
        if shared:
            raise ImageError(
                f"{name}: its lesions share {shared} voxels, and a label map has but one lesion a voxel. Import with "
                f"--instances files, and run with it"
            )
        return Volume(array, image.grid, image.stored)

    def _followup(self, mask: PlannedMask) -> str:
        """Copy the masks of a follow-up, which lie on a scan of their own; gives their cell of the table."""
        if cell := self._in_place(mask):
            return cell
        reader = self.converter.readers[mask.reader]
        name = f"mask of {reader} at follow-up"
        if any(has_segments(file) for file in mask.files):
            raise ImageError(f"{name}: is DICOM, whose grid is not known here. Convert it to NIfTI, or add --keep_ids")
        baseline = next(each for each in self.patient.masks if each.reader == mask.reader and not each.timepoint)
        if len(baseline.files) == 1 and len(mask.files) == 1 and self.converter.instances != "files":
            volume = read_labels(mask.files[0], name=name)
            return self._write(f"followup_{reader}", volume.array, volume)
        # The same file name is the same lesion, and so is the same number.
        numbers = {Path(file).name: number for number, file in enumerate(baseline.files, start=1)}
        cells = []
        for file in mask.files:
            number = numbers.setdefault(Path(file).name, len(numbers) + 1)
            volume = read_labels(file, name=name)
            cells.append(self._write(f"followup_{reader}/{number}", volume.array, volume))
        return ";".join(cells)

    def _organs(self, image: Volume) -> tuple[NDArray[Any] | None, str]:
        """Organ map on the grid of the image, and its cell of the table; None and empty where nobody knows."""
        if self.patient.organ_mask:
            if self.converter.in_place:
                return None, self._beside(self.patient.organ_mask)
            (volume,) = read_masks(self.patient.organ_mask, image, name="organ map")
            return volume.array, self._write("organs", volume.array, volume)
        marked = next((mask for mask in self.patient.masks if any(mask.organs)), None)
        if marked is None:
            return None, ""
        array = paint_organs(marked, image)
        return array, self._write("organs", array, image)

    def _describe(self, mask: PlannedMask) -> None:
        """Note codes and meanings of the segments that are lesions."""
        if not any(mask.lesions):
            return
        ids = range(1, len(_lesion_ids(mask)) + 1) if self.converter.instances == "files" else _lesion_ids(mask)
        segments = (segment for each in mask.lesions for segment in each)
        self.segments += [
            {
                keys.PATIENT: self.name,
                keys.READER: self.converter.readers[mask.reader],
                "lesion_id": str(number),
                **segment_row(segment),
            }
            for number, segment in zip(ids, segments, strict=True)
        ]

    def _write(self, stem: str, array: NDArray[Any], volume: Volume) -> str:
        """Write a volume; gives its path in the output folder."""
        path = f"{self.folder}/{stem}.nii.gz"
        write_nifti(self.converter.output / path, array, volume.grid)
        self.files[path] = (self.converter.output / path).stat().st_size
        return path

    def _in_place(self, mask: PlannedMask) -> str:
        """Cell of masks that are left in their place; empty when they are written anew."""
        return self._where_they_are(mask)[0] if self.converter.in_place else ""

    def _beside(self, path: str) -> str:
        """A path of the source as the tables name it, relative to their folder."""
        file, part = split_part(path)
        relative = Path(os.path.relpath(file, self.converter.output)).as_posix()
        return f"{relative}::{part}" if part else relative


def _lesion_ids(mask: PlannedMask) -> list[int]:
    """Ids of the lesions in a label map: numbers of the segments; of several files, counted through."""
    if len(mask.lesions) == 1:
        return [segment.number for segment in mask.lesions[0]]
    return list(range(1, sum(len(each) for each in mask.lesions) + 1))
