"""Plans an import of DICOM: which mask belongs to which series and patient, and which of its segments are lesions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prognos.apps.importing.plan import LeftOut, Plan, PlannedMask, PlannedPatient, Selection
from prognos.config.organs import ORGANS, UNLABELLED
from prognos.transforms import DicomListing, DicomMask, DicomSeries, Segment
from prognos.transforms.dicom.headers import DicomFault
from prognos.transforms.dicom.segments import choose_segments

__all__ = ["plan_dicom"]


def plan_dicom(folder: Path, listing: DicomListing, selection: Selection) -> Plan:
    """Decide what becomes of the DICOM files of a folder.

    Args:
        folder: that was searched.
        listing: what it holds.
        selection: what a person has decided.
    """
    masks = [mask for mask in listing.masks if selection.masks in ("", mask.kind)]
    planner = _Planner(folder, listing, selection)
    by_patient: dict[str, list[DicomMask]] = {}
    for mask in masks:
        by_patient.setdefault(planner.patient_of(mask.file, mask.patient), []).append(mask)
    with_image = {planner.patient_of(series.folder, series.patient) for series in listing.series}
    planned = [planner.plan(patient, found) for patient, found in sorted(by_patient.items())]
    planner.left_out += [
        LeftOut(patient, "an image without a mask") for patient in sorted(with_image - by_patient.keys())
    ]
    unused = len(listing.masks) - len(masks)
    found = (
        f"{len(listing.series)} CT series and {len(masks)} masks of {len(with_image | by_patient.keys())} patients"
        + (f", {unused} masks of the other kind not looked at" if unused else "")
        + (f", {listing.others} other DICOM files" if listing.others else "")
        + (f", {listing.damaged} damaged files" if listing.damaged else "")
    )
    return Plan(tuple(each for each in planned if each is not None), tuple(planner.left_out), found)


class _Planner:
    """Plans one patient after the other, and notes what is left out."""

    def __init__(self, folder: Path, listing: DicomListing, selection: Selection) -> None:
        self.folder = folder
        self.listing = listing
        self.selection = selection
        self.left_out: list[LeftOut] = []

    def patient_of(self, path: Path, header: str) -> str:
        """Identifier of the patient to whom a file belongs."""
        if self.selection.patients == "header":
            return header
        folder = path if path.is_dir() else path.parent
        parts = folder.relative_to(self.folder).parts
        return parts[0] if parts else ""

    def plan(self, patient: str, masks: Sequence[DicomMask]) -> PlannedPatient | None:
        """What becomes of one patient; None when nothing can."""
        if not patient:
            remedy = "Name each patient's folder and add --patients folder"
            self._leave(patient, f"{len(masks)} masks whose headers name no patient. {remedy}")
            return None
        on: dict[str, list[DicomMask]] = {}
        series_of: dict[str, DicomSeries] = {}
        for mask in masks:
            series = self._series_of(patient, mask)
            if series is not None:
                on.setdefault(series.uid, []).append(mask)
                series_of[series.uid] = series
        if not on:
            return None
        series = self._baseline(patient, [series_of[uid] for uid in on])
        if series is None:
            return None
        if series.fault and not (self.selection.resample and series.can_straighten):
            self._leave(patient, f"image: {series.fault}", is_fault=True)
            return None
        planned = tuple(self._annotations(patient, on[series.uid]))
        if not planned:
            return None
        sources = tuple(str(file) for file in series.files)
        return PlannedPatient(patient, self._path_of(series), planned, sources=sources)

    def _series_of(self, patient: str, mask: DicomMask) -> DicomSeries | None:
        """The one series on which a mask was drawn."""
        if mask.fault:
            self._leave(patient, f"a {mask.kind}: {mask.fault}", is_fault=True)
            return None
        found = self.listing.images_of(mask)
        found = tuple(each for each in found if self.patient_of(each.folder, each.patient) == patient) or found
        if len(found) > 1:
            found = tuple(each for each in found if not each.fault) or found
        if len(found) != 1:
            what = "whose image is not in the folder" if not found else f"that fits {len(found)} series alike"
            self._leave(patient, f"a {mask.kind} {what}")
            return None
        if self.patient_of(found[0].folder, found[0].patient) != patient:
            self._leave(patient, f"a {mask.kind} that refers to the series of another patient")
            return None
        return found[0]

    def _baseline(self, patient: str, series: Sequence[DicomSeries]) -> DicomSeries | None:
        """The series of the patient that is imported."""
        if len(series) == 1:
            return series[0]
        dates = sorted(each.date for each in series)
        earliest = [each for each in series if each.date == dates[0]]
        if self.selection.several == "earliest" and dates[0] and len(earliest) == 1:
            self._leave(patient, f"masks of {len(series) - 1} later series")
            return earliest[0]
        remedy = "Add --several earliest to take the first study, or take the others out of the folder"
        if self.selection.several == "earliest":
            remedy = "No study is the earliest by its date: take all but one out of the folder"
        self._leave(patient, f"masks on {len(series)} series. {remedy}")
        return None

    def _annotations(self, patient: str, masks: Sequence[DicomMask]) -> Iterator[PlannedMask]:
        """What each reader marked on one series."""
        readers: dict[str, list[tuple[DicomMask, tuple[Segment, ...]]]] = {}
        for mask in masks:
            lesions = self._lesions(mask)
            if not lesions:
                named = " by --lesions" if self.selection.lesions else ""
                labels = "none of its segments is a lesion" + named
                self._leave(patient, f"a {mask.kind}: {labels}. Name those that are with --lesions")
                continue
            readers.setdefault(self.listing.reader_of(mask), []).append((mask, lesions))
        for reader, found in readers.items():
            if len(found) > 1 and not self.selection.join:
                kinds = " and ".join(sorted({mask.kind for mask, _ in found}))
                remedy = "Add --join if together they are one annotation, --masks SEG or RTSTRUCT to choose a kind"
                self._leave(patient, f"{len(found)} masks ({kinds}) of one reader on one image. {remedy}")
                continue
            yield PlannedMask(
                reader,
                tuple(f"{mask.file}::{'+'.join(str(each.number) for each in lesions)}" for mask, lesions in found),
                lesions=tuple(lesions for _, lesions in found),
                organs=tuple(self._organs(mask, lesions) for mask, lesions in found),
            )

    def _lesions(self, mask: DicomMask) -> tuple[Segment, ...]:
        """Segments of a mask that are lesions, in the order of the file."""
        if not self.selection.lesions:
            return tuple(segment for segment in mask.segments if not segment.is_organ)
        return _matching(mask.segments, self.selection.lesions)

    def _organs(self, mask: DicomMask, lesions: Sequence[Segment]) -> tuple[tuple[Segment, int], ...]:
        """Segments of a mask that are organs, and which."""
        rest = [segment for segment in mask.segments if segment not in lesions]
        if self.selection.organs is None:
            return tuple((each, each.organ) for each in rest if each.is_organ and each.organ != UNLABELLED)
        return tuple(
            (segment, ORGANS.index(organ))
            for pattern, organ in self.selection.organs.items()
            for segment in _matching(rest, [pattern])
        )

    def _path_of(self, series: DicomSeries) -> str:
        """The series as a table names it: its folder, and its number where the folder holds several."""
        beside = [each for each in self.listing.series if each.folder == series.folder]
        order = sorted(beside, key=lambda each: (-each.slices, each.uid))  # as read_volume counts them
        return f"{series.folder}::{1 + order.index(series)}" if len(order) > 1 else str(series.folder)

    def _leave(self, patient: str, reason: str, *, is_fault: bool = False) -> None:
        """Note that something is left out."""
        self.left_out.append(LeftOut(patient, reason, is_fault))


def _matching(segments: Sequence[Segment], patterns: Sequence[str]) -> tuple[Segment, ...]:
    """Segments that one of the patterns or numbers means, in the order of the file."""
    meant: set[int] = set()
    for pattern in patterns:
        try:
            meant |= {segment.number for segment in choose_segments(segments, pattern)}
        except DicomFault:  # this pattern means none of them, another one may
            continue
    return tuple(segment for segment in segments if segment.number in meant)
