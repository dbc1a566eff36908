"""What DICOM files a folder tree holds: CT series, masks, and which belongs to which, from the headers alone.

Identifiers, dates and names are read so that files can be matched; they are kept out of every printed form, and whoever
takes them must not write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from prognos.transforms.dicom.headers import DicomFault, open_header, silence, text
from prognos.transforms.dicom.masks import describe_marked
from prognos.transforms.dicom.segments import Segment
from prognos.transforms.dicom.series import Slice, ct_slices, is_ct, is_localizer, stack_of
from prognos.transforms.dicom.stack import stack_fault

__all__ = ["DicomListing", "DicomMask", "DicomSeries", "list_dicom"]


@dataclass(frozen=True)
class DicomSeries:
    """A CT series.

    Args:
        folder: that directly holds its files; of several the first.
        files: of its slices.
        slices: their number.
        spacing: sides of a voxel, mm; None when ``fault`` says that it makes no volume.
        fault: why :func:`prognos.transforms.read_volume` would refuse it, in words that name nobody; empty when it
            would not.
        can_straighten: whether ``resample=True`` mends the fault.
        uid: identifier of the series.
        study: identifier of the study.
        frame_of_reference: identifier of its coordinate system.
        patient: identifier of the patient in the header.
        date: of the study, ``YYYYMMDD``.
    """

    folder: Path = field(repr=False)
    files: tuple[Path, ...] = field(repr=False)
    slices: int
    spacing: tuple[float, float, float] | None
    fault: str
    can_straighten: bool
    uid: str = field(repr=False)
    study: str = field(repr=False)
    frame_of_reference: str = field(repr=False)
    patient: str = field(repr=False)
    date: str = field(repr=False)


@dataclass(frozen=True)
class DicomMask:
    """A SEG or RTSTRUCT.

    Args:
        file: where it is.
        kind: ``SEG`` or ``RTSTRUCT``.
        segments: what it holds.
        fault: why it cannot be read, in words that name nobody; empty when nothing is wrong with its header.
        references: identifiers of the series it was drawn on.
        frames_of_reference: identifiers of its coordinate systems.
        study: identifier of the study.
        patient: identifier of the patient in the header.
        date: of the study, ``YYYYMMDD``.
        creator: name of its reader; :meth:`DicomListing.reader_of` gives what may be written.
    """

    file: Path = field(repr=False)
    kind: str
    segments: tuple[Segment, ...]
    fault: str
    references: tuple[str, ...] = field(repr=False)
    frames_of_reference: frozenset[str] = field(repr=False)
    study: str = field(repr=False)
    patient: str = field(repr=False)
    date: str = field(repr=False)
    creator: str = field(repr=False)


@dataclass(frozen=True)
class DicomListing:
    """What a folder tree holds.

    Args:
        series: CT series, by folder and identifier; localizers are none.
        masks: SEG and RTSTRUCT, by path.
        others: number of DICOM files of other kinds, localizers among them.
        damaged: number of files that claim to be DICOM and cannot be read.
    """

    series: tuple[DicomSeries, ...]
    masks: tuple[DicomMask, ...]
    others: int
    damaged: int

    def reader_of(self, mask: DicomMask) -> str:
        """The reader of a mask as ``reader_1``, ``reader_2``, ...: one for each name in the listing, none told."""
        names = list(dict.fromkeys(each.creator for each in self.masks))
        return f"reader_{names.index(mask.creator) + 1}"

    def images_of(self, mask: DicomMask) -> tuple[DicomSeries, ...]:
        """Series on which a mask was drawn: those it refers to; when there are none, those of its coordinate system."""
        named = tuple(each for each in self.series if each.uid in mask.references)
        return named or tuple(each for each in self.series if each.frame_of_reference in mask.frames_of_reference)


def list_dicom(folder: str | Path, *, watch: Callable[[list[Path]], Iterable[Path]] = iter) -> DicomListing:
    """Read the headers of all files below a folder.

    Args:
        folder: what to search; hidden files and folders are left out.
        watch: gives back the files it is given, one after the other, such as a progress bar.

    Raises:
        DicomFault: when pydicom and highdicom are not installed.
        NotADirectoryError: when there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError("there is no such folder; name the one that holds the DICOM files.")
    drafts: dict[tuple[Path, str], _Draft] = {}
    masks: list[DicomMask] = []
    others = damaged = 0
    with silence():
        for file in watch(list(_files(folder))):
            try:
                opened = open_header(file)
            except DicomFault:
                damaged += 1
                continue
            if opened is None:
                continue
            if text(opened[0], "Modality") in ("SEG", "RTSTRUCT"):
                masks.append(_mask(file, *opened))
            elif is_ct(opened[0]) and not is_localizer(opened[0]):
                key = file.parent, text(opened[0], "SeriesInstanceUID")
                drafts.setdefault(key, _Draft(opened[0])).add(file, *opened)
            else:
                others += 1
    return DicomListing(tuple(_series(*key, draft) for key, draft in drafts.items()), tuple(masks), others, damaged)


class _Draft:
    """Slices of a series that is being gathered.

    Args:
        header: of its first file.
    """

    def __init__(self, header: Any) -> None:
        self.origin = _origin(header) | {"frame_of_reference": text(header, "FrameOfReferenceUID")}
        self.files: list[Path] = []
        self.slices: list[Slice] = []
        self.fault = ""

    def add(self, file: Path, header: Any, following: int) -> None:
        """Add the slices of a file."""
        self.files.append(file)
        try:
            self.slices.extend(ct_slices(file, header, following))
        except DicomFault as fault:
            self.fault = str(fault)


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder in a fixed order, hidden ones left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _origin(header: Any) -> dict[str, str]:
    """What a header says of study and patient, by field."""
    return {
        "study": text(header, "StudyInstanceUID"),
        "patient": text(header, "PatientID"),
        "date": text(header, "StudyDate"),
    }


def _series(folder: Path, uid: str, draft: _Draft) -> DicomSeries:
    """A series, judged."""
    fault, kind, spacing = draft.fault, "", None
    try:
        stack = None if fault else stack_of(draft.slices)[1]
    except DicomFault as found:
        fault, stack = str(found), None
    if stack is not None:
        stack = stack.without_copies()
        kind, fault = stack_fault(stack)
        sides = np.linalg.norm(stack.axes, axis=0)
        spacing = (float(sides[0]), float(sides[1]), stack.gap)
    return DicomSeries(
        folder=folder,
        files=tuple(draft.files),
        slices=len(draft.slices),
        spacing=spacing,
        fault=fault,
        can_straighten=kind in ("gap", "tilt"),
        uid=uid,
        **draft.origin,
    )


def _mask(file: Path, header: Any, following: int) -> DicomMask:
    """A SEG or RTSTRUCT."""
    marked, fault = None, ""
    try:
        marked = describe_marked(file, header, following)
    except DicomFault as found:
        fault = str(found)
    return DicomMask(
        file=file,
        kind=text(header, "Modality"),
        segments=marked.segments if marked else (),
        fault=fault,
        references=marked.references if marked else (),
        frames_of_reference=marked.frames_of_reference if marked else frozenset(),
        creator=marked.creator if marked else "",
        **_origin(header),
    )
