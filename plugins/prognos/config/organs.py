"""Organ groups in which a lesion may lie, and the tables that lead from the labels of an organ map to them.

The groups are ours: the regions that Yang et al. (2023, section 3) name (lung, mediastinum, bone, liver, spleen,
kidney, stomach, unlabelled), completed so that every class of TotalSegmentator v2 has a place.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ORGANS", "ORGAN_LABELS", "UNLABELLED"]

ORGANS = (
    "unlabelled",
    "lung",
    "mediastinum",
    "liver",
    "bone",
    "adrenal",
    "spleen",
    "kidney",
    "stomach",
    "bowel",
    "pancreas",
    "gallbladder",
    "bladder",
    "prostate",
    "vessel",
    "muscle",
    "brain",
    "spinal cord",
    "thyroid",
)
"""Name of each organ group; its position is the number stored with a lesion, so new groups are only appended."""

UNLABELLED = 0
"""Group of a lesion that lies in no labelled organ, or whose scan has no organ map."""

_TOTALSEGMENTATOR = (
    (1, 1, "spleen"),
    (2, 3, "kidney"),
    (4, 4, "gallbladder"),
    (5, 5, "liver"),
    (6, 6, "stomach"),
    (7, 7, "pancreas"),
    (8, 9, "adrenal"),
    (10, 14, "lung"),
    (15, 16, "mediastinum"),  # oesophagus, trachea
    (17, 17, "thyroid"),
    (18, 20, "bowel"),
    (21, 21, "bladder"),
    (22, 22, "prostate"),
    (23, 24, "kidney"),  # cysts
    (25, 50, "bone"),  # sacrum, vertebrae
    (51, 51, "mediastinum"),  # heart
    (52, 52, "vessel"),  # aorta, of chest and abdomen
    (53, 54, "mediastinum"),  # pulmonary vein, brachiocephalic trunk
    (55, 58, "vessel"),  # subclavian and common carotid arteries
    (59, 62, "mediastinum"),  # brachiocephalic veins, left atrial appendage, superior vena cava
    (63, 68, "vessel"),  # inferior vena cava, portal and iliac vessels
    (69, 78, "bone"),  # limbs, shoulder girdle, hips
    (79, 79, "spinal cord"),
    (80, 89, "muscle"),
    (90, 90, "brain"),
    (91, 117, "bone"),  # skull, ribs, sternum, costal cartilages
)

ORGAN_LABELS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "prognos": MappingProxyType(dict(enumerate(ORGANS))),
        "totalsegmentator": MappingProxyType(
            {label: group for first, last, group in _TOTALSEGMENTATOR for label in range(first, last + 1)}
        ),
    }
)
"""Label-to-organ tables by name: ``prognos`` (the label is the position in :data:`ORGANS`) and ``totalsegmentator``
(the 117 classes of the task ``total`` of TotalSegmentator v2, which the synthetic cohort uses as well).

Source:
    Class numbers from TotalSegmentator (Wasserthal et al. 2023, Radiology: Artificial Intelligence 5(5), e230024),
    ``map_to_binary.py``, Apache-2.0; the groups are ours.
"""
