"""Synthetic metastatic chest CTs with a known truth."""

from prognos.data.phantom.cohort import PhantomSettings, redraw_survival, write_lesion_cohort
from prognos.data.phantom.truth import true_scores

__all__ = ["PhantomSettings", "redraw_survival", "true_scores", "write_lesion_cohort"]
