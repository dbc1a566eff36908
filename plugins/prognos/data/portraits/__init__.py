"""Drawn portraits of patients who do not exist, with a known truth."""

from prognos.data.portraits.canvas import PORTRAIT_REGIONS
from prognos.data.portraits.clinical import CANCER_TYPES
from prognos.data.portraits.cohort import (
    PortraitSettings,
    redraw_portrait_survival,
    write_aligned_portraits,
    write_portrait_cohort,
)
from prognos.data.portraits.drawing import draw_aligned, draw_photos, draw_regions, locate_points
from prognos.data.portraits.factors import HEALTH_FACTORS, PORTRAIT_FACTORS, draw_factors, read_factors
from prognos.data.portraits.truth import true_portrait_scores

__all__ = [
    "CANCER_TYPES",
    "HEALTH_FACTORS",
    "PORTRAIT_FACTORS",
    "PORTRAIT_REGIONS",
    "PortraitSettings",
    "draw_aligned",
    "draw_factors",
    "draw_photos",
    "draw_regions",
    "locate_points",
    "read_factors",
    "redraw_portrait_survival",
    "true_portrait_scores",
    "write_aligned_portraits",
    "write_portrait_cohort",
]
