"""Chance of drawn patients: numbers that depend on a patient alone, never on who else is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLINICAL", "DOMAINS", "PATIENT", "PHOTO", "SURVIVAL", "Domain", "uniform_numbers"]

Domain = Literal["clinic", "population"]

DOMAINS: tuple[Domain, ...] = ("clinic", "population")
"""``clinic``: older and sicker, plain walls, flat light, frontal; ``population``: wide ages, healthy, outdoors."""

PATIENT, PHOTO, CLINICAL, SURVIVAL = range(4)
"""Independent sources of chance of a patient: drawing more from one changes no other."""

COUNT = 32
"""Numbers taken from a source at once, more than are in use."""


def uniform_numbers(
    domain: Domain, seed: int, numbers: Sequence[int], source: int, *, repeats: Sequence[int] = (0,)
) -> NDArray[np.float64]:
    """Numbers inside (0, 1), the same for the same arguments in every process.

    Args:
        domain: of the patients.
        seed: of the cohort.
        numbers: of the patients, N.
        source: :data:`PATIENT`, :data:`PHOTO`, :data:`CLINICAL` or :data:`SURVIVAL`.
        repeats: which of the endless draws from the source, R: the photo, or the seed of the follow-up.

    Returns:
        Shape [N * R, COUNT]; the repeats of a patient follow each other.

    Raises:
        ValueError: when the domain is unknown.
    """
    if domain not in DOMAINS:
        raise ValueError(f"domain is {domain!r}, expected one of {', '.join(DOMAINS)}.")
    key = [seed, DOMAINS.index(domain)]
    rows = [np.random.default_rng([*key, n, source, repeat]).random(COUNT) for n in numbers for repeat in repeats]
    return np.array(rows, np.float64).reshape(-1, COUNT).clip(1e-9, 1.0 - 1e-9)
