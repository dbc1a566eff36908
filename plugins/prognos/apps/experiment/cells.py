"""The cells of an experiment: what each is, and which stages of the bundle make it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from prognos.apps.experiment.tables import Row, Run, Table
from prognos.apps.run import config_files

__all__ = ["SUBSETS", "Cell", "Stage", "Study", "stages", "stock_command"]

SUBSETS = ("train", "validation", "test")
"""Parts of the cohort that each fold is scored on, as in table 2 of the lesion paper."""


@dataclass(frozen=True)
class Cell:
    """One training, or one run for all folds."""

    model: Row | Run
    """The row of the table, or the run."""

    cohort: Path
    """The cohort table."""

    fold: int | None = None
    """Part that is tested; None for all, one after the other."""

    seed: int = 0
    """Seed of the training."""

    permutation: int | None = None
    """Seed of the permuted outcomes; None for the true ones."""

    @property
    def name(self) -> str:
        """Name of the row or run."""
        return self.model.name

    @property
    def place(self) -> Path:
        """Folder, relative to the cells of the experiment."""
        if isinstance(self.model, Run) and not self.model.needs:
            return Path(self.name)
        run = self.cohort.stem + ("" if self.permutation is None else f"_permuted_{self.permutation}")
        place = Path(self.name) / run / f"seed_{self.seed}"
        return place if self.fold is None else place / f"fold_{self.fold}"

    def __str__(self) -> str:
        """One line for the screen."""
        permuted = "" if self.permutation is None else f", permutation {self.permutation}"
        fold = "" if self.fold is None else f", fold {self.fold}"
        return f"{self.name}, {self.cohort.stem}{permuted}, seed {self.seed}{fold}"


@dataclass(frozen=True)
class Study:
    """What all cells of an experiment share."""

    table: Table
    """Rows and bundle."""

    bundle: Path
    """Folder of the bundle."""

    output_dir: Path
    """Folder of the cells and the results."""

    overlay: str = ""
    """Overlays on every row, separated by commas."""

    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Overrides of the config by name of the row or run."""

    def folder(self, cell: Cell) -> Path:
        """Folder of a cell."""
        return self.output_dir / "cells" / cell.place

    def files(self, model: Row | Run, stage: str = "") -> list[Path]:
        """Config files of a stage of a row or run, by default its first, in the order they are merged."""
        if isinstance(model, Run):
            return config_files(self.bundle, stage or model.stage, _words(model.overlay))
        return config_files(self.bundle, stage or "train", [*_words(model.overlay), *_words(self.overlay)])

    def stages_of(self, model: Row | Run) -> tuple[str, ...]:
        """Names of the stages of a row or run."""
        return (model.stage,) if isinstance(model, Run) else ("train", "evaluate")


class Stage(NamedTuple):
    """One run of MONAI within a cell."""

    name: str
    """Stage of the bundle."""

    overlay: str
    """Overlays on it, separated by commas."""

    overrides: dict[str, Any]
    """Everything that is given to it."""

    product: Path
    """File that it writes last, and whole."""

    @property
    def is_finished(self) -> bool:
        """Whether the stage has run to its end."""
        return self.product.is_file()


def stages(study: Study, cell: Cell) -> list[Stage]:
    """Stages that make a cell, in their order: training and an evaluation a part of the cohort, or that of a run."""
    folder = study.folder(cell)
    given = dict(study.overrides.get(cell.name, {}))
    if isinstance(cell.model, Run):
        given |= _of_run(study, cell, given) | {"output_dir": str(folder)}
        return [Stage(cell.model.stage, cell.model.overlay, given, folder / cell.model.product)]
    given |= {"cohort_file": str(cell.cohort), "fold": cell.fold, "seed": cell.seed, **_permuted(cell)}
    given["output_dir"] = str(folder)
    overlay = ",".join(filter(None, [cell.model.overlay, study.overlay]))
    found = [Stage("train", overlay, given, folder / "model.safetensors.provenance.json")]
    for subset in SUBSETS:
        scored = given | {"subset": subset, "weights": str(folder / "model.pt")}
        found.append(Stage("evaluate", overlay, scored, folder / f"metrics_{subset}.json"))
    return found


def stock_command(study: Study, cell: Cell, stage: Stage) -> str:
    """MONAI's own command that does what a stage does."""
    files = [str(file) for file in study.files(cell.model, stage.name)]
    words = ["python", "-m", "monai.bundle", "run", "--bundle_root", str(study.bundle), "--config_file", str(files)]
    words += [word for name, value in stage.overrides.items() for word in (f"--{name}", str(value))]
    return shlex.join(words)


def latents_file(study: Study) -> Path:
    """Table of latents that the runs of an experiment share."""
    return study.output_dir / "cells/latents/latents.csv"


def _of_run(study: Study, cell: Cell, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is given beside the user's overrides."""
    assert isinstance(cell.model, Run)
    needed = {"latents_file": str(latents_file(study))} if cell.model.needs and "latents_file" not in given else {}
    if cell.model.stage == "compare":
        return needed | {"cohort_file": str(cell.cohort), "seeds": [cell.seed], **_permuted(cell)}
    if cell.model.stage == "manipulate":
        return needed | {"cohort_file": str(cell.cohort), "seed": cell.seed}
    if cell.model.stage == "train_generator":
        start = {"start_file": str(study.bundle / "models/generator.safetensors")} if "start_file" not in given else {}
        return start | {"cohort_file": str(cell.cohort), "seed": cell.seed, "fold": 0}
    return needed


def _permuted(cell: Cell) -> dict[str, Any]:
    return {} if cell.permutation is None else {"permute_labels": cell.permutation}


def _words(text: str) -> list[str]:
    """Parts between commas."""
    return [part for part in text.split(",") if part]
