"""The settings that each cell belongs to: written down before anything runs, and compared ever after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prognos.apps.experiment.cells import Cell, Stage, Study, stages
from prognos.apps.experiment.tables import Run
from prognos.data.file_digest import file_digest
from prognos.files import written_whole

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

NAMED = 6
"""How many differences a message names."""


def claim_cells(study: Study, cells: list[Cell], *, redo: bool = False) -> None:
    """Write down the settings of every cell, or make sure that a cell that is there has the same.

    Args:
        study: what the cells share.
        cells: all that are wanted.
        redo: delete what was made with other settings, instead of refusing it.

    Raises:
        ValueError: when cells were made with other settings.
    """
    refused: dict[str, list[Cell]] = {}
    for cell in cells:
        folder = study.folder(cell)
        ours, theirs = _settings(study, cell), _read(folder / SETTINGS)
        if theirs is not None and theirs != ours and redo:
            shutil.rmtree(folder)
            theirs = None
        if theirs is None:
            with written_whole(folder / SETTINGS) as path:
                path.write_text(json.dumps(ours, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        elif theirs != ours:
            refused.setdefault(_difference(theirs, ours), []).append(cell)
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
        name: value
        for name, value in _leaves(parser.get())
        if name.partition("::")[0] not in PLACES and name not in (*TABLES, "latents_file")
    }
    tables = {}
    for name in TABLES:
        if parser.get(name) is not None:
            tables[name.replace("_file", " table")] = file_digest(str(parser.get_parsed_content(name)))
    if isinstance(cell.model, Run):
        before = [run for run in study.table.runs if run.name == cell.model.needs]
        config |= {f"{run.name}::{name}": value for run in before for name, value in _first(study, cell, run).items()}
    return json.loads(json.dumps({"config": config, "tables": tables}))  # type: ignore[no-any-return]


def _first(study: Study, cell: Cell, run: Run) -> dict[str, Any]:
    """Settings of the run that comes before a cell."""
    config: dict[str, Any] = _settings(study, replace(cell, model=run))["config"]
    return config


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
    """What differs between two settings, in words."""
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
