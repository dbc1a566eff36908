"""Parts of a training set, for choices and scores that must not see the patients they are made for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prognos.estimators.protocol import Floats

__all__ = ["inner_folds"]


def inner_folds(label: Floats, parts: int, seed: int) -> NDArray[np.int64]:
    """Deal patients into parts alike in events and follow-up.

    The patients are ordered by event and time, and each run of ``parts`` neighbours is dealt to different parts at
    random, as :func:`prognos.data.split_cohort` does.

    Args:
        label: time and event, [N, 2].
        parts: at least 2.
        seed: of the random numbers.

    Returns:
        Part of each patient, 0 to ``parts - 1``, [N].

    Raises:
        ValueError: when ``parts`` is below 2, or there are fewer events than parts.
    """
    events = int(label[:, 1].sum())
    if parts < 2 or events < parts:
        raise ValueError(
            f"inner cross-validation: {events} events cannot fill {parts} parts, expected 2 parts or more, each "
            f"with an event. Use fewer parts, or give the penalty instead of having it chosen."
        )
    generator = np.random.default_rng(seed)
    order = np.lexsort((label[:, 0], label[:, 1]))[::-1]
    folds = np.empty(len(label), dtype=np.int64)
    for start in range(0, len(order), parts):
        block = order[start : start + parts]
        folds[block] = generator.permutation(parts)[: len(block)]
    return folds
