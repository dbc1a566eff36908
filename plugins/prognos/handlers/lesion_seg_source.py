"""What a DICOM SEG repeats of its series: geometry and identifiers, and patient and study only on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from prognos.transforms.dicom.series import Slice

__all__ = ["Identity", "read_source", "require_identity"]

Identity = Literal["pseudonym", "source"]
"""Whose a SEG says it is: the patient as the results say, or patient and study as the headers of the series say."""

PLACE = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
"""Attributes without which a viewer could not lay the segments on the series; none of them is free text."""

PATIENT_AND_STUDY = (
    "SpecificCharacterSet",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
"""Attributes by which an archive files an object with its patient and study."""

REQUIRED = ("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber")
"""Of these the ones that may be empty but not missing."""


def read_source(slices: Iterable[Slice], gap: float, *, identity: Identity, patient: str) -> list[Any]:
    """Headers of slices, reduced to what a SEG may repeat; call it while headers are silenced.

    Args:
        slices: of one series.
        gap: distance of neighbouring slices of the series, mm.
        identity: whose the SEG shall be.
        patient: identifier of the patient in the results.

    Returns:
        One data set a file.

    Raises:
        ValueError: when the series has no frame of reference.
    """
    import pydicom

    kept = (*PLACE, *PATIENT_AND_STUDY) if identity == "source" else PLACE
    files = dict.fromkeys(each.file for each in slices)
    headers = [pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(kept)) for file in files]
    changes: dict[str, Any] = {"PatientID": patient} if identity == "pseudonym" else {}
    if "NumberOfFrames" not in headers[0]:
        # The slices were found to be parallel; highdicom wants that to the last digit.
        changes |= {"ImageOrientationPatient": headers[0].ImageOrientationPatient, "SpacingBetweenSlices": gap}
        changes |= {} if headers[0].get("SliceThickness") else {"SliceThickness": gap}
    return [_reduced(header, kept, changes) for header in headers]


def require_identity(identity: str) -> None:
    """Refuse an identity that is none."""
    if identity not in get_args(Identity):
        raise ValueError(f"identity is {identity!r}, expected one of {', '.join(get_args(Identity))}.")


def _reduced(header: Any, kept: Sequence[str], changes: Mapping[str, str]) -> Any:
    """A header with nothing but the attributes that are kept; what a SEG cannot do without is empty."""
    from pydicom import Dataset

    result = Dataset()
    result.file_meta = header.file_meta
    for keyword in kept:
        if keyword in header:
            result[keyword] = header[keyword]
    if not result.get("FrameOfReferenceUID"):
        raise ValueError(
            "the series has no frame of reference, to which a DICOM SEG must refer. Export it again with its geometry, "
            "or set dicom_seg to null: risk_map.nii.gz and lesions.nii.gz lie on the scan all the same."
        )
    for keyword in (*REQUIRED, "PatientID"):
        if keyword not in result:
            setattr(result, keyword, "")
    for keyword, value in changes.items():
        setattr(result, keyword, value)
    result.PositionReferenceIndicator = ""
    result.walk(_shorten)
    return result


def _shorten(_: Any, element: Any) -> None:
    """Write decimal numbers with the 16 characters that the standard allows; many scanners and converters do not."""
    from pydicom.valuerep import DSfloat

    if element.VR == "DS" and not element.is_empty:
        values = element.value if element.VM > 1 else [element.value]
        element.value = [DSfloat(float(value), auto_format=True) for value in values]
