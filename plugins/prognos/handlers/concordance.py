"""Ignite handler that writes the concordance index of an epoch to ``engine.state.metrics``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ignite.engine import Engine

from prognos.handlers.cohort import CohortMetricHandler
from prognos.metrics import ConcordanceIndexMetric

__all__ = ["ConcordanceIndexHandler"]


class ConcordanceIndexHandler(CohortMetricHandler):
    """Attach :class:`prognos.metrics.ConcordanceIndexMetric` to a MONAI evaluator.

    Attached under the name ``c_index``, it writes four numbers to ``engine.state.metrics``, because an index without
    its error and its number of events cannot be judged: ``c_index``, ``c_index_se`` (standard error),
    ``c_index_events`` and ``c_index_patients``.

    Args:
        output_transform: takes ``engine.state.output`` and returns the pair (log hazard, label), each a tensor
            [B, ...] or a list of B tensors. None does what ``"$monai.handlers.from_engine(['pred', 'label'])"`` does.
        group_key: key of ``engine.state.batch`` that tells annotations of one patient, such as ``"patient_index"``;
            their log hazards are averaged before the index. None: every sample is a patient.
        tau: only events up to this time count, in days; None = all.

    Example:
        >>> from monai.handlers import from_engine
        >>> handler = ConcordanceIndexHandler(from_engine(["pred", "label"]))  # handler.attach(evaluator, "c_index")
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] | None = None,
        group_key: str | None = None,
        tau: float | None = None,
    ) -> None:
        super().__init__(ConcordanceIndexMetric(tau), output_transform, group_key)

    def completed(self, engine: Engine, name: str) -> None:
        """Write the index under ``name``, and what it rests on under ``name`` with a suffix."""
        estimate = cast(ConcordanceIndexMetric, self.metric_fn).estimate()
        engine.state.metrics[name] = estimate.concordance
        engine.state.metrics[f"{name}_se"] = estimate.standard_error
        engine.state.metrics[f"{name}_events"] = estimate.events
        engine.state.metrics[f"{name}_patients"] = estimate.patients
