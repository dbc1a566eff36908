"""The settings that each cell belongs to: written down before anything runs, and compared ever after."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prognos.apps.experiment.cells import Cell, Stage, Study, cell_before, stages
from prognos.data.file_digest import file_digest, identify_file
from prognos.files import written_whole
from prognos.locks import FolderLock

if TYPE_CHECKING:
    from monai.bundle import ConfigParser

__all__ = ["claim_cells", "merged_config"]

SETTINGS = "cell.json"
"""File of a cell's settings, written before anything else and whole."""

PLACES = {
    "_desc_",
    "bundle_root",
    "cache_dir",
    "dataset_dir",
    "device",
    "output_dir",
    "rank",
    "report",
    "reporting",
    "scan_cache_dir",
    "subset",
    "weights",
}
"""Ids that say where a cell is made, which part is scored, and how a report words it; they do not change what it is."""

TABLES = ("cohort_file", "annotations_file", "photos_file")
"""Ids of tables; what is in them counts, where they lie does not."""

LATENTS = "latents_file"
"""Id of the table of latents, which the experiment makes unless the user has one."""

NAMED = 6
"""How many differences a message names."""


def claim_cells(study: Study, cells: list[Cell], *, redo: bool = False) -> None:
    """Write down the settings of every cell, or make sure that a cell that is there has the same.

    Args:
        study: what the cells share.
        cells: all that are wanted.
        redo: delete what was made with other settings, instead of refusing it.

    Raises:
        FolderInUseError: when a cell that would be deleted is being made by another process.
        ValueError: when cells were made with other settings.
    """
    refused: dict[str, list[Cell]] = {}
    for cell in cells:
        folder = study.folder(cell)
        ours, theirs = _settings(study, cell), _read(folder / SETTINGS)
        difference = "" if theirs is None else _difference(theirs, ours)
        if difference and redo:
            with FolderLock(folder):
                shutil.rmtree(folder)
        if theirs is None or (difference and redo):
            with written_whole(folder / SETTINGS) as path:
                path.write_text(json.dumps(ours, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        elif difference:
            refused.setdefault(difference, []).append(cell)
    if refused:
        found = "\n".join(f"  {len(cells)} cell(s), such as {cells[0]}: {why}" for why, cells in refused.items())
        raise ValueError(
            f"{study.output_dir} holds cells that were made with other settings:\n{found}\n"
            f"Choose another --output_dir, give the former settings, or add --redo to delete these cells and make them "
            f"anew."
        )


def merged_config(study: Study, cell: Cell, stage: Stage) -> ConfigParser:
    """Config of a stage with everything that is put on top, without building anything."""
    from monai.bundle import ConfigParser  # here: it takes seconds, and wrong names are said before

    parser = ConfigParser()
    parser.read_config([str(file) for file in study.files(cell.model, stage.name)])
    parser.update({"bundle_root": str(study.bundle), **stage.overrides})
    return parser


def _settings(study: Study, cell: Cell) -> dict[str, Any]:
    """Everything that makes a cell what it is: the merged config, and the content of its tables."""
    parser = merged_config(study, cell, stages(study, cell)[-1])
    config = {
        name: _content(value)
        for name, value in _leaves(parser.get())
        if name.partition("::")[0] not in PLACES and name not in (*TABLES, LATENTS)
        if not _is_inside(value, study.output_dir)
    }
    tables = {}
    for name in TABLES:
        if parser.get(name) is not None:
            tables[name.replace("_file", " table")] = file_digest(str(parser.get_parsed_content(name)))
    if own := study.overrides.get(cell.name, {}).get(LATENTS):
        tables["latents table"] = file_digest(str(own))
    if before := cell_before(study, cell):
        config |= {f"{before.name}::{name}": value for name, value in _settings(study, before)["config"].items()}
    return json.loads(json.dumps({"config": config, "tables": tables}))  # type: ignore[no-any-return]


def _content(value: Any) -> Any:
    """A value of the config; of one that is the path of a file, the file's name and content."""
    is_file = isinstance(value, str) and os.path.isfile(value)  # noqa: PTH113 - False for what cannot be a path
    return identify_file(value) if is_file else value


def _is_inside(value: Any, folder: Path) -> bool:
    """Whether a value is the path of something that the experiment itself makes."""
    return isinstance(value, str) and value.startswith(f"{folder}{os.sep}")


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _leaves(node: Any, parent: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the id and the value of every leaf of a config."""
    if not isinstance(node, dict | list) or not node:
        yield parent, node
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield from _leaves(value, f"{parent}::{key}" if parent else str(key))


def _difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """What differs between two settings, in words; an id that is absent is one without a value."""
    changed = [f"the content of the {name} changed" for name in _changed(theirs["tables"], ours["tables"])]
    names = _changed(theirs["config"], ours["config"])
    changed += [
        f"{name} was {theirs['config'].get(name)!r}, is now {ours['config'].get(name)!r}" for name in names[:NAMED]
    ]
    return "; ".join(changed) + (f"; and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _changed(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Names whose values differ; plain ids of the user before those of parts."""
    names = (name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name))
    return sorted(names, key=lambda name: ("::" in name, name))
