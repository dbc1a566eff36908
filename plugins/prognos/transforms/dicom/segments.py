"""What was marked: segments of a DICOM SEG and regions of an RTSTRUCT, and which of them are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from prognos.config.organs import ORGANS
from prognos.transforms.dicom.anatomy import NO_CODE, Code, organ_of
from prognos.transforms.dicom.headers import DicomFault

__all__ = ["SEGMENT_COLUMNS", "Segment", "choose_segments", "segment_row"]

ORGAN_CATEGORIES = ("91723000", "123037004", "T-D000A", "260787004", "A-00004", "309825002", "R-42018")
"""Codes of the SEG categories "anatomical structure", "physical object" and "spatial concept": no lesions. "Tissue" is
not among them, because viewers write it where nobody chose."""

LESION_REGIONS = ("GTV", "CTV", "PTV", "")
"""Interpreted types of RTSTRUCT regions that may be lesions; others are organs, the body's outline, tables, markers."""

SEGMENT_COLUMNS = (
    "segment",
    "category_code",
    "category_meaning",
    "type_code",
    "type_meaning",
    "anatomy_code",
    "anatomy_meaning",
    "organ",
    "algorithm",
)
"""Columns of a table of segments; a code is written with the scheme that issued it."""


@dataclass(frozen=True)
class Segment:
    """A segment, or a region of a structure set.

    Args:
        number: its number in the file, which becomes the value of its voxels.
        label: what its reader called it. Free text: it may name a patient and is never written.
        category: coded category, such as "morphologically abnormal structure".
        kind: coded type, such as "neoplasm".
        anatomy: coded region of the body.
        algorithm: ``MANUAL``, ``SEMIAUTOMATIC`` or ``AUTOMATIC``; empty when unknown.
        is_organ: whether the file declares it to be something else than a lesion.
    """

    number: int
    label: str = field(repr=False)
    category: Code = NO_CODE
    kind: Code = NO_CODE
    anatomy: Code = NO_CODE
    algorithm: str = ""
    is_organ: bool = False

    @property
    def organ(self) -> int:
        """Position in ``ORGANS`` of the organ in which it lies, by its codes; 0 when they do not say."""
        return organ_of(self.anatomy, self.kind)


def segment_row(segment: Segment) -> dict[str, str]:
    """Row of a table with ``SEGMENT_COLUMNS``: codes and the standard's words for them, no text of the file."""
    codes = {"category": segment.category, "type": segment.kind, "anatomy": segment.anatomy}
    row = {"segment": str(segment.number), "organ": ORGANS[segment.organ], "algorithm": segment.algorithm}
    for name, code in codes.items():
        row[f"{name}_code"] = f"{code.scheme}:{code.value}" if code.value else ""
        row[f"{name}_meaning"] = code.meaning
    return {column: row[column] for column in SEGMENT_COLUMNS}


def choose_segments(segments: Sequence[Segment], part: str) -> list[Segment]:
    """The segments that are meant, in the order of the file.

    Args:
        segments: all of a file.
        part: numbers and patterns of labels (``*`` and ``?``, upper and lower case alike), joined by ``+``; empty
            when all are meant.

    Raises:
        DicomFault: when the file holds none, when one that is named is missing, or when none is named and some are
            declared to be organs.
    """
    if not segments:
        raise DicomFault(
            "the file holds no segment. A patient without lesions needs an empty mask, such as a NIfTI of zeros"
        )
    numbers = ", ".join(str(segment.number) for segment in segments)
    if not part:
        organs = [segment.number for segment in segments if segment.is_organ]
        if organs and len(segments) > 1:
            raise DicomFault(
                f"the file holds {len(segments)} segments (numbers {numbers}), of which {len(organs)} are declared to "
                f"be no lesions. Name those that are, by number or label, as in name.dcm::1+3 or name.dcm::GTV*"
            )
        return list(segments)
    wanted = [each.strip() for each in part.split("+") if each.strip()]
    chosen = {segment.number for segment in segments for each in wanted if _is_meant(segment, each)}
    missing = sum(not any(_is_meant(segment, each) for segment in segments) for each in wanted)
    if missing or not chosen:
        raise DicomFault(
            f"{missing} of the {len(wanted)} numbers or labels after '::' are not in the file, which holds the "
            f"segments {numbers}"
        )
    return [segment for segment in segments if segment.number in chosen]


def _is_meant(segment: Segment, wanted: str) -> bool:
    """Whether a number or a pattern of labels means a segment; a number never means a label."""
    if wanted.isdecimal():
        return segment.number == int(wanted)
    return fnmatchcase(segment.label.lower(), wanted.lower())
