"""Writes the lesions of a DICOM series as a DICOM SEG, for viewers and archives.

W, H and D are the pixels of a slice along its rows and columns, and the number of slices.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prognos import __version__
from prognos.config.parts import split_part
from prognos.files import written_whole
from prognos.handlers.lesion_seg_segment import describe_segment
from prognos.handlers.lesion_seg_source import Identity, read_source, require_identity
from prognos.handlers.ranked_lesion import RankedLesion
from prognos.networks import Provenance
from prognos.transforms import MarkedLesion, Volume, restore_orientation
from prognos.transforms.dicom.headers import DicomFault, is_dicom, silence
from prognos.transforms.dicom.pixels import Acquisition
from prognos.transforms.dicom.series import Slice

__all__ = ["LesionSegWriter"]

logger = logging.getLogger(__name__)

MAKER, MODEL = "prognos", "lesion_prioritization"
"""Manufacturer and model of the equipment that a SEG names."""

SERIES_NUMBER = 900
"""Of the new series: far from those of a scanner. Ours."""

TITLE = "Lesions by predicted risk (research)"
"""Description of the new series."""

CONTENT = "Lesion risks: no unit, no horizon, higher is worse"
"""Description of the content, at most 64 characters."""

REMOVED = "prognos: texts on patient and study not copied"
"""How the SEG of a pseudonym was made, at most 64 characters."""

LONGEST_ID = 64
"""Characters of a patient identifier in DICOM."""

_NO_SERIES = (
    "dicom_seg: the image is no DICOM series, so there is nothing to which a SEG could refer. Name the folder of the "
    "series as the image, or set dicom_seg to null: risk_map.nii.gz and lesions.nii.gz hold the same lesions."
)


class LesionSegWriter:
    """Write one DICOM SEG for an annotation of a DICOM series: one binary segment a lesion, the worst first.

    Label and colour of a segment follow rank and risk; lesions that were not scored come last, in grey. Frames lie on
    slices of the series; lesions may overlap. A series that was straightened gets its segments on the slices as
    acquired.

    By default nothing of the series' headers is repeated but identifiers (UIDs) of study, series and images, which tie
    the segments to them: the patient is called as in the results, and no name, date or number of the hospital is
    copied. ``identity="source"`` copies patient and study, for an archive that shall file the SEG with the scan.

    Args:
        provenance: origin of the weights.
        identity: ``"pseudonym"`` or ``"source"``.

    Raises:
        ValueError: when the weights were not trained on patients, ``identity`` is none of these, or the extra ``dicom``
            is not installed.
    """

    def __init__(self, provenance: Provenance, *, identity: Identity = "pseudonym") -> None:
        require_identity(identity)
        _require_patients(provenance)
        try:
            with silence():
                self.provenance = provenance
                self.identity = identity
        except DicomFault as fault:
            raise ValueError(f"dicom_seg: {fault}.") from None

    def require_series(self, images: Iterable[str | Path]) -> None:
        """Refuse scans to which no SEG could refer, before anything is computed.

        Raises:
            ValueError: when one of them is no DICOM series.
        """
        for image in images:
            path = split_part(image)[0]
            if not path.is_dir() and not is_dicom(path):
                raise ValueError(_NO_SERIES)

    def write(
        self,
        path: Path,
        scan: Volume,
        marked: Iterable[MarkedLesion],
        lesions: Sequence[RankedLesion],
        *,
        limits: tuple[float, float],
        patient: str,
    ) -> None:
        """Write the lesions of one annotation; an annotation without lesions gets no file, for a SEG cannot be empty.

        Args:
            path: ``.dcm`` file.
            scan: the series.
            marked: the voxels of its lesions, on ``scan.grid``.
            lesions: those that were scored, the highest risk first.
            limits: ends of the colour scale.
            patient: identifier of the patient in the results.

        Raises:
            ValueError: when the scan is no DICOM series, or one that has no frame of reference.
        """
        acquisition = scan.acquisition
        if acquisition is None:
            raise ValueError(_NO_SERIES)
        known = {lesion.instance: lesion for lesion in lesions}
        last = len(lesions) + 1
        shown = sorted(
            marked, key=lambda each: (known[each.instance].rank if each.instance in known else last, each.instance)
        )
        if not shown:
            logger.info("no DICOM SEG: the annotation holds no lesion, and a SEG cannot be empty")
            return
        pixels = _pixels(shown, scan, acquisition)
        with silence():
            algorithm = _algorithm(self.provenance)
            segments = [
                describe_segment(
                    number,
                    each,
                    known.get(each.instance),
                    scored=len(lesions),
                    limits=limits,
                    algorithm=algorithm,
                    series=acquisition.series,
                )
                for number, each in enumerate(shown, start=1)
            ]
            seg = self._segmentation(acquisition, pixels, segments, patient[:LONGEST_ID].replace("\\", "_"))
            with written_whole(path) as temporary:
                seg.save_as(temporary)

    def _segmentation(
        self, acquisition: Acquisition, pixels: NDArray[np.unsignedinteger[Any]], segments: Sequence[Any], patient: str
    ) -> Any:
        """The data set. Pixels have the shape [D, H, W], or [D, H, W, segments] where lesions overlap."""
        from highdicom.seg import Segmentation
        from pydicom.uid import generate_uid

        marked = [slice_ for slice_, plane in zip(acquisition.slices, pixels, strict=True) if plane.any()]
        source = read_source(marked, acquisition.stack.gap, identity=self.identity, patient=patient)
        seg = Segmentation(
            source_images=source,
            pixel_array=_planes(acquisition.slices, pixels, source),
            segmentation_type="BINARY",
            segment_descriptions=segments,
            series_instance_uid=generate_uid(),
            series_number=SERIES_NUMBER,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer=MAKER,
            manufacturer_model_name=MODEL,
            software_versions=__version__,
            device_serial_number=self.provenance.sha256,
            content_label="LESION_RISK",
            content_description=CONTENT,
            series_description=TITLE,
        )
        if self.identity == "pseudonym":
            seg.PatientIdentityRemoved, seg.DeidentificationMethod = "YES", REMOVED
        return seg


def _require_patients(provenance: Provenance) -> None:
    """Refuse weights whose risks must not reach a viewer in which patients are read."""
    if provenance.trained_on == "patients":
        return
    reasons = {
        "synthetic": "the weights were trained on synthetic images, so their risks say nothing about a real patient",
        "unknown": "nobody can say on what the weights were trained, because the file of their provenance is missing "
        "or belongs to others",
    }
    raise ValueError(
        f"dicom_seg: {reasons[provenance.trained_on]}, and a DICOM SEG would carry them into clinical viewers without "
        f"their notice. Train the bundle on patients, or set dicom_seg to null: tables, maps and pictures are written "
        f"and bear the notice."
    )


def _algorithm(provenance: Provenance) -> Any:
    """What made the risks."""
    from highdicom import AlgorithmIdentificationSequence
    from pydicom.sr.codedict import codes

    return AlgorithmIdentificationSequence(
        name=f"{MAKER} {MODEL}",
        family=codes.DCM.ArtificialIntelligence,
        version=__version__,
        source=MAKER,
        parameters={
            "weights_sha256": provenance.sha256,
            "weights_trained_on": f"{provenance.trained_on}: {provenance.description}",
        },
    )


def _pixels(shown: Sequence[MarkedLesion], scan: Volume, acquisition: Acquisition) -> NDArray[np.unsignedinteger[Any]]:
    """Lesions on the slices as acquired: numbers from 1, [D, H, W]; where they overlap masks, [D, H, W, lesions]."""

    def acquired(array: NDArray[Any]) -> NDArray[Any]:
        stored = restore_orientation(array, scan.stored)
        return (stored if acquisition.straightening is None else acquisition.straightening.acquired(stored)).T

    numbers = np.zeros(scan.array.shape, np.uint8 if len(shown) < 2**8 else np.uint16)
    overlap = False
    for number, (_, box, inside) in enumerate(shown, start=1):
        overlap = overlap or bool(numbers[box][inside].any())
        numbers[box][inside] = number
    if not overlap:
        return acquired(numbers)
    masks = []
    for _, box, inside in shown:
        mask = np.zeros(scan.array.shape, np.uint8)
        mask[box][inside] = 1
        masks.append(acquired(mask))
    return np.stack(masks, axis=-1)


def _planes(
    slices: Sequence[Slice], pixels: NDArray[np.unsignedinteger[Any]], source: Sequence[Any]
) -> NDArray[np.unsignedinteger[Any]]:
    """Pixels of the images of the source, one a file, or one for each frame of a single file."""
    if slices[0].frame is None:
        return pixels[pixels.reshape(len(pixels), -1).any(axis=1)]
    planes = np.zeros((int(source[0].NumberOfFrames), *pixels.shape[1:]), pixels.dtype)
    for each, plane in zip(slices, pixels, strict=True):
        planes[each.frame] = plane
    return planes
