"""Survival label of a sample, from the columns of a table."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.transforms import Transform

from prognos.config import keys

__all__ = ["EncodeSurvivald"]


class EncodeSurvivald(Transform):
    """Write the label ``[time, event]``, float64 [2], from two entries of a sample.

    Args:
        time_key: follow-up time from baseline to the event or the last visit, in days, > 0.
        event_key: 1 = event observed, 0 = censored.
        label_key: where the label is written; what was there is replaced.

    Example:
        >>> EncodeSurvivald()({"time": 120, "event": 1})["label"]
        tensor([120.,   1.], dtype=torch.float64)
    """

    def __init__(self, time_key: str = "time", event_key: str = "event", label_key: str = keys.LABEL) -> None:
        self.time_key, self.event_key, self.label_key = time_key, event_key, label_key

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Write the label of one sample.

        Args:
            data: sample with time and event, as numbers, text or tensors of one value.

        Returns:
            The sample with its label.

        Raises:
            KeyError: when time or event is missing.
            ValueError: when the time is not a positive number or the event is neither 0 nor 1.
        """
        for key in (self.time_key, self.event_key):
            if key not in data:
                raise KeyError(f"EncodeSurvivald: the sample has no {key!r}; it has {sorted(map(str, data))}.")
        time, event = _number(data[self.time_key]), _number(data[self.event_key])
        if not 0.0 < time < math.inf:
            raise ValueError(
                f"EncodeSurvivald: {self.time_key} is {data[self.time_key]!r}, expected a positive number of days from "
                f"baseline to the event or to the last visit. Leave out patients without follow-up; do not write 0."
            )
        if event not in (0.0, 1.0):
            raise ValueError(
                f"EncodeSurvivald: {self.event_key} is {data[self.event_key]!r}, expected 1 (event observed) or 0 "
                f"(censored)."
            )
        return {**data, self.label_key: torch.tensor([time, event], dtype=torch.float64)}


def _number(value: Any) -> float:
    """A float, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
