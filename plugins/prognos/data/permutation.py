"""Outcomes dealt anew among the patients of a cohort: the null case, in which nothing can be predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prognos.config import keys

__all__ = ["permute_outcomes"]

OUTCOME = (keys.LABEL, keys.ENTRY)
"""What stays together when it moves to another patient: time and event, and an entry, which must precede the time."""


def permute_outcomes(samples: Sequence[Mapping[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Give each patient the outcome of another one drawn at random, after which no model should do better than 0.5.

    Everything else, the fold included, stays with the patient, so the events of the folds may differ more than before.

    Args:
        samples: patients of :func:`prognos.data.read_cohort`, the whole cohort.
        seed: of the permutation; a function of it and of the number of patients alone.

    Returns:
        New samples in the same order.
    """
    import numpy as np  # here: judging a table shall not wait for it

    order = np.random.default_rng(seed).permutation(len(samples))
    return [
        {**sample, **{name: samples[other][name] for name in OUTCOME if name in sample}}
        for sample, other in zip(samples, order, strict=True)
    ]
