"""What number describes a whole epoch.

The functions need numpy and torch alone. The metric classes extend MONAI's and are imported at first use.
"""

from typing import TYPE_CHECKING

from prognos.config.exports import lazy_exports
from prognos.metrics.auc import time_dependent_auc
from prognos.metrics.brier import brier_score, integrated_brier_score
from prognos.metrics.concordance import (
    concordance_difference,
    concordance_index,
    concordance_interval,
    uno_concordance_index,
)

if TYPE_CHECKING:
    from prognos.metrics.concordance_metric import ConcordanceEstimate, ConcordanceIndexMetric
    from prognos.metrics.cox_loss import CoxLossMetric

__all__ = [
    "ConcordanceEstimate",
    "ConcordanceIndexMetric",
    "CoxLossMetric",
    "brier_score",
    "concordance_difference",
    "concordance_index",
    "concordance_interval",
    "integrated_brier_score",
    "time_dependent_auc",
    "uno_concordance_index",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ConcordanceEstimate": "concordance_metric",
        "ConcordanceIndexMetric": "concordance_metric",
        "CoxLossMetric": "cox_loss",
    },
)
