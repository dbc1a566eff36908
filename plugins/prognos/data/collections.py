"""Public collections of CT with outlined lesions and survival: how their files and clinical tables name things.

What is written here was found in the publications and tables that ``docs/reference/import.md`` names; that page
also says what nobody has confirmed on the files themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from prognos.data.cohort import TimeUnit

__all__ = ["COLLECTIONS", "Collection", "Dates", "Endpoint"]

VITAL_STATUS: Mapping[str, int] = MappingProxyType({"alive": 0, "dead": 1, "deceased": 1, "0": 0, "1": 1})
"""Words for the event flag, in lower case. Numbers are read as numbers, so ``1.0`` is 1."""


@dataclass(frozen=True)
class Dates:
    """Columns of dates from which a time is computed.

    Args:
        origin: date of the image.
        event: date of the event, read where the status says that there was one.
        last: date of the last contact, read where it says that there was none.
        formats: how a date may be written, as ``datetime.strptime`` takes it; the first that fits counts.
    """

    origin: str
    event: str
    last: str
    formats: tuple[str, ...]


@dataclass(frozen=True)
class Endpoint:
    """What counts as the event, and when.

    Args:
        status: column of the event flag.
        time: column of the time, or the columns of dates from which it follows.
        unit: of the time; dates give days.
        origin: what the time is counted from, in words.
        words: event flag by what the column of the status says, in lower case.
    """

    status: str
    time: str | Dates
    origin: str
    unit: TimeUnit = "days"
    words: Mapping[str, int] = field(default_factory=lambda: VITAL_STATUS)


@dataclass(frozen=True)
class Collection:
    """A public collection.

    Args:
        name: as on the command line.
        title: as its archive calls it.
        patients: how many it has, by its archive.
        identifiers: columns that may hold the identifier of the DICOM headers; of several the one that fits is taken.
        endpoints: by name, the usual one first.
        covariates: columns that go into the cohort table, by the name that they get there.
        lesions: patterns of the labels of segments that are lesions (``*``, ``?``; upper and lower case alike).
        organs: organ by the pattern of its segment's label, in the order in which they are painted.
        masks: kind of file that holds the masks; empty when it has but one.
        missing: numbers that stand for a value nobody knows.
    """

    name: str
    title: str
    patients: int
    identifiers: tuple[str, ...]
    endpoints: Mapping[str, Endpoint]
    covariates: Mapping[str, str]
    lesions: tuple[str, ...]
    organs: Mapping[str, str] = field(default_factory=dict)
    masks: Literal["", "SEG", "RTSTRUCT"] = ""
    missing: tuple[float, ...] = ()


_RADIOMICS = Collection(
    name="nsclc-radiomics",
    title="NSCLC-Radiomics",
    patients=422,
    identifiers=("dicom_patient_id", "PatientID"),
    endpoints={"death": Endpoint("deadstatus.event", "Survival.time", "the start of treatment")},
    covariates={
        "age": "age",
        "gender": "sex",
        "clinical.T.Stage": "t_stage",
        "Clinical.N.Stage": "n_stage",
        "Clinical.M.Stage": "m_stage",
        "Overall.Stage": "stage",
        "Histology": "histology",
    },
    lesions=("GTV*", "Neoplasm*"),
    organs={"Lung*": "lung", "Heart*": "mediastinum", "Esophagus*": "mediastinum", "Spinal*Cord*": "spinal cord"},
    masks="RTSTRUCT",
)

_RADIOGENOMICS = Collection(
    name="nsclc-radiogenomics",
    title="NSCLC-Radiogenomics",
    patients=211,
    identifiers=("dicom_patient_id", "Case ID"),
    endpoints={
        "death": Endpoint(
            "Survival Status",
            Dates("CT Date", "Date of Death", "Date of Last Known Alive", ("%m/%d/%Y", "%Y-%m-%d", "%m/%d/%y")),
            "the CT",
        )
    },
    covariates={
        "Age at Histological Diagnosis": "age",
        "Gender": "sex",
        "Smoking status": "smoking",
        "Histology": "histology",
        "Pathological T stage": "t_stage",
        "Pathological N stage": "n_stage",
        "Pathological M stage": "m_stage",
    },
    lesions=("*",),
    masks="SEG",
)

_LIVER_METASTASES = Collection(
    name="colorectal-liver-metastases",
    title="Colorectal-Liver-Metastases",
    patients=197,
    identifiers=("dicom_patient_id", "Patient-ID", "De-identify Scout Name"),
    endpoints={
        "death": Endpoint("vital_status", "overall_survival_months", "the resection", "months"),
        "progression": Endpoint("progression_or_recurrence", "months_to_DFS_progression", "the resection", "months"),
        "liver_progression": Endpoint(
            "progression_or_recurrence_liveronly", "months_to_liver_DFS_progression", "the resection", "months"
        ),
    },
    covariates={
        "age": "age",
        "sex": "sex",
        "body_mass_index": "body_mass_index",
        "major_comorbidity": "major_comorbidity",
        "node_positive_primary": "node_positive_primary",
        "synchronous_crlm": "synchronous",
        "multiple_metastases": "multiple_metastases",
        "bilobar_disease": "bilobar_disease",
        "extrahep_disease": "extrahepatic_disease",
        "max_tumor_size": "max_tumor_size",
        "carcinoembryonic_antigen": "carcinoembryonic_antigen",
        "clinrisk_score": "clinical_risk_score",
        "chemo_before_liver_resection": "chemotherapy_before",
    },
    lesions=("Tumor*",),
    organs={"Liver": "liver"},
    masks="SEG",
    missing=(-999.0, 999.0),
)

COLLECTIONS: Mapping[str, Collection] = MappingProxyType(
    {each.name: each for each in (_RADIOMICS, _RADIOGENOMICS, _LIVER_METASTASES)}
)
"""Collections that are understood, by name."""
