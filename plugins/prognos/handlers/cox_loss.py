"""Ignite handler that writes the Cox loss of an epoch to ``engine.state.metrics``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from prognos.handlers.cohort import CohortMetricHandler
from prognos.metrics import CoxLossMetric

__all__ = ["CoxLossHandler"]


class CoxLossHandler(CohortMetricHandler):
    """Attach :class:`prognos.metrics.CoxLossMetric` to a MONAI engine: the loss over the cohort, not over batches.

    Args:
        output_transform: takes ``engine.state.output`` and returns the pair (log hazard, label), each a tensor
            [B, ...] or a list of B tensors. None does what ``"$monai.handlers.from_engine(['pred', 'label'])"`` does.
        group_key: key of ``engine.state.batch`` that tells annotations of one patient, such as ``"patient_index"``;
            their log hazards are averaged before the loss. None: every sample is a patient.
        ties: as in :class:`prognos.losses.CoxLoss`.

    Example:
        >>> from monai.handlers import from_engine
        >>> handler = CoxLossHandler(from_engine(["pred", "label"]))  # handler.attach(evaluator, "cox_loss")
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] | None = None,
        group_key: str | None = None,
        ties: Literal["efron", "breslow"] = "efron",
    ) -> None:
        super().__init__(CoxLossMetric(ties), output_transform, group_key)
