"""Codes of DICOM segments: their standard meaning, and the organ group that a code of anatomy stands for."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from prognos.config.organs import ORGANS, UNLABELLED

__all__ = ["NO_CODE", "Code", "organ_of", "read_code"]

_PLAIN = re.compile(r"[A-Za-z0-9.-]{1,16}")

ANATOMY = {
    "lung": "Lung LungStructure UpperLobeOfLung LowerLobeOfLung LobeOfLung MiddleLobeOfRightLung HilumOfLung Pleura",
    "mediastinum": "Mediastinum MediastinalStructure MediastinalLymphNode Heart Esophagus Trachea Thymus",
    "liver": "Liver LiverStructure",
    "bone": "Bone BoneStructure BoneTissue Spine Vertebra Rib Sternum Pelvis Sacrum Skull Femur Humerus Scapula",
    "adrenal": "AdrenalGland AdrenalStructure",
    "spleen": "Spleen",
    "kidney": "Kidney KidneyStructure",
    "stomach": "Stomach StomachStructure",
    "bowel": "Colon ColonStructure LargeIntestine SmallIntestine Rectum Duodenum SigmoidColon",
    "pancreas": "Pancreas",
    "gallbladder": "Gallbladder GallbladderStructure",
    "bladder": "Bladder",
    "prostate": "Prostate",
    "vessel": "Aorta InferiorVenaCava PortalVein",
    "muscle": "Muscle SkeletalMuscle",
    "brain": "Brain BrainStructure",
    "spinal cord": "SpinalCord SpinalCordStructure",
    "thyroid": "Thyroid ThyroidStructure",
}
"""Organ group -> names in pydicom's dictionary of SNOMED CT; older SRT codes are translated by it. Ours."""


class Code(NamedTuple):
    """A coded concept; its meaning is that of the standard, not what the file says.

    Args:
        value: code value, empty when there is none.
        scheme: who issued it: ``SCT``, ``DCM``, ``SRT``, ...
    """

    value: str = ""
    scheme: str = ""

    @property
    def meaning(self) -> str:
        """What the code stands for; empty when the dictionary does not hold it."""
        concept = _concept(self)
        return "" if concept is None else str(concept.meaning)


NO_CODE = Code()
"""Nothing is coded."""


def read_code(sequence: Any) -> Code:
    """First code of a DICOM sequence; empty when there is none or it is no plain code.

    Args:
        sequence: items with code value and scheme, or None.
    """
    for item in sequence or ():
        value, scheme = (str(item.get(name) or "") for name in ("CodeValue", "CodingSchemeDesignator"))
        if _PLAIN.fullmatch(value) and _PLAIN.fullmatch(scheme):
            return Code(value, scheme)
    return NO_CODE


def organ_of(*codes: Code) -> int:
    """Position in ``ORGANS`` of the first code that stands for an organ; 0, unlabelled, when none does."""
    return next((organ for code in codes if (organ := _organ(code))), UNLABELLED)


@cache
def _organ(code: Code) -> int:
    """Position in ``ORGANS`` of an organ's code, else 0."""
    from pydicom.sr.codedict import codes

    concept = _concept(code)
    if concept is None:
        return UNLABELLED
    keywords = [(organ, keyword) for organ, names in ANATOMY.items() for keyword in names.split()]
    known = codes.SCT.concepts
    return next((ORGANS.index(organ) for organ, keyword in keywords if known[keyword] == concept), UNLABELLED)


@cache
def _concept(code: Code) -> Any:
    """Entry of pydicom's dictionary; None when there is none."""
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code as Concept

    if not code.value:
        return None
    wanted = Concept(code.value, code.scheme, "")  # equal to its successor when it is of SRT
    scheme = "SCT" if code.scheme in ("SRT", "SNM3", "99SDM") else code.scheme
    known = getattr(codes, scheme) if scheme in codes.schemes() else None
    return None if known is None else next((entry for entry in known.concepts.values() if entry == wanted), None)
