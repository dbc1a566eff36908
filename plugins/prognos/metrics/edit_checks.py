"""All checks of one edited attribute together: does the edit do what it says, and what else does it do?

N portraits, K values of beta, F features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prognos.metrics.editing import (
    RandomComparison,
    SideEffect,
    compare_with_random,
    identity_distance,
    other_person_distance,
    share_of_monotone_sweeps,
    side_effects,
    sweep_correlation,
    sweep_slope,
)

__all__ = ["EditChecks", "HeldChecks", "SweepValues", "change_ratio", "check_edit"]

RISING = 0.95
"""Spearman's correlation from which a patient's sweep counts as rising."""

SHARE = 0.95
"""Share of patients whose sweep must rise."""

STAYS = 0.3
"""Most change of a region that stays, relative to that of the face."""

FACE = "face"
"""Region whose change the others are compared with."""


@dataclass(frozen=True)
class SweepValues:
    """What was measured on the edited portraits of one sweep.

    Args:
        attributes: name -> value after the portraits were embedded again, [N, K] each.
        identity: features that tell persons apart, [N, K, F].
        change: region -> mean absolute change of its pixels, steps of 8 bits, NaN where a portrait does not show it,
            [N, K] each; empty when not measured.
    """

    attributes: Mapping[str, NDArray[np.float64]]
    identity: NDArray[np.float64]
    change: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldChecks:
    """Results along the direction that leaves regions of the portrait as they are.

    Attributes:
        regions: that are held.
        rising_share: share of patients with a correlation of at least 0.95.
        change_per_beta: mean change of the attribute when beta grows by 1, as measured.
        predicted_change_per_beta: the same as the feed-forward reader predicts.
        region_change: region -> mean absolute change of its pixels at each beta, steps of 8 bits, [K].
        effects: other attribute -> what it does.
    """

    regions: tuple[str, ...]
    rising_share: float
    change_per_beta: float
    predicted_change_per_beta: float
    region_change: Mapping[str, tuple[float, ...]]
    effects: Mapping[str, SideEffect]


@dataclass(frozen=True)
class EditChecks:
    """Results of the checks of one attribute.

    Attributes:
        attribute: that was edited.
        betas: [K].
        patients: N.
        correlation: Spearman's correlation of the attribute with beta, [N].
        rising_share: share of patients with a correlation of at least 0.95.
        change_per_beta: mean change of the attribute when beta grows by 1, as measured.
        predicted_change_per_beta: the same as the regression on the latents predicts.
        distance: median distance to the unedited portrait at each beta, [K].
        other_person: median distance between two patients.
        effects: other attribute -> what it does, along the direction as fitted.
        cleaned_effects: the same along the direction without the other attributes; empty when there is none.
        random: comparison with random directions of equal length; None when not assessed.
        region_change: region -> mean absolute change of its pixels at each beta, steps of 8 bits, along the direction
            as fitted, [K]; empty when not measured.
        held: the same checks along the direction that holds regions; None when there is none.
    """

    attribute: str
    betas: tuple[float, ...]
    patients: int
    correlation: tuple[float, ...]
    rising_share: float
    change_per_beta: float
    predicted_change_per_beta: float
    distance: tuple[float, ...]
    other_person: float
    effects: Mapping[str, SideEffect]
    cleaned_effects: Mapping[str, SideEffect] = field(default_factory=dict)
    random: RandomComparison | None = None
    region_change: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    held: HeldChecks | None = None

    @property
    def verdicts(self) -> dict[str, bool | None]:
        """Check -> passed; None where it was not assessed.

        - ``rises``: the attribute rises with beta for at least 95 % of the patients.
        - ``keeps the person``: at every beta the portrait is nearer to itself unedited than to another patient.
        - ``beats random``: no random direction moves the attribute as far.
        - ``cleaning helps``: without the other attributes in the direction, none of them moves more than before.
        - ``rises, surroundings held``: as ``rises``, along the direction that holds regions.
        - ``surroundings stay``: along it, each held region changes at most 0.3 times as much as the face.
        """
        cleaned = [
            abs(self.cleaned_effects[name].sd_per_unit) <= abs(effect.sd_per_unit) + 1e-9
            for name, effect in self.effects.items()
            if name in self.cleaned_effects
        ]
        return {
            "rises": self.rising_share >= SHARE,
            "keeps the person": max(self.distance) < self.other_person if self.patients > 1 else None,
            "beats random": None
            if self.random is None
            else self.random.change > 0 and self.random.p_value <= 1 / (1 + len(self.random.random_changes)) + 1e-12,
            "cleaning helps": all(cleaned) if cleaned else None,
            "rises, surroundings held": None if self.held is None else self.held.rising_share >= SHARE,
            "surroundings stay": None if self.held is None else _stay(self.held),
        }


def check_edit(
    attribute: str,
    betas: Sequence[float],
    sweep: SweepValues,
    *,
    sd: Mapping[str, float],
    predicted_change_per_beta: float,
    cleaned: SweepValues | None = None,
    random: Sequence[ArrayLike] = (),
    held: SweepValues | None = None,
    held_regions: Sequence[str] = (),
    predicted_held_change_per_beta: float = float("nan"),
) -> EditChecks:
    """Check the sweep along one attribute.

    Args:
        attribute: that is edited; a key of the sweep's attributes.
        betas: ascending, with 0 among them, [K].
        sweep: along the direction as fitted.
        sd: attribute -> standard deviation over the cohort.
        predicted_change_per_beta: of the regression.
        cleaned: along the direction without the other attributes.
        random: for each random direction of equal length, the attribute at the lowest and the highest beta, [N, 2].
        held: along the direction that holds regions.
        held_regions: which it holds.
        predicted_held_change_per_beta: of the feed-forward reader, along it.

    Returns:
        The results.

    Raises:
        ValueError: when shapes do not fit, 0 is not among the betas, or a value is not finite.
    """
    steps = [float(beta) for beta in betas]
    if 0.0 not in steps:
        raise ValueError(f"betas are {steps}; expected 0 among them, for the unedited portrait.")
    own = sweep.attributes[attribute]
    unedited = sweep.identity[:, steps.index(0.0)]
    correlation = sweep_correlation(steps, own)
    comparison = None
    if len(random):
        changes = [float(np.mean(np.asarray(ends)[:, -1] - np.asarray(ends)[:, 0])) for ends in random]
        comparison = compare_with_random(float(np.mean(own[:, -1] - own[:, 0])), changes)
    return EditChecks(
        attribute=attribute,
        betas=tuple(steps),
        patients=len(own),
        correlation=tuple(correlation.tolist()),
        rising_share=share_of_monotone_sweeps(steps, own, threshold=RISING),
        change_per_beta=float(sweep_slope(steps, own).mean()),
        predicted_change_per_beta=predicted_change_per_beta,
        distance=tuple(np.median(identity_distance(sweep.identity, unedited), axis=0).tolist()),
        other_person=other_person_distance(unedited),
        effects=_others(attribute, steps, sweep, sd),
        cleaned_effects={} if cleaned is None else _others(attribute, steps, cleaned, sd),
        random=comparison,
        region_change=_mean_change(sweep),
        held=None
        if held is None
        else HeldChecks(
            regions=tuple(held_regions),
            rising_share=share_of_monotone_sweeps(steps, held.attributes[attribute], threshold=RISING),
            change_per_beta=float(sweep_slope(steps, held.attributes[attribute]).mean()),
            predicted_change_per_beta=predicted_held_change_per_beta,
            region_change=_mean_change(held),
            effects=_others(attribute, steps, held, sd),
        ),
    )


def change_ratio(change: Mapping[str, Sequence[float]], region: str) -> float:
    """Change of a region over that of the face, both at the two ends of the sweep together; NaN where not measured."""
    if region not in change or FACE not in change:
        return float("nan")
    face = change[FACE][0] + change[FACE][-1]
    return (change[region][0] + change[region][-1]) / face if face > 0 else float("nan")


def _stay(held: HeldChecks) -> bool | None:
    """Whether every held region changes little; None when that was not measured."""
    ratios = [change_ratio(held.region_change, region) for region in held.regions]
    return None if not ratios or np.isnan(ratios).any() else max(ratios) <= STAYS


def _mean_change(sweep: SweepValues) -> dict[str, tuple[float, ...]]:
    """Mean over the portraits that show a region; regions that none shows are left out."""
    seen = {name: ~np.isnan(values).any(axis=1) for name, values in sweep.change.items()}
    return {name: tuple(sweep.change[name][rows].mean(axis=0).tolist()) for name, rows in seen.items() if rows.any()}


def _others(
    attribute: str, betas: Sequence[float], sweep: SweepValues, sd: Mapping[str, float]
) -> dict[str, SideEffect]:
    """Effects on all attributes but the one that is edited."""
    others = {name: values for name, values in sweep.attributes.items() if name != attribute}
    return side_effects(betas, sweep.attributes[attribute], others, sd=sd)
