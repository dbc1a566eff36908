"""Bootstrap over patients, for numbers that have no jackknife.

n samples, R resamples.
"""

from __future__ import annotations

import numpy as np

from prognos.metrics.arguments import Floats

__all__ = ["percentile_interval", "resample_patients"]

FEWEST_DEFINED = 0.9
"""Share of the resamples in which a number must exist, for an interval to be given."""


def resample_patients(size: int, *, replicates: int = 500, seed: int = 0) -> Floats:
    """How often each patient is drawn into each resample, with replacement.

    The counts serve as case weights, so that a statistic of all resamples is computed at once.

    Args:
        size: number of patients.
        replicates: number of resamples.
        seed: the same seed gives the same resamples.

    Returns:
        Counts that sum to ``size`` in each row. Shape [R, n].

    Raises:
        ValueError: when there is no patient, or ``replicates`` is negative.

    Source:
        Efron 1979, Annals of Statistics 7:1-26.
    """
    if size < 1 or replicates < 0:
        raise ValueError(f"cannot draw {replicates} resamples of {size} patients; expected 0 or more of 1 or more.")
    generator = np.random.default_rng(seed)
    return generator.multinomial(size, np.full(size, 1.0 / size), size=replicates).astype(np.float64)


def percentile_interval(values: Floats) -> tuple[Floats, Floats]:
    """Ends of the 95 % interval: the 2.5 % and 97.5 % quantiles over the resamples.

    Args:
        values: of each resample, NaN where a number does not exist. Shape [R, ...].

    Returns:
        Lower and upper ends [...]; NaN where the number does not exist in a tenth of the resamples or more.
    """
    missing = np.full(values.shape[1:], np.nan)
    if not len(values):
        return missing, missing
    defined = np.isfinite(values).mean(axis=0) > FEWEST_DEFINED
    kept = np.where(defined, values, 0.0)
    low, high = np.nanquantile(kept, [0.025, 0.975], axis=0)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)
