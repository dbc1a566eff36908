"""What number describes a whole epoch.

The functions need numpy and torch alone. The metric classes extend MONAI's and are imported at first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports
from prognos.metrics.auc import time_dependent_auc
from prognos.metrics.brier import brier_score, integrated_brier_score
from prognos.metrics.comparison import ComparedModel, compare_models
from prognos.metrics.concordance import (
    concordance_difference,
    concordance_index,
    concordance_interval,
    uno_concordance_index,
)

if TYPE_CHECKING:
    from prognos.metrics.concordance_metric import ConcordanceEstimate, ConcordanceIndexMetric
    from prognos.metrics.cox_loss import CoxLossMetric
    from prognos.metrics.frechet import FrechetDistanceMetric, frechet_distance
    from prognos.metrics.latent_cosine import LatentCosineMetric
from prognos.metrics.edit_checks import EditChecks, SweepValues, check_edit
from prognos.metrics.editing import (
    RandomComparison,
    SideEffect,
    compare_with_random,
    identity_distance,
    other_person_distance,
    share_of_monotone_sweeps,
    side_effects,
    sweep_correlation,
    sweep_slope,
)
from prognos.metrics.saliency import RegionShare, saliency_by_region
from prognos.metrics.subgroups import GroupConcordance, concordance_by_group

__all__ = [
    "ComparedModel",
    "ConcordanceEstimate",
    "ConcordanceIndexMetric",
    "CoxLossMetric",
    "EditChecks",
    "FrechetDistanceMetric",
    "GroupConcordance",
    "LatentCosineMetric",
    "RandomComparison",
    "RegionShare",
    "SideEffect",
    "SweepValues",
    "brier_score",
    "check_edit",
    "compare_models",
    "compare_with_random",
    "concordance_by_group",
    "concordance_difference",
    "concordance_index",
    "concordance_interval",
    "frechet_distance",
    "identity_distance",
    "integrated_brier_score",
    "other_person_distance",
    "saliency_by_region",
    "share_of_monotone_sweeps",
    "side_effects",
    "sweep_correlation",
    "sweep_slope",
    "time_dependent_auc",
    "uno_concordance_index",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ConcordanceEstimate": "concordance_metric",
        "ConcordanceIndexMetric": "concordance_metric",
        "CoxLossMetric": "cox_loss",
        "FrechetDistanceMetric": "frechet",
        "LatentCosineMetric": "latent_cosine",
        "frechet_distance": "frechet",
    },
)
