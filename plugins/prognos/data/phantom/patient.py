"""One synthetic patient, from its seed to its files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from prognos.data.phantom.anatomy import SITES, Anatomy, build_anatomy
from prognos.data.phantom.lesions import Lesion, draw_lesions, patient_burden
from prognos.data.phantom.readers import Reading, draw_readings
from prognos.data.phantom.render import lesion_shape, paint_lesion, scan
from prognos.files import written_whole

__all__ = ["DESCRIPTION", "Patient", "draw_patient", "record_path", "render_patient", "write_patient"]

DESCRIPTION = "prognos synthetic"
"""Written into the header of every volume."""

AGE_MEAN_YEARS, AGE_SD_YEARS = 63.0, 9.0
"""Age at the scan."""

DISTANT_SITES, DISTANT_LESIONS = SITES[2:], 2
"""Sites outside the chest's soft parts, and the lesions there that make a cancer stage IV: three patients in four."""

ANATOMY_STREAM, LESION_STREAM, READER_STREAM, NOISE_STREAM, CLINICAL_STREAM = range(5)
"""Independent sources of chance of a patient: drawing more from one changes no other."""


@dataclass(frozen=True)
class Patient:
    """What is true about a patient, and who read the scan.

    Attributes:
        patient_id: ``syn-<seed>-<number>``, both with four digits.
        lesions: the true lesions.
        readings: one for each reader.
        age: years.
        sex: ``"F"`` or ``"M"``.
        stage: ``"IV"`` with at least two lesions in bone, liver or adrenals, else ``"III"``.
        treatment: 1 treated, 0 control.
        burden: sum of scaled lesion risks, no unit, higher is worse.
    """

    patient_id: str
    lesions: list[Lesion]
    readings: list[Reading]
    age: int
    sex: str
    stage: str
    treatment: int
    burden: float


def draw_patient(seed: int, number: int, spacing: tuple[float, float, float]) -> tuple[Patient, Anatomy]:
    """Draw everything about a patient except the scanner's noise.

    Args:
        seed: of the cohort.
        number: of the patient in the cohort, from 1.
        spacing: voxel size along x, y and z, mm.
    """
    anatomy = build_anatomy(_source(seed, number, ANATOMY_STREAM), spacing)
    lesions = draw_lesions(_source(seed, number, LESION_STREAM), anatomy)
    readings = draw_readings(_source(seed, number, READER_STREAM), lesions)
    clinical = _source(seed, number, CLINICAL_STREAM)
    patient = Patient(
        patient_id=f"syn-{seed:04d}-{number:04d}",
        lesions=lesions,
        readings=readings,
        age=int(np.clip(clinical.normal(AGE_MEAN_YEARS, AGE_SD_YEARS), 30, 90)),
        sex=str(clinical.choice(["F", "M"])),
        stage="IV" if sum(lesion.site in DISTANT_SITES for lesion in lesions) >= DISTANT_LESIONS else "III",
        treatment=int(clinical.integers(2)),
        burden=patient_burden(lesions),
    )
    return patient, anatomy


def render_patient(
    patient: Patient, anatomy: Anatomy, noise: np.random.Generator
) -> tuple[NDArray[np.int16], list[NDArray[np.uint8]], list[NDArray[np.uint8] | None]]:
    """Draw the lesions into the chest, which is changed in place, scan it, and let every reader outline them.

    Returns:
        CT numbers (HU), and for each reading the baseline mask and the follow-up mask (``None`` without follow-up);
        all [X, Y, Z]. A mask holds the numbers of the lesions; where two overlap, the smaller one wins.
    """
    shape = anatomy.hu.shape
    baseline = [np.zeros(shape, np.uint8) for _ in patient.readings]
    followup = [np.zeros(shape, np.uint8) if reading.has_followup else None for reading in patient.readings]
    seen = [{outline.instance: outline for outline in reading.outlines} for reading in patient.readings]
    for lesion in sorted(patient.lesions, key=lambda lesion: -lesion.diameter):
        surface = lesion_shape(lesion, shape, anatomy.spacing)
        paint_lesion(lesion, surface, anatomy)
        inside = anatomy.body[surface.box]
        for first, second, outlines in zip(baseline, followup, seen, strict=True):
            outline = outlines.get(lesion.instance)
            if outline is None:
                continue
            first[surface.box][(surface.depth(outline.scale, outline.shift) < 1.0) & inside] = lesion.instance
            if second is not None:
                again = surface.depth(outline.followup_scale, outline.shift) < 1.0
                second[surface.box][again & inside] = lesion.instance
    return scan(noise, anatomy), baseline, followup


def write_patient(folder: Path, seed: int, number: int, spacing: tuple[float, float, float]) -> Path:
    """Write a patient's volumes and, last, the record that says the patient is complete; skip a complete one.

    Args:
        folder: of the cohort; its sub-folders exist.
        seed: of the cohort.
        number: of the patient, from 1.
        spacing: voxel size, mm.

    Returns:
        The record, a JSON file.
    """
    path = record_path(folder, seed, number)
    if path.exists():
        return path
    patient, anatomy = draw_patient(seed, number, spacing)
    image, baseline, followup = render_patient(patient, anatomy, _source(seed, number, NOISE_STREAM))
    name = patient.patient_id
    _save_volume(folder / f"images/{name}.nii.gz", image, spacing)
    _save_volume(folder / f"organs/{name}.nii.gz", anatomy.organs, spacing)
    annotations = []
    for reading, first, second in zip(patient.readings, baseline, followup, strict=True):
        for timepoint, mask in ((0, first), (1, second)):
            if mask is None:
                continue
            file = f"masks/{name}_{reading.reader}_{('baseline', 'followup')[timepoint]}.nii.gz"
            _save_volume(folder / file, mask, spacing)
            annotations.append(_annotation(name, file, reading.reader, timepoint))
    counts = [int(np.count_nonzero(np.bincount(mask.ravel())[1:])) for mask in baseline]
    _write_record(path, patient, annotations, counts)
    return path


def record_path(folder: Path, seed: int, number: int) -> Path:
    """Where the record of a patient lies."""
    return folder / f"truth/records/syn-{seed:04d}-{number:04d}.json"


def _source(seed: int, number: int, stream: int) -> np.random.Generator:
    """Source of chance that depends on nothing but these three numbers."""
    return np.random.default_rng([seed, number, stream])


def _annotation(name: str, mask: str, reader: str, timepoint: int) -> dict[str, Any]:
    """Row of the annotation table; the follow-up is drawn on the grid of the baseline image."""
    return {
        "patient_id": name,
        "image": f"images/{name}.nii.gz",
        "mask": mask,
        "organ_mask": f"organs/{name}.nii.gz",
        "reader": reader,
        "timepoint": timepoint,
    }


def _save_volume(path: Path, array: NDArray[np.int16] | NDArray[np.uint8], spacing: tuple[float, float, float]) -> None:
    """Write a NIfTI file whose axes run to the left, the back and the head, under its name only once complete."""
    step = np.array(spacing)
    corner = (np.array(array.shape) - 1) * step / 2
    affine = np.diag([-step[0], -step[1], step[2], 1.0])
    affine[:3, 3] = [corner[0], corner[1], -corner[2]]
    volume = nibabel.Nifti1Image(array, affine)
    volume.header.set_xyzt_units("mm")
    volume.header["descrip"] = DESCRIPTION.encode()
    volume.set_sform(affine, code=1)
    volume.set_qform(affine, code=1)
    with written_whole(path) as temporary:
        nibabel.save(volume, temporary)


def _write_record(path: Path, patient: Patient, annotations: list[dict[str, Any]], counts: list[int]) -> None:
    """Write what the tables of the cohort need to know about a patient."""
    record = asdict(patient)
    readings = record.pop("readings")
    record["readers"] = len(readings)
    record["lesion_count"] = float(np.mean(counts))
    record["annotations"] = annotations
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(record), encoding="utf-8")
