"""Tiny synthetic DICOM, written to disk without the code under test: CT series, SEG and RTSTRUCT.

Arrays have the axes (row direction, column direction, slice), and affines map their indices to LPS mm. Every text that
could name somebody holds :data:`TOKEN`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from highdicom.content import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentDescription
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from scans import AFFINE, make_image

TOKEN = "Zaphod"
"""A name that may appear in no output."""

TEXTS = {
    "PatientName": f"{TOKEN}^Beeble",
    "PatientID": f"{TOKEN}1",
    "PatientBirthDate": "19000101",
    "AccessionNumber": f"{TOKEN}2",
    "InstitutionName": f"{TOKEN} Hospital",
    "ReferringPhysicianName": f"{TOKEN}^Doctor",
    "StationName": TOKEN,
    "SeriesDescription": f"chest of {TOKEN}",
    "StudyDescription": f"chest of {TOKEN}",
    "ProtocolName": TOKEN,
}


def write_series(
    folder: Path,
    array: NDArray[np.int16] | None = None,
    *,
    affine: NDArray[np.float64] = AFFINE,
    origins: Sequence[Sequence[float]] | None = None,
    names: Sequence[str] = (),
    frame_of_reference: str = "",
    **changes: Any,
) -> list[Dataset]:
    """Write a CT series, one file a slice.

    Args:
        folder: receives the files, ``0.dcm``, ``1.dcm``, ...
        array: HU. Shape [W, H, D].
        affine: index -> LPS mm.
        origins: position of each slice instead of the one that ``affine`` gives.
        names: of the files.
        frame_of_reference: identifier of the coordinate system; a new one by default.
        changes: other attributes, the same in each file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    array = make_image() if array is None else array
    study, series, frame = generate_uid(), generate_uid(), frame_of_reference or generate_uid()
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    along = affine[:3, :2] / sides[:2]
    written = []
    for number in range(array.shape[2]):
        header = _header(CTImageStorage, "CT")
        header.StudyInstanceUID, header.SeriesInstanceUID, header.FrameOfReferenceUID = study, series, frame
        origin = affine[:3, 3] + number * affine[:3, 2] if origins is None else origins[number]
        header.ImagePositionPatient = [f"{value:.6f}" for value in origin]
        header.ImageOrientationPatient = [f"{value:.10f}" for value in along.T.reshape(-1)]
        header.PixelSpacing = [float(sides[1]), float(sides[0])]
        header.SliceThickness = float(sides[2])
        header.ImageType, header.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], number + 1
        header.Rows, header.Columns = array.shape[1], array.shape[0]
        header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
        header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 16, 15, 0
        header.RescaleSlope, header.RescaleIntercept = 1, -1024
        header.PixelData = (array[:, :, number].T + 1024).astype(np.uint16).tobytes()
        for keyword, value in changes.items():
            setattr(header, keyword, value)
        header.save_as(folder / (names[number] if names else f"{number}.dcm"), enforce_file_format=True)
        written.append(header)
    return written


def write_seg(
    path: Path, source: Sequence[Dataset], masks: Mapping[int, NDArray[Any]], kind: str = "BINARY", **arguments: Any
) -> Path:
    """Write a SEG with highdicom.

    Args:
        path: file.
        source: the series, as :func:`write_series` gives it, or some of its slices.
        masks: pixels of each segment on ``source``, in [0, 1]. Shapes [W, H, D].
        kind: ``BINARY``, ``FRACTIONAL`` or ``LABELMAP``.
        arguments: others of highdicom.
    """
    pixels = np.stack([masks[number] for number in masks], axis=-1).transpose(2, 1, 0, 3)
    seg = Segmentation(
        source_images=list(source),
        pixel_array=pixels.astype(np.float32 if kind == "FRACTIONAL" else np.uint8),
        segmentation_type=kind,
        segment_descriptions=[_describe(number) for number in range(1, len(masks) + 1)],
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=TOKEN,
        manufacturer_model_name=TOKEN,
        software_versions=TOKEN,
        device_serial_number=TOKEN,
        content_creator_name=f"{TOKEN}^Reader",
        **arguments,
    )
    seg.save_as(path)
    return path


def write_rtstruct(
    path: Path,
    source: Sequence[Dataset],
    regions: Mapping[int, Sequence[NDArray[np.float64]]],
    *,
    kinds: Mapping[int, str] | None = None,
    **changes: Any,
) -> Path:
    """Write an RTSTRUCT.

    Args:
        path: file.
        source: the series, as :func:`write_series` gives it.
        regions: contours of each region, LPS mm. Shapes [N, 3].
        kinds: interpreted type of each region, ``GTV`` by default.
        changes: other attributes.
    """
    header = _header("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")
    header.StudyInstanceUID, header.SeriesInstanceUID = source[0].StudyInstanceUID, generate_uid()
    header.OperatorsName = f"{TOKEN}^Reader"
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = source[0].SeriesInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = source[0].FrameOfReferenceUID, [study]
    header.ReferencedFrameOfReferenceSequence = [frame]
    header.StructureSetROISequence, header.ROIContourSequence, header.RTROIObservationsSequence = [], [], []
    for number, contours in regions.items():
        region, drawn, seen = Dataset(), Dataset(), Dataset()
        region.ROINumber, region.ROIName = number, f"lesion {number} of {TOKEN}"
        region.ReferencedFrameOfReferenceUID = source[0].FrameOfReferenceUID
        drawn.ReferencedROINumber, drawn.ContourSequence = number, [_contour(each) for each in contours]
        seen.ReferencedROINumber, seen.ObservationNumber = number, number
        seen.RTROIInterpretedType = (kinds or {}).get(number, "GTV")
        header.StructureSetROISequence.append(region)
        header.ROIContourSequence.append(drawn)
        header.RTROIObservationsSequence.append(seen)
    for keyword, value in changes.items():
        setattr(header, keyword, value)
    header.save_as(path, enforce_file_format=True)
    return path


def rectangle(
    first: tuple[float, float], last: tuple[float, float], index: float, affine: NDArray[np.float64] = AFFINE
) -> NDArray[np.float64]:
    """Contour around the pixels ``first`` to ``last`` of a slice, along their edges, LPS mm. Shape [4, 3]."""
    (left, top), (right, bottom) = first, last
    corners = [
        (left - 0.5, top - 0.5),
        (right + 0.5, top - 0.5),
        (right + 0.5, bottom + 0.5),
        (left - 0.5, bottom + 0.5),
    ]
    return np.array([[x, y, index] for x, y in corners]) @ affine[:3, :3].T + affine[:3, 3]


def _header(storage: str, modality: str) -> FileDataset:
    """Data set with what every file has."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = storage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID, header.SOPInstanceUID, header.Modality = storage, meta.MediaStorageSOPInstanceUID, modality
    header.StudyDate, header.StudyTime, header.StudyID, header.SeriesNumber = "20200101", "120000", TOKEN, 1
    header.PatientSex, header.Manufacturer, header.PositionReferenceIndicator = "O", TOKEN, ""
    for keyword, value in TEXTS.items():
        setattr(header, keyword, value)
    return header


def _describe(number: int) -> SegmentDescription:
    """A neoplasm of the liver."""
    return SegmentDescription(
        segment_number=number,
        segment_label=f"lesion {number} of {TOKEN}",
        segmented_property_category=Code("49755003", "SCT", f"{TOKEN} structure"),
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(TOKEN, codes.DCM.ArtificialIntelligence, TOKEN),
        anatomic_regions=[codes.SCT.Liver],
    )


def _contour(corners: NDArray[np.float64]) -> Dataset:
    """A closed contour without a reference to an image."""
    item = Dataset()
    item.ContourGeometricType, item.NumberOfContourPoints = "CLOSED_PLANAR", len(corners)
    item.ContourData = [f"{value:.4f}" for value in corners.reshape(-1)]
    return item
