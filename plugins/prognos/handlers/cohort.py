"""Base of the handlers that attach a cohort metric to a MONAI engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from ignite.engine import Engine
from monai.handlers import IgniteMetricHandler, from_engine

from prognos.config import keys
from prognos.metrics.cohort import CohortMetric

__all__ = ["CohortMetricHandler"]


class CohortMetricHandler(IgniteMetricHandler):
    """Feed a metric with the predictions and labels of an epoch, decollated or not.

    Args:
        metric: computed over all batches and processes at the end of the epoch.
        output_transform: takes ``engine.state.output`` and returns the pair (log hazard, label), each a tensor
            [B, ...] or a list of B tensors. None reads the keys ``pred`` and ``label``.
        group_key: key of ``engine.state.batch`` that tells annotations of one patient, such as ``"patient_index"``;
            their log hazards are averaged before the metric. None: every sample is a patient.

    Note:
        Where the prediction is a dictionary, its ``log_hazard`` is read.
    """

    def __init__(
        self,
        metric: CohortMetric,
        output_transform: Callable[[Any], Any] | None = None,
        group_key: str | None = None,
    ) -> None:
        read = from_engine(["pred", keys.LABEL]) if output_transform is None else output_transform
        super().__init__(metric, output_transform=read, save_details=False)
        self.group_key = group_key

    @torch.no_grad()
    def iteration_completed(self, engine: Engine) -> None:
        """Hand one batch to the metric whole; Ignite would cut a decollated one into samples without patients."""
        log_hazard, label = self._output_transform(engine.state.output)
        if self.group_key is None:
            self.metric_fn(_log_hazard(log_hazard), label)
            return
        batch: Any = engine.state.batch
        is_whole = isinstance(batch, Mapping)
        patient = batch[self.group_key] if is_whole else [sample[self.group_key] for sample in batch]
        self.metric_fn(_log_hazard(log_hazard), label, patient)


def _log_hazard(prediction: Any) -> Any:
    """The log hazard of a prediction that may be a dictionary, or a list of dictionaries after decollation."""
    if isinstance(prediction, Mapping):
        return prediction[keys.LOG_HAZARD]
    if isinstance(prediction, (list, tuple)):
        return [_log_hazard(sample) for sample in prediction]
    return prediction
