"""What an import is going to do, decided from names and headers before a voxel is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prognos.config.parts import split_part
from prognos.transforms import Segment

__all__ = ["LeftOut", "Plan", "PlannedMask", "PlannedPatient", "Selection"]


@dataclass(frozen=True)
class Selection:
    """What a person may decide about an import.

    Args:
        lesions: patterns of the labels of segments that are lesions, or their numbers; empty: all that the files do
            not declare to be something else.
        organs: organ by the pattern of its segment's label; None: by the codes of segments.
        masks: kind of DICOM files that hold the masks; empty for both.
        patients: where the identifiers are: in the headers, or names of the first folders below the searched one.
        several: what to do with a patient whose masks belong to several series: leave out, or take the earliest.
        join: whether all masks of a reader on a series are one annotation.
        resample: whether tilted and gapped series are straightened.
    """

    lesions: tuple[str, ...] = ()
    organs: Mapping[str, str] | None = None
    masks: Literal["", "SEG", "RTSTRUCT"] = ""
    patients: Literal["header", "folder"] = "header"
    several: Literal["leave_out", "earliest"] = "leave_out"
    join: bool = False
    resample: bool = False


@dataclass(frozen=True)
class PlannedMask:
    """What one reader marked at one time.

    Args:
        reader: name of the reader.
        files: masks, with the parts of them that are lesions.
        timepoint: 0 = baseline, 1 = follow-up.
        lesions: segments of each file that are lesions; empty for other files than DICOM.
        organs: segments of each file that are organs, by position in ``ORGANS``, in the order of painting.
    """

    reader: str = field(repr=False)
    files: tuple[str, ...] = field(repr=False)
    timepoint: int = 0
    lesions: tuple[tuple[Segment, ...], ...] = ()
    organs: tuple[tuple[tuple[Segment, int], ...], ...] = ()


@dataclass(frozen=True)
class PlannedPatient:
    """A patient with an image and a mask.

    Args:
        identifier: as the files call the patient; never to be written.
        image: the scan, with the part that is meant.
        masks: what the readers marked.
        organ_mask: map of organs, where there is one.
        sources: everything that is read, for the receipt.
    """

    identifier: str = field(repr=False)
    image: str = field(repr=False)
    masks: tuple[PlannedMask, ...]
    organ_mask: str = field(default="", repr=False)
    sources: tuple[str, ...] = field(default=(), repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of everything that is read, without parts."""
        named = [self.image, self.organ_mask, *(file for mask in self.masks for file in mask.files), *self.sources]
        return tuple(dict.fromkeys(str(split_part(each)[0]) for each in named if each))


@dataclass(frozen=True)
class LeftOut:
    """Somebody, or something, that does not go into the tables.

    Args:
        identifier: of the patient; empty where there is none.
        reason: why, in words that name nobody.
        is_fault: whether the files are wrong, rather than that something was not chosen.
    """

    identifier: str = field(repr=False)
    reason: str
    is_fault: bool = False


@dataclass(frozen=True)
class Plan:
    """All patients of a folder.

    Args:
        patients: those who can be imported, by identifier.
        left_out: those who cannot, and parts of patients who can.
        found: what was found in the folder, one line.
        names: names of files that are shown only on request, by what is the matter with them.
    """

    patients: tuple[PlannedPatient, ...]
    left_out: tuple[LeftOut, ...]
    found: str
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
