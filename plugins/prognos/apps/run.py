"""``prognos run``: a front to ``monai.bundle run`` that refuses what MONAI would silently ignore, or run as code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fire.decorators import SetParseFn

from prognos.apps.bundles import find_bundle, find_overlay
from prognos.apps.linting import lint_stage, walk

if TYPE_CHECKING:
    from monai.bundle import ConfigWorkflow

__all__ = ["STAGES", "bundle_stages", "config_files", "known_overrides", "open_stage", "refuse_unknown", "run"]

STAGES: dict[str, tuple[str, ...]] = {
    "train": ("train.json",),
    "evaluate": ("train.json", "evaluate.json"),
    "inference": ("inference.json",),
    "train_generator": ("train_generator.json",),
    "train_encoder": ("train_encoder.json",),
    "train_features": ("train_features.json",),
    "embed": ("embed.json",),
    "compare": ("compare.json",),
    "manipulate": ("manipulate.json",),
}
"""Config files of each stage, in the order they are merged."""

ARGUMENTS = ("run_id", "init_id", "final_id", "meta_file", "logging_file", "tracking")
"""Options of ``monai.bundle run`` itself; every other option overrides the config."""


@SetParseFn(str, "bundle", "stage", "overlay")  # fire reads the folder 2024 as a number
def run(bundle: str, stage: str, *, overlay: str = "", **overrides: Any) -> None:
    """Run a stage of a bundle with MONAI: train, evaluate, inference, or one that only some bundles have.

    Does what ``python -m monai.bundle run`` does with the config files of the stage, but a mistyped override is refused
    instead of ignored, and so is a config that could run code of its own, see ``prognos check``.

    Args:
        bundle: name of a bundle, see ``prognos bundles list``, or its folder.
        stage: ``train``, ``evaluate``, ``inference``; for face_prognosis also ``train_generator``, ``train_encoder``,
            ``embed``, ``compare`` and ``manipulate``.
        overlay: config file, or name of one, to put on top; several are separated by commas.
        overrides: any value of the config by its id, for example ``--epochs 2`` or ``--train::trainer::max_epochs 2``.
    """
    workflow = open_stage(bundle, stage, overlay=overlay, **overrides)
    workflow.initialize()
    workflow.run()
    workflow.finalize()


def open_stage(bundle: str, stage: str, *, overlay: str = "", **overrides: Any) -> ConfigWorkflow:
    """Read and check the config of a stage; nothing is built or run yet.

    Args:
        bundle: as for :func:`run`, like the other arguments.
        stage: as for :func:`run`.
        overlay: as for :func:`run`.
        overrides: as for :func:`run`.

    Returns:
        MONAI's workflow, of which ``initialize``, ``run`` and ``finalize`` are to be called.

    Raises:
        ValueError: when the bundle, the stage, an overlay or an override is unknown.
        BundleError: when a config names or evaluates what it may not, see ``prognos check``.
    """
    root = find_bundle(bundle)
    files = config_files(root, stage, overlay.split(",") if overlay else [])
    lint_stage(root, stage, files).raise_any(root.name)
    refuse_unknown(overrides, known_overrides(files))

    from monai.bundle import ConfigWorkflow  # here: it takes seconds, and what is wrong above shall be said at once

    kind = "train" if stage.startswith("train") else "inference"
    settings = {"bundle_root": str(root), **overrides}
    return ConfigWorkflow(config_file=[str(file) for file in files], workflow_type=kind, **settings)


def bundle_stages(root: Path) -> list[str]:
    """Stages that a bundle has all config files of."""
    return [stage for stage, names in STAGES.items() if all((root / "configs" / name).is_file() for name in names)]


def config_files(root: Path, stage: str, overlays: Sequence[str] = ()) -> list[Path]:
    """Config files of a stage and what is put on top, in the order they are merged.

    Args:
        root: folder of the bundle.
        stage: one of :data:`STAGES`.
        overlays: config files, or names of some.

    Raises:
        ValueError: when the stage or an overlay is unknown, or the bundle has no such stage.
    """
    if stage not in STAGES:
        close = difflib.get_close_matches(stage, STAGES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise ValueError(f"{stage!r} is not a stage; there are {', '.join(STAGES)}{hint}")
    files = [root / "configs" / name for name in STAGES[stage]]
    if missing := [file.name for file in files if not file.is_file()]:
        raise ValueError(f"{root.name} has no stage {stage!r}: configs/{missing[0]} is missing.")
    return [*files, *(find_overlay(name, root) for name in overlays)]


def known_overrides(files: Sequence[Path]) -> set[str]:
    """Every option that changes a run of these config files, nested ids joined by ``::``."""
    from monai.bundle import ConfigParser  # here: see above

    parser = ConfigParser()
    parser.read_config([str(file) for file in files])
    return {*(name for name, _ in walk(parser.get())), *ARGUMENTS}


def refuse_unknown(overrides: Mapping[str, Any], known: set[str]) -> None:
    """Raise on overrides that would change nothing.

    Args:
        overrides: values by the id that is to be changed.
        known: of :func:`known_overrides`.

    Raises:
        ValueError: when an override names no id of the config, or has the value None, which MONAI drops.
    """
    faults = []
    for name, value in overrides.items():
        if name.replace("#", "::") not in known:
            faults.append(f"the config has no --{name}; did you mean --{_nearest(name.replace('#', '::'), known)}?")
        elif value is None:
            faults.append(f"--{name} None would be ignored by MONAI; write --{name} '$None'.")
    if faults:
        raise ValueError("\n       ".join([*faults, "A new key belongs in an overlay: --overlay my_overlay.json."]))


def _nearest(name: str, known: set[str]) -> str:
    """Known id most like a mistyped one; a likeness of the last part alone counts a little less."""

    def likeness(other: str) -> float:
        whole = difflib.SequenceMatcher(None, name, other).ratio()
        last = difflib.SequenceMatcher(None, name.split("::")[-1], other.split("::")[-1]).ratio()
        return max(whole, 0.95 * last)

    return max(sorted(known), key=likeness)
