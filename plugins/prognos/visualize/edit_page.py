"""The checks of edited portraits as a page a person reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from prognos.metrics import EditChecks, RegionShare, change_ratio

__all__ = ["EDIT_WARNING", "describe_edit_checks"]

EDIT_WARNING = (
    "Edits show associations in a cohort, not causes. They are nobody's future face and must not be shown to patients."
)
"""Goes into every file that tells of an edit."""

DASH = "\N{EN DASH}"
"""Stands for what was not assessed."""


def describe_edit_checks(
    content: Mapping[str, Any],
    found: Mapping[str, EditChecks],
    saliency: Mapping[str, RegionShare],
    exchange: Mapping[str, float],
) -> str:
    """Write the checks as a page of Markdown.

    Args:
        content: what also goes into the JSON file: ``notice``, ``patients``, ``patients_also_in_the_fit``,
            ``identity_by``, ``portraits_drawn`` and ``directions``.
        found: attribute -> its checks.
        saliency: region -> its share; empty when not assessed.
        exchange: region -> share of the risk's variance that comes with it; empty when not assessed.

    Returns:
        The page. It shows numbers that were computed elsewhere.
    """
    lines = [f"**{EDIT_WARNING}**", *(["", f"**{content['notice']}**"] if content["notice"] else []), ""]
    lines += [
        f"{content['patients']} patients, {content['patients_also_in_the_fit']} of them also in the fit of the "
        f"directions. Positive beta raises the attribute; for health that is worse. "
        f"Identity by {content['identity_by']}.",
        "",
    ]
    if not content["portraits_drawn"]:
        lines += ["Portraits were not drawn: the cohort is not synthetic, and `show_portraits` is false.", ""]
    for name, checks in found.items():
        lines += [
            f"## {name}: {content['directions'][name]['sense']}",
            "",
            "| check | found | passed |",
            "| --- | --- | --- |",
        ]
        lines += [
            f"| {check} | {_found(check, checks)} | {_verdict(passed)} |" for check, passed in checks.verdicts.items()
        ]
        lines += ["", *_effects(checks), "", *_regions(checks), *_price(name, content["directions"]), ""]
    lines += ["## Where the risk comes from", ""]
    if not saliency:
        return "\n".join([*lines, "not assessed", ""])
    lines += [
        "| region | moves with another patient's region | share of saliency | share of area | density |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {exchange.get(name, math.nan):.0%} | {row.saliency:.2f} | {row.area:.2f} | {row.density:.2f} |"
        for name, row in saliency.items()
    ]
    lines += [
        "",
        "The second column is the part of the risk's variance between patients that comes and goes with the region when "
        "it is taken from another patient; regions that act together count more than once. Saliency is the response to "
        "small changes of single pixels.",
    ]
    return "\n".join([*lines, ""])


def _found(check: str, checks: EditChecks) -> str:
    """What a check saw, in words."""
    if check == "rises":
        return (
            f"{checks.rising_share:.0%} of patients with Spearman ≥ 0.95; {checks.change_per_beta:+.3f} per beta, "
            f"predicted {checks.predicted_change_per_beta:+.3f}"
        )
    if check == "keeps the person":
        return f"distance at most {max(checks.distance):.3f}; between two patients {checks.other_person:.3f}"
    if check == "beats random":
        if checks.random is None:
            return DASH
        return (
            f"{checks.random.ratio:.1f} times the random directions, p = {checks.random.p_value:.3f} "
            f"({len(checks.random.random_changes)} directions)"
        )
    if checks.held is not None and check == "rises, surroundings held":
        return (
            f"{checks.held.rising_share:.0%} of patients with Spearman ≥ 0.95; {checks.held.change_per_beta:+.3f} per "
            f"beta, predicted {checks.held.predicted_change_per_beta:+.3f}"
        )
    return DASH if checks.held is None and check == "surroundings stay" else "see below"


def _effects(checks: EditChecks) -> list[str]:
    """What the other attributes do, in each way of editing."""
    lines = [
        "| other attribute | SD per unit | after the others were projected out | surroundings held |",
        "| --- | --- | --- | --- |",
    ]
    held = {} if checks.held is None else checks.held.effects
    for other, effect in checks.effects.items():
        found = [known.get(other) for known in (checks.cleaned_effects, held)]
        after = [DASH if one is None else f"{one.sd_per_unit:+.3f}" for one in found]
        lines += [f"| {other} | {effect.sd_per_unit:+.3f} | {' | '.join(after)} |"]
    return lines


def _regions(checks: EditChecks) -> list[str]:
    """How far the pixels of each region move at the two ends of the sweep, as fitted and held."""
    if not checks.region_change:
        return []
    held = {} if checks.held is None else checks.held.region_change
    lines = [
        "Mean absolute change of the pixels at both ends of the sweep, in steps of 8 bits:",
        "",
        "| region | as fitted | over that of the face | surroundings held | over that of the face |",
        "| --- | --- | --- | --- | --- |",
    ]
    for region in checks.region_change:
        cells = [
            f"{(change[region][0] + change[region][-1]) / 2:.1f} | {change_ratio(change, region):.2f}"
            if region in change
            else f"{DASH} | {DASH}"
            for change in (checks.region_change, held)
        ]
        lines += [f"| {region} | {' | '.join(cells)} |"]
    return lines


def _price(name: str, directions: Mapping[str, Any]) -> list[str]:
    """What holding the surroundings costs."""
    return [
        f"\nHolding {' and '.join(about['held'])} takes a step {about['price']:.1f} times as long as the shortest one "
        f"with the same effect."
        for about in directions.values()
        if about["name"] == name and about["held"]
    ]


def _verdict(passed: bool | None) -> str:
    return "not assessed" if passed is None else "yes" if passed else "**no**"
