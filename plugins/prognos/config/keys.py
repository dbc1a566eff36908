"""Names that cross a folder boundary: the dictionary keys of a sample and the columns of its label.

L is the number of lesions of one annotation, padded to the longest of its batch.
"""

from __future__ import annotations

PATIENT = "patient_id"
"""Identifier of the patient, text. Never printed in an error message."""

PATIENT_INDEX = "patient_index"
"""Row of the patient in the cohort table, int64; groups the annotations of one patient."""

IMAGE = "image"
"""Pixels that enter the network; in a table, the path of the image."""

LABEL = "label"
"""Follow-up time and event flag, float64 [2]."""

TIME = 0
"""Column of the label that holds the follow-up time, in days."""

EVENT = 1
"""Column of the label that holds the event flag: 1 = event observed, 0 = censored."""

ENTRY = "entry"
"""Time of the image after the time origin, in days; left truncation."""

FOLD = "fold"
"""Part of the cross-validation the patient belongs to, an integer from 0."""

MASK = "mask"
"""Lesion masks of one annotation; in a table, one path or several joined by ``;``."""

ORGAN_MASK = "organ_mask"
"""Organ label map on the grid of the image."""

READER = "reader"
"""Who drew the annotation, text."""

TIMEPOINT = "timepoint"
"""0 = baseline, 1 = follow-up."""

ANNOTATIONS = "annotations"
"""The readers' annotations of one scan, a list of dictionaries."""

VOLUME = "volume"
"""Lesion volume, mm3, float32 [L]; 0 marks padding."""

INSTANCE = "instance"
"""Lesion id in its mask, int64 [L]; 0 marks padding."""

ORGAN = "organ"
"""Row of :data:`prognos.data.ORGANS`, int64 [L]; 0 = unlabelled."""

DIAMETER = "diameter"
"""Longest in-plane side of the lesion's bounding box, mm, float32 [L]."""

CENTROID = "centroid"
"""Centre of mass of the lesion, LPS mm, float32 [L, 3]."""

SLICE = "slice"
"""Axial slice the patch was cut from, counted from the feet in the oriented volume, int64 [L]."""

GROWTH = "growth"
"""Follow-up volume divided by baseline volume, no unit, float32 [L]; NaN where no follow-up is known."""

LOG_HAZARD = "log_hazard"
"""Patient's log hazard, no unit, higher = earlier event, [B, 1]."""

RISK = "risk"
"""Risk of each lesion before its size factor, no unit, higher is worse, [B, L]."""

SCALED_RISK = "scaled_risk"
"""Risk times size factor, no unit: what the lesion adds to the patient's log hazard, [B, L]."""

LATENT = "latent"
"""Code of a photo in the latent space of a generator; z and w: [B, w], w+: [B, num_ws, w]."""

LANDMARKS = "landmarks"
"""Points of a face in pixels of its upright photo, x right and y down, float64 [5, 2] or [68, 2]."""

OUTCOME = "outcome"
"""What became of a photo on its way into the cohort, text; ``aligned`` when it can be used."""

CANCER_TYPE = "cancer_type"
"""Type of cancer of the patient, text; the strata of pooled statistics and the subgroups of the report."""

MARGIN = "margin"
"""Shortest distance from the lesion to the border of its organ, mm, float32 [L]; NaN where no organ is known."""

DEPTH = "depth"
"""Shortest distance from the lesion's centre of mass to the border of its organ, mm, float32 [L]."""

MATCHED = "matched"
"""Number of the lesion in the patient, the same for every reader who drew it, int64 [L], from 1."""
