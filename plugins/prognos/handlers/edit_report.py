"""The report at the end of an editing run: grids, what each check saw, and what edits must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prognos.metrics import EditChecks
from prognos.visualize import EDIT_WARNING, Picture, Section, summarise_edit_checks, write_report
from prognos.visualize.report.drawing import picture_source

__all__ = ["grid_pictures", "write_edit_report"]

PREDICTS = (
    "What the log hazard and other attributes of a portrait become along a direction of the latents; read again from "
    "the edited portrait. Log hazard: no unit, higher means earlier death."
)
"""First words of the report."""

NOT_FOR = f"Research only. Not a medical device. {EDIT_WARNING}"
"""What edits must not be used for."""

HIDDEN = "Portraits are not drawn: the cohort is not synthetic, and show_portraits is false."
"""Where a reader would look for the grids."""

LARGEST_GRIDS = 4_500_000
"""Characters that all grids of a report may take; a further one is left to its file."""


def write_edit_report(
    path: Path,
    content: Mapping[str, Any],
    found: Mapping[str, EditChecks],
    sections: Sequence[Section],
    *,
    checks: Path,
) -> Path:
    """Write the report.

    Args:
        path: HTML file.
        content: what also goes into the JSON file: ``notice``, ``patients``, ``patients_also_in_the_fit``,
            ``identity_by``, ``portraits_drawn``, ``directions``.
        found: attribute -> its checks.
        sections: of :func:`prognos.visualize.edit_sections`.
        checks: picture of the checks of the first attribute.

    Returns:
        The path.
    """
    first = next(iter(found))
    alt = f"Risk of the edited portraits, identity, random directions and side effects along {first}."
    absent = [] if content["portraits_drawn"] else [HIDDEN]
    look = Section("In one look", illustrations=[Picture(checks, f"The checks of {first}.", alt)], absent=absent)
    return write_report(
        path,
        title="Edited portraits",
        predicts=PREDICTS,
        cohort=summarise_edit_checks(content),
        not_for=NOT_FOR,
        notice=content["notice"],
        measured=_measured(found),
        facts={"patients": str(content["patients"]), "identity by": content["identity_by"]},
        sections=[look, *sections],
        settings={
            "betas": ", ".join(f"{beta:+g}" for beta in found[first].betas),
            "directions": "; ".join(content["directions"]),
        },
    )


def grid_pictures(found: Mapping[str, EditChecks], grids: Mapping[str, Path]) -> dict[str, list[Picture]]:
    """Grids of each attribute, as fitted and in its other ways, as many as a report has room for.

    Args:
        found: attribute -> its checks.
        grids: sweep -> file.
    """
    shown: dict[str, list[Picture]] = {name: [] for name in found}
    room = LARGEST_GRIDS
    for sweep, path in grids.items():
        room -= len(picture_source(path))
        if room > 0:
            caption = f"Along {sweep}: one row a patient, beta from left to right, the unedited portrait at 0."
            shown[sweep.partition(",")[0]].append(Picture(path, caption, alt=caption))
    return shown


def _measured(found: Mapping[str, EditChecks]) -> str:
    """How many checks passed, and which did not, in words."""
    verdicts = [(name, check, passed) for name, checks in found.items() for check, passed in checks.verdicts.items()]
    known = [verdict for verdict in verdicts if verdict[-1] is not None]
    failed = [f"{name}: {check}" for name, check, passed in known if not passed]
    said = f" Not passed: {'; '.join(failed)}." if failed else ""
    return f"{len(known) - len(failed)} of {len(known)} checks passed.{said}"
