"""Whether an edit of portraits does what it says: sweeps of one direction, measured on the edited photos.

N portraits, each drawn with K values of beta; F features of a photo; D random directions. Beta moves along a direction
of a latent space. Positive beta is meant to raise the attribute: for the health attribute, the hazard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

__all__ = [
    "RandomComparison",
    "SideEffect",
    "compare_with_random",
    "identity_distance",
    "other_person_distance",
    "share_of_monotone_sweeps",
    "side_effects",
    "sweep_correlation",
    "sweep_slope",
]

Floats = NDArray[np.float64]


class SideEffect(NamedTuple):
    """What another attribute does while the one that is edited changes."""

    per_beta: float
    """Mean change of the other attribute when beta grows by 1, in its unit."""

    per_unit: float
    """Change of the other attribute while the edited one grows by 1 unit: mean slope over mean slope; NaN when the
    edited one does not move."""

    sd_per_unit: float
    """The same in standard deviations of the other attribute over the cohort."""


class RandomComparison(NamedTuple):
    """Effect of a direction beside that of random ones with the same length of step."""

    change: float
    """Mean change of the log hazard from the lowest to the highest beta."""

    random_changes: tuple[float, ...]
    """The same for each random direction."""

    ratio: float
    """The change over the root mean square of the random ones."""

    p_value: float
    """(1 + random directions that move the log hazard at least as far, either way) / (1 + random directions)."""


def sweep_correlation(beta: ArrayLike, value: ArrayLike) -> Floats:
    """Spearman's correlation of a measured value with beta, for each portrait.

    Args:
        beta: distinct numbers, [K].
        value: measured on the edited portraits, [N, K].

    Returns:
        In [-1, 1], [N]; 0 where the value does not change at all. With five betas only a strictly rising sweep reaches
        more than 0.9.

    Raises:
        ValueError: when the shapes do not fit, a number is not finite, or there are fewer than two distinct betas.

    Example:
        >>> sweep_correlation([-1, 0, 1], [[0.1, 0.2, 0.9], [0.9, 0.2, 0.1]])
        array([ 1., -1.])

    Source:
        Spearman 1904, American Journal of Psychology 15:72-101; ties take their mean rank.
    """
    moved, values = _sweep(beta, value)
    x = rankdata(moved) - (len(moved) + 1) / 2
    y = rankdata(values, axis=1) - (len(moved) + 1) / 2
    norm = np.sqrt((x @ x) * (y * y).sum(axis=1))
    correlation: Floats = np.divide(y @ x, norm, out=np.zeros(len(values)), where=norm > 0)
    return correlation


def share_of_monotone_sweeps(beta: ArrayLike, value: ArrayLike, *, threshold: float = 0.95) -> float:
    """Share of portraits whose value rises with beta: :func:`sweep_correlation` at least ``threshold``.

    Args:
        beta: [K].
        value: [N, K].
        threshold: in [-1, 1].

    Returns:
        In [0, 1]; higher means that the edit does what it says for more patients.
    """
    return float((sweep_correlation(beta, value) >= threshold - 1e-12).mean())


def sweep_slope(beta: ArrayLike, value: ArrayLike) -> Floats:
    """Least-squares change of a value when beta grows by 1, for each portrait.

    Args:
        beta: [K].
        value: [N, K].

    Returns:
        In the unit of the value, [N].

    Raises:
        ValueError: as :func:`sweep_correlation`.
    """
    moved, values = _sweep(beta, value)
    centred = moved - moved.mean()
    slope: Floats = values @ centred / (centred @ centred)
    return slope


def side_effects(
    beta: ArrayLike, edited: ArrayLike, others: Mapping[str, ArrayLike], *, sd: Mapping[str, float]
) -> dict[str, SideEffect]:
    """What the other attributes do in a sweep, per beta and per unit of the attribute that is edited.

    Args:
        beta: [K].
        edited: the attribute that is edited, measured on the edited portraits after they were embedded again; for
            health the log hazard, no unit, higher = earlier event, [N, K].
        others: name -> value of another attribute measured on the same portraits, [N, K].
        sd: name -> standard deviation of the attribute over the cohort, > 0.

    Returns:
        One :class:`SideEffect` an attribute.

    Raises:
        ValueError: as :func:`sweep_correlation`, or when an attribute has no standard deviation.
    """
    missing = [name for name in others if not sd.get(name, 0.0) > 0]
    if missing:
        raise ValueError(f"no standard deviation above 0 for {', '.join(missing)}; give that of the cohort.")
    own = float(sweep_slope(beta, edited).mean())
    effects = {}
    for name, value in others.items():
        slope = float(sweep_slope(beta, value).mean())
        ratio = slope / own if own != 0 else float("nan")
        effects[name] = SideEffect(slope, ratio, ratio / sd[name])
    return effects


def identity_distance(edited: ArrayLike, unedited: ArrayLike) -> Floats:
    """How far an edited portrait is from its unedited one, as a network that knows faces sees it.

    Args:
        edited: features of the edited portraits, [N, K, F].
        unedited: features of the unedited ones, [N, F].

    Returns:
        1 - cosine similarity, in [0, 2], 0 = the same, [N, K].

    Raises:
        ValueError: when the shapes do not fit, a number is not finite, or a feature vector is all 0.
    """
    moved, fixed = np.asarray(edited, np.float64), np.asarray(unedited, np.float64)
    if moved.ndim != 3 or fixed.shape != (moved.shape[0], moved.shape[2]):
        raise ValueError(f"features have shapes {moved.shape} and {fixed.shape}, expected [N, K, F] and [N, F].")
    similarity: Floats = np.einsum("nkf,nf->nk", _unit(moved), _unit(fixed))
    return np.clip(1.0 - similarity, 0.0, 2.0)


def other_person_distance(unedited: ArrayLike) -> float:
    """Median distance between portraits of different patients: the yardstick of :func:`identity_distance`.

    Args:
        unedited: features, one row a patient, [N, F].

    Returns:
        1 - cosine similarity, in [0, 2]; NaN with a single patient.
    """
    unit = _unit(np.asarray(unedited, np.float64))
    distance = (1.0 - unit @ unit.T)[np.triu_indices(len(unit), 1)]
    return float(np.median(distance)) if len(distance) else float("nan")


def compare_with_random(change: float, random_changes: ArrayLike) -> RandomComparison:
    """Set the effect of a direction beside that of random directions of equal length.

    Args:
        change: mean change of the log hazard over the sweep of the direction.
        random_changes: the same for each random direction, [D].

    Returns:
        Ratio and permutation p value. With D random directions p is at least 1 / (1 + D).

    Raises:
        ValueError: when there is no random direction, or a number is not finite.
    """
    others = np.asarray(random_changes, np.float64)
    if others.ndim != 1 or not len(others) or not np.isfinite([change, *others]).all():
        raise ValueError(f"cannot compare with {others.shape} random changes; expected at least one, all finite.")
    spread = float(np.sqrt(np.mean(others**2)))
    as_far = int((np.abs(others) >= abs(change)).sum())
    ratio = change / spread if spread > 0 else float("inf") if change else float("nan")
    return RandomComparison(float(change), tuple(others.tolist()), ratio, (1 + as_far) / (1 + len(others)))


def _sweep(beta: ArrayLike, value: ArrayLike) -> tuple[Floats, Floats]:
    """Checked betas [K] and values [N, K]."""
    moved, values = np.asarray(beta, np.float64), np.asarray(value, np.float64)
    if moved.ndim != 1 or len(np.unique(moved)) < 2:
        raise ValueError(f"betas are {moved.tolist()}, expected at least two distinct numbers.")
    if values.ndim != 2 or values.shape[1] != len(moved) or not len(values):
        raise ValueError(f"a sweep has shape {list(values.shape)}, expected [N, {len(moved)}], one column a beta.")
    if not np.isfinite(values).all():
        raise ValueError(f"{int((~np.isfinite(values)).sum())} of {values.size} values of a sweep are not finite.")
    return moved, values


def _unit(features: Floats) -> Floats:
    """Feature vectors of length 1."""
    norm = np.linalg.norm(features, axis=-1, keepdims=True)
    if not np.isfinite(features).all() or (norm == 0).any():
        raise ValueError("a feature vector is all 0 or not finite; give features that describe every photo.")
    unit: Floats = features / norm
    return unit
