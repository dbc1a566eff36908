"""The checks of edited portraits as parts of a report, and the same as a page of Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prognos.metrics import EditChecks, RegionShare, change_ratio
from prognos.visualize.report.parts import Picture, Section, Table

__all__ = ["EDIT_WARNING", "describe_edit_checks", "edit_sections", "summarise_edit_checks"]

EDIT_WARNING = (
    "Edits show associations in a cohort, not causes. They are nobody's future face and must not be shown to patients."
)
"""Goes into every file that tells of an edit."""

SOURCE = (
    "The second column is the part of the risk's variance between patients that comes and goes with the region when it "
    "is taken from another patient; regions that act together count more than once. Saliency is the response to small "
    "changes of single pixels."
)
"""What the table of regions means."""

FAILED = "**no**"
"""A check that did not pass, in Markdown."""

DASH = "\N{EN DASH}"
"""Stands for what was not assessed."""


def edit_sections(
    content: Mapping[str, Any],
    found: Mapping[str, EditChecks],
    saliency: Mapping[str, RegionShare],
    exchange: Mapping[str, float],
    *,
    pictures: Mapping[str, Sequence[Picture]] | None = None,
) -> list[Section]:
    """Arrange the checks: a section an attribute, and one on where the risk comes from.

    Args:
        content: what also goes into the JSON file; read is ``directions``.
        found: attribute -> its checks.
        saliency: region -> its share; empty when not assessed.
        exchange: region -> share of the risk's variance that comes with it; empty when not assessed.
        pictures: attribute -> what is shown of its edits.

    Returns:
        Sections. They show numbers that were computed elsewhere.
    """
    sections = [
        Section(
            f"Edits along {name}",
            " ".join(filter(None, [_sense(name, content["directions"]), _price(name, content["directions"])])),
            (pictures or {}).get(name, ()),
            [_verdicts(name, checks), _effects(name, checks), *_regions(name, checks)],
        )
        for name, checks in found.items()
    ]
    return [*sections, _source(saliency, exchange)]


def describe_edit_checks(content: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Write the checks as a page of Markdown.

    Args:
        content: what also goes into the JSON file: ``notice``, ``patients``, ``patients_also_in_the_fit``,
            ``identity_by``, ``portraits_drawn``.
        sections: of :func:`edit_sections`.
    """
    lines = [f"**{EDIT_WARNING}**", *(["", f"**{content['notice']}**"] if content["notice"] else []), ""]
    lines += [f"{summarise_edit_checks(content)} Identity by {content['identity_by']}.", ""]
    if not content["portraits_drawn"]:
        lines += ["Portraits were not drawn: the cohort is not synthetic, and `show_portraits` is false.", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        lines += [line for text in [section.text, *section.absent] if text for line in (text, "")]
        for table in section.tables:
            rows = [[FAILED if cell == "no" else str(cell) for cell in row] for row in table.rows]
            rows = [[*table.columns], ["---"] * len(table.columns), *rows]
            lines += [table.caption, "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    return "\n".join(lines)


def summarise_edit_checks(content: Mapping[str, Any]) -> str:
    """Who was looked at, in one sentence or two."""
    return (
        f"{content['patients']} patients, {content['patients_also_in_the_fit']} of them also in the fit of the "
        f"directions. Positive beta raises the attribute; for health that is worse."
    )


def _verdicts(name: str, checks: EditChecks) -> Table:
    """Every check, what it saw and whether it passed."""
    rows = [[check, _found(check, checks), _verdict(passed)] for check, passed in checks.verdicts.items()]
    return Table(["check", "found", "passed"], rows, "What the edits do.", f"checks_{_file(name)}")


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


def _effects(name: str, checks: EditChecks) -> Table:
    """What the other attributes do, in each way of editing."""
    rows = []
    held = {} if checks.held is None else checks.held.effects
    for other, effect in checks.effects.items():
        found = [known.get(other) for known in (checks.cleaned_effects, held)]
        after = [DASH if one is None else f"{one.sd_per_unit:+.3f}" for one in found]
        rows += [[other, f"{effect.sd_per_unit:+.3f}", *after]]
    head = ["other attribute", "as fitted", "the others projected out", "surroundings held"]
    caption = f"What else changes, in standard deviations of the cohort for one unit of {name}."
    return Table(head, rows, caption, f"side_effects_{_file(name)}")


def _regions(name: str, checks: EditChecks) -> list[Table]:
    """How far the pixels of each region move at the two ends of the sweep, as fitted and held."""
    if not checks.region_change:
        return []
    held = {} if checks.held is None else checks.held.region_change
    rows = []
    for region in checks.region_change:
        cells = [
            [f"{(change[region][0] + change[region][-1]) / 2:.1f}", f"{change_ratio(change, region):.2f}"]
            if region in change
            else [DASH, DASH]
            for change in (checks.region_change, held)
        ]
        rows += [[region, *cells[0], *cells[1]]]
    head = ["region", "as fitted", "over that of the face", "surroundings held", "over that of the face"]
    caption = "Mean absolute change of the pixels at both ends of the sweep, in steps of 8 bits."
    return [Table(head, rows, caption, f"region_change_{_file(name)}")]


def _sense(name: str, directions: Mapping[str, Any]) -> str:
    """What a positive beta means, as a sentence."""
    sense = str(directions[name]["sense"])
    return f"{sense[:1].upper()}{sense[1:]}."


def _price(name: str, directions: Mapping[str, Any]) -> str:
    """What holding the surroundings costs; empty where nothing is held."""
    return " ".join(
        f"Holding {' and '.join(about['held'])} takes a step {about['price']:.1f} times as long as the shortest one "
        f"with the same effect."
        for about in directions.values()
        if about["name"] == name and about["held"]
    )


def _source(saliency: Mapping[str, RegionShare], exchange: Mapping[str, float]) -> Section:
    """Which regions of a portrait the risk comes from."""
    section = Section("Where the risk comes from")
    if not saliency:
        return replace(section, absent=["not assessed"])
    head = ["region", "moves with another patient's region", "share of saliency", "share of area", "density"]
    rows = [
        [
            name,
            f"{exchange.get(name, math.nan):.0%}",
            f"{row.saliency:.2f}",
            f"{row.area:.2f}",
            f"{row.density:.2f}",
        ]
        for name, row in saliency.items()
    ]
    return replace(section, tables=[Table(head, rows, SOURCE, "risk_by_region")])


def _file(name: str) -> str:
    """An attribute as part of the name of a file."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower())


def _verdict(passed: bool | None) -> str:
    return "not assessed" if passed is None else "yes" if passed else "no"
