"""Tiny cohorts in DICOM as archives and hospitals arrange them, and their clinical tables, all made up."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicoms import rectangle, write_rtstruct, write_seg, write_series
from prognos.apps.importing import import_cohort
from scans import SHAPE, make_labels

LUNG1 = (
    "PatientID,age,clinical.T.Stage,Clinical.N.Stage,Clinical.M.Stage,Overall.Stage,Histology,gender,Survival.time,"
    "deadstatus.event"
)
"""Header of the clinical table of NSCLC-Radiomics."""

CRLM = (
    "Patient-ID,De-identify Scout Name,sex,age,major_comorbidity,node_positive_primary,overall_survival_months,"
    "vital_status,progression_or_recurrence,months_to_DFS_progression,vital_status_DFS,relevant_notes"
)
"""Columns of the clinical table of Colorectal-Liver-Metastases, some left out."""

RADIOGENOMICS = (
    "Case ID,Patient affiliation,Age at Histological Diagnosis,Gender,Histology,Recurrence,Date of Last Known Alive,"
    "Survival Status,Date of Death,Time to Death (days),CT Date"
)
"""Columns of the clinical table of NSCLC-Radiogenomics, some left out."""


def write_case(folder: Path, patient: str, **changes: Any) -> list[Dataset]:
    """Write a CT series of one patient as NBIA Data Retriever arranges it."""
    return write_series(folder / patient / "01-01-2014-StudyID-1" / "0.000000-NA-1", PatientID=patient, **changes)


def write_labelled_seg(path: Path, source: Sequence[Dataset], masks: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write a SEG whose segments have these labels; its regions of the body are coded as liver."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_seg(path, source, dict(enumerate(masks.values(), start=1)))
    header = dcmread(path)
    header.PatientID = source[0].PatientID
    for segment, label in zip(header.SegmentSequence, masks, strict=True):
        segment.SegmentLabel = label
    header.save_as(path)


def write_labelled_rtstruct(path: Path, source: Sequence[Dataset], regions: Mapping[str, Sequence[Any]]) -> None:
    """Write an RTSTRUCT whose regions have these names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rtstruct(path, source, dict(enumerate(regions.values(), start=1)))
    header = dcmread(path)
    header.PatientID = source[0].PatientID
    for region, label in zip(header.StructureSetROISequence, regions, strict=True):
        region.ROIName = label
    header.save_as(path)


def lesion_contours() -> list[np.ndarray[Any, Any]]:
    """Contours of the block of 4 x 6 voxels of lesion 1."""
    return [rectangle((10, 8), (13, 13), 5)]


def lesion_masks() -> dict[str, np.ndarray[Any, Any]]:
    """A liver with two tumours, and two structures that are none, as in Colorectal-Liver-Metastases."""
    labels = make_labels()
    liver = np.zeros(SHAPE, np.uint8)
    liver[5:25, 2:20, 1:8] = 1
    return {
        "Liver": liver,
        "Liver_Remnant": liver * (np.arange(SHAPE[0])[:, None, None] < 9),
        "Portal": liver * (np.arange(SHAPE[2]) == 7),
        "Tumor_1": (labels == 1).astype(np.uint8),
        "Tumor_2": (labels == 7).astype(np.uint8),
    }


def run_import(folder: Path, layout: str, output: Path, **options: Any) -> dict[str, list[dict[str, str]]]:
    """Import a folder, with a key beside the output unless identifiers are kept; gives the rows of each table."""
    names = {} if options.get("keep_ids") else {"key": str(output.parent / "site.key")}
    import_cohort(str(folder), layout=layout, output_dir=str(output), **names, **options)
    return {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in output.glob("*.csv")}


def written_bytes(folder: Path) -> bytes:
    """Names and contents of all files of a folder; gzip unpacked."""
    import gzip

    parts = []
    for path in sorted(folder.rglob("*")):
        parts.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            parts.append(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return b"\n".join(parts)
