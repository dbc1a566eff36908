"""A lesion as a segment of a DICOM SEG: label with rank and risk, colour by risk, codes, tracking identifiers."""

from __future__ import annotations

import hashlib
from typing import Any

from prognos.handlers.ranked_lesion import RankedLesion
from prognos.handlers.risk_map import UNSCORED_RGB
from prognos.transforms import MarkedLesion
from prognos.transforms.dicom.anatomy import ANATOMY
from prognos.visualize import risk_rgb

__all__ = ["describe_segment"]

GENERAL = {"bowel": ("113276009", "Intestine"), "vessel": ("59820001", "Blood vessel")}
"""SNOMED CT code and meaning of organ groups that hold several organs; the others are coded by the first name in
``ANATOMY``."""


def describe_segment(
    number: int,
    marked: MarkedLesion,
    lesion: RankedLesion | None,
    *,
    scored: int,
    limits: tuple[float, float],
    algorithm: Any,
    series: str,
) -> Any:
    """Describe one lesion; call it while headers are silenced.

    Args:
        number: of the segment, from 1.
        marked: its voxels.
        lesion: its risk and rank; None when it was not scored.
        scored: how many lesions of the annotation were.
        limits: ends of the colour scale.
        algorithm: what scored it, a sequence of highdicom.
        series: identifier of the series. With the voxels it makes the tracking identifier, so the same outline on the
            same series keeps it, whoever scores it.
    """
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    outline = [series, str(marked.box), hashlib.sha256(marked.inside.tobytes()).hexdigest()]
    segment = SegmentDescription(
        segment_number=number,
        segment_label=_label(lesion, scored),
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type=SegmentAlgorithmTypeValues.SEMIAUTOMATIC,  # outlined by a reader, scored by a network
        algorithm_identification=algorithm,
        tracking_uid=generate_uid(entropy_srcs=outline),
        tracking_id=f"lesion {marked.instance}",
        anatomic_regions=_anatomy(lesion),
        display_color=CIELabColor.from_rgb(*(UNSCORED_RGB if lesion is None else risk_rgb(lesion.risk, limits))),
    )
    segment.SegmentDescription = _description(marked, lesion)
    return segment


def _label(lesion: RankedLesion | None, scored: int) -> str:
    """What a viewer lists, at most 64 characters."""
    if lesion is None:
        return "not scored, beyond the largest"
    return f"rank {lesion.rank} of {scored}, risk {lesion.risk:.2f}, {lesion.organ}"


def _description(marked: MarkedLesion, lesion: RankedLesion | None) -> str:
    """What a viewer shows on request."""
    whose = f"Lesion {marked.instance} of the mask."
    if lesion is None:
        return f"{whose} Only the largest lesions are scored."
    return (
        f"{whose} Risk {lesion.risk:.4g}, scaled risk {lesion.scaled_risk:.4g}, {lesion.volume:.0f} mm3. Risks have no "
        f"unit and no time horizon, are no probabilities, and order the lesions of a patient: higher is worse."
    )


def _anatomy(lesion: RankedLesion | None) -> list[Any] | None:
    """Code of the organ in which the lesion lies; None where nobody knows."""
    from pydicom.sr.codedict import codes
    from pydicom.sr.coding import Code

    organ = "" if lesion is None else lesion.organ
    if organ in GENERAL:
        value, meaning = GENERAL[organ]
        return [Code(value, "SCT", meaning)]
    return [codes.SCT.concepts[ANATOMY[organ].split()[0]]] if organ in ANATOMY else None
