"""The cells of an experiment: what each is, and which stages of the bundle make it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from prognos.apps.experiment.tables import Row, Run, Table
from prognos.apps.run import config_files

__all__ = ["SUBSETS", "Cell", "Stage", "Study", "cell_before", "stages", "stock_command"]

SUBSETS = ("train", "validation", "test")
"""Parts of the cohort that each fold is scored on, as in table 2 of the lesion paper."""

GENERATOR = "$@bundle_root + '/models/generator.safetensors'"
"""What a fine-tuning begins with unless told otherwise, as a config writes it."""

FOLD_FILES = {
    "train_generator": ("generator_file", "generator.safetensors"),
    "train_encoder": ("encoder_file", "encoder.safetensors"),
    "embed": ("latents_file", "latents.csv"),
}
"""What the stages of a fold write: the option that names it elsewhere, and the file."""

FOLD_OPTIONS = {
    "train_generator": (),
    "train_encoder": ("generator_file", "encoder_file"),
    "embed": ("generator_file", "encoder_file", "latents_file"),
    "compare": ("latents_file",),
}
"""Options of the stages of a fold that name such a file, to read it or to write it."""


@dataclass(frozen=True)
class Cell:
    """One training, or one run."""

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
        if isinstance(self.model, Run) and not self.model.needs and not self.model.per_fold:
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
        given |= _of_run(study, cell, cell.model, given) | {"output_dir": str(folder)}
        return [Stage(cell.model.stage, cell.model.overlay, given, folder / cell.model.product)]
    given |= {"cohort_file": str(cell.cohort), "fold": cell.fold, "seed": cell.seed, **_permuted(cell)}
    given["output_dir"] = str(folder)
    overlay = ",".join(filter(None, [cell.model.overlay, study.overlay]))
    found = [Stage("train", overlay, given, folder / "model.safetensors.provenance.json")]
    for subset in SUBSETS:
        scored = given | {"subset": subset, "weights": str(folder / "model.pt")}
        found.append(Stage("evaluate", overlay, scored, folder / f"metrics_{subset}.json"))
    return found


def cell_before(study: Study, cell: Cell) -> Cell | None:
    """Cell of the run that must come before a cell; None where it needs none."""
    for run in study.table.runs:
        if isinstance(cell.model, Run) and run.name == cell.model.needs:
            # Outcomes play no part in what comes before a comparison, so permuted ones share it.
            return replace(cell, model=run, fold=cell.fold if run.per_fold else None, permutation=None)
    return None


def stock_command(study: Study, cell: Cell, stage: Stage) -> str:
    """MONAI's own command that does what a stage does."""
    files = [str(file) for file in study.files(cell.model, stage.name)]
    words = ["python", "-m", "monai.bundle", "run", "--bundle_root", str(study.bundle), "--config_file", str(files)]
    words += [word for name, value in stage.overrides.items() for word in (f"--{name}", str(value))]
    return shlex.join(words)


def _of_run(study: Study, cell: Cell, run: Run, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is given beside the user's overrides."""
    stage, found = run.stage, dict[str, Any]()
    if stage in ("compare", "manipulate", "train_generator"):
        found |= {"cohort_file": str(cell.cohort)}
    if stage in ("manipulate", "train_encoder", "train_generator"):
        found |= {"seed": cell.seed}
    if stage == "compare":
        found |= {"seeds": [cell.seed], **_permuted(cell)}
    if run.per_fold:
        return found | _of_fold(study, cell, stage, given)
    if run.needs and "latents_file" not in given:
        found["latents_file"] = str(study.output_dir / "cells/latents/latents.csv")
    return found


def _of_fold(study: Study, cell: Cell, stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run in one fold is given: it tests on that fold, and reads what the runs before it wrote there."""
    found = dict[str, Any]()
    if stage == "train_generator":
        found |= {"fold": cell.fold}
        # Where all others embed with another generator, that one is fine-tuned.
        chosen = (own["generator_file"] for own in study.overrides.values() if "generator_file" in own)
        found |= {} if "start_file" in given else {"start_file": next(chosen, GENERATOR)}
    if stage == "compare":
        found |= {"folds": [cell.fold], "transductive": "no"}
    for run in study.table.runs:
        option, file = FOLD_FILES.get(run.stage, ("", ""))
        if run.per_fold and option in FOLD_OPTIONS[stage]:
            found[option] = str(study.folder(replace(cell, model=run, permutation=None)) / file)
    return found


def _permuted(cell: Cell) -> dict[str, Any]:
    return {} if cell.permutation is None else {"permute_labels": cell.permutation}


def _words(text: str) -> list[str]:
    """Parts between commas."""
    return [part for part in text.split(",") if part]
