"""What the config files of one stage mean together: references and ids that lead nowhere, missing properties."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prognos.apps.linting.configs import Config, references, walk
from prognos.apps.linting.findings import Finding

__all__ = ["judge_properties", "judge_references", "merge", "unused_ids"]

RUN_IDS = frozenset({"imports", "initialize", "run", "finalize", "_meta_", "_desc_"})
"""Ids that MONAI's command uses itself."""

SECTIONS = ("train", "validate")
"""Ids that only gather others."""

_LIKENESS = 0.8


def merge(configs: Sequence[Config]) -> dict[str, Any]:
    """One config of several, later ones on top, as MONAI merges them; nothing is evaluated.

    Raises:
        ValueError: when a value cannot be put where its key says.
    """
    from copy import deepcopy

    from monai.bundle import ConfigParser  # here: it takes seconds
    from monai.bundle.utils import merge_kv

    parser = ConfigParser(config={}, globals=False)
    for config in configs:
        for key, value in deepcopy(config.content).items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    merge_kv(parser, str(key), value)
                except (KeyError, IndexError, TypeError, ValueError) as error:
                    raise ValueError(
                        f"{config.name}, {key}: there is no place of this id in the files below it."
                    ) from error
    merged: dict[str, Any] = parser.get()
    return merged


def judge_references(configs: Sequence[Config], merged: Mapping[str, Any], unused: Iterable[str]) -> Iterator[Finding]:
    """Yield references to ids that the merged config does not have.

    Args:
        configs: the files of the stage.
        merged: of :func:`merge`.
        unused: of :func:`unused_ids`; what they refer to is never looked for, since an overlay may serve two stages.
    """
    skipped = frozenset(unused)
    ids = {"", *(name for name, _ in walk(merged))}
    home = {name: config.name for config in configs for name, _ in walk(config.content)}
    last = configs[-1].name
    for place, value in walk(merged):
        if not skipped.isdisjoint(_prefixes(place)):
            continue
        for wanted in sorted(references(place, value) - ids):
            if wanted.startswith("_meta_"):
                continue
            close = difflib.get_close_matches(wanted, ids, n=1, cutoff=_LIKENESS)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            message = f"refers to {wanted!r}, which no file of the stage has{hint}"
            yield Finding(_home(place, home) or last, place, message)


def judge_properties(stage: str, merged: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Yield properties of MONAI's bundles that a stage lacks, or gives another id.

    Args:
        stage: ``"train"``, ``"evaluate"`` or ``"inference"``; for others MONAI asks for nothing.
        merged: of :func:`merge`.
        file: the file to name.
    """
    from monai.bundle.properties import InferProperties, TrainProperties  # here: it takes seconds

    kinds = {"train": TrainProperties, "evaluate": InferProperties, "inference": InferProperties}
    values = dict(walk(merged))
    for name, wanted in kinds.get(stage, {}).items():
        place = str(wanted["id"])
        if wanted["required"] and place not in values:
            yield Finding(file, place, f"is missing; MONAI asks every bundle for it as the property {name!r}.")
        used = values.get(str(wanted.get("refer_id")))
        if not wanted["required"] and isinstance(used, str) and used.startswith("@") and used != f"@{place}":
            yield Finding(
                file, str(wanted["refer_id"]), f"is {used!r}; MONAI looks for the property {name!r} at @{place}."
            )


def unused_ids(stage: str, merged: Mapping[str, Any]) -> dict[str, str]:
    """Ids that nothing refers to and that MONAI does not know: a mistyped override is one.

    Returns:
        For each, the id or property that it may have been meant to be; empty where none is alike.
    """
    from monai.bundle.properties import InferProperties, TrainProperties  # here: it takes seconds

    kinds = {"train": [TrainProperties], "evaluate": [InferProperties], "inference": [InferProperties]}
    asked = kinds.get(stage, [TrainProperties, InferProperties])
    properties = {str(wanted["id"]) for kind in asked for wanted in kind.values()}
    used = {wanted for place, value in walk(merged) for wanted in references(place, value)}
    starts = {prefix for name in used | properties for prefix in _prefixes(name)}
    names = [name for name in merged if name not in SECTIONS]
    names += [f"{section}::{name}" for section in SECTIONS for name in _children(merged.get(section))]
    unused = [
        name for name in names if name not in starts | RUN_IDS and not re.fullmatch(r"_\w+_", name.split("::")[-1])
    ]
    known = sorted(starts | set(names))
    return {name: _meant(name, [other for other in known if other != name and other not in unused]) for name in unused}


def _meant(name: str, known: Sequence[str]) -> str:
    """Known id that a mistyped one resembles; empty without one."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=_LIKENESS)), "")


def _children(section: Any) -> list[str]:
    """Ids in a section that only gathers others."""
    return [str(name) for name in section] if isinstance(section, dict) and "_target_" not in section else []


def _prefixes(name: str) -> list[str]:
    """An id and all ids that it is inside of."""
    parts = name.replace("#", "::").split("::")
    return ["::".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _home(place: str, home: Mapping[str, str]) -> str:
    """File that wrote an item, by its own id or the nearest one around it."""
    return next((home[name] for name in reversed(_prefixes(place)) if name in home), "")
