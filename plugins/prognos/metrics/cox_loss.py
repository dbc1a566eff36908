"""Cox loss of a whole cohort, accumulated over the batches of one epoch."""

from __future__ import annotations

import math
import warnings
from typing import Literal

from prognos.config import keys
from prognos.losses import CoxLoss
from prognos.metrics.cohort import CohortMetric

__all__ = ["CoxLossMetric"]


class CoxLossMetric(CohortMetric):
    """Cox loss with the risk sets of the whole cohort, which the mean of the batch losses does not give.

    Args:
        ties: as in :class:`prognos.losses.CoxLoss`.
    """

    def __init__(self, ties: Literal["efron", "breslow"] = "efron") -> None:
        super().__init__()
        self.loss = CoxLoss(ties)

    def aggregate(self) -> float:
        """Compute the loss.

        Returns:
            Negative log partial likelihood, in nats per event. NaN, with one warning, when no event was observed.
        """
        log_hazard, label = self.patients()
        if not bool(label[:, keys.EVENT].any()):
            warnings.warn(
                f"Cox loss undefined: no event among {len(label)} patients; returning NaN. Enlarge the cohort or its "
                f"follow-up.",
                stacklevel=2,
            )
            return math.nan
        return float(self.loss(log_hazard, label))
