"""Which rows each table has, what runs them, and what the paper reports for them."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

from prognos.apps.bundles import bundles, find_bundle, find_overlay

__all__ = ["FACE_TABLE", "LESION_TABLE", "TABLES", "Row", "Run", "Table", "choose_rows", "find_table"]


class Row(NamedTuple):
    """One model of a table."""

    name: str
    """Name in files, on the command line and in folders."""

    title: str
    """Name on paper."""

    overlay: str = ""
    """Overlays that make the bundle this model, separated by commas; empty for the bundle as it is."""

    paper: tuple[str, ...] = ()
    """C-index that the paper reports on training, validation and test patients; empty where it reports none."""

    is_default: bool = True
    """Whether it runs without being named."""

    is_reduced: bool = True
    """Whether it belongs to the reduced protocol."""

    made_by: str = ""
    """Run of the table that makes it, together with others; empty when each fold trains a network of its own."""

    model: str = ""
    """Its name in the predictions of that run, where that is another one."""


class Run(NamedTuple):
    """A stage of the bundle that makes rows, pictures or what other runs need, once for all folds or in each fold."""

    name: str
    """Name on the command line and in folders."""

    title: str
    """Name on paper."""

    stage: str
    """Stage of the bundle."""

    product: str
    """File that it writes last, and whole."""

    overlay: str = ""
    """Overlays that it needs, separated by commas."""

    pictures: tuple[tuple[str, str], ...] = ()
    """Files that it draws, and what they show."""

    needs: str = ""
    """Run that comes first."""

    is_default: bool = True
    """Whether it runs without being named, when no row is."""

    per_fold: bool = False
    """Whether each fold has one of its own, which learns from the training patients of that fold alone."""


class Table(NamedTuple):
    """An experiment: the rows, and the bundle they are overlays of."""

    name: str
    """Name on the command line."""

    bundle: str
    """Name or folder of the bundle."""

    heading: str
    """Title on paper."""

    rows: tuple[Row, ...]
    """Trained models; the first that :attr:`proposed` names is what the others are compared with."""

    proposed: str
    """Name of the row that differences are taken to."""

    runs: tuple[Run, ...] = ()
    """What runs for several rows, once for all folds or in each."""

    strata: str = ""
    """Column of the cohort table within whose levels the index is given too, where the table has it."""

    references: tuple[str, ...] = ()
    """Models without a network, see ``prognos.estimators.REFERENCE_MODELS``."""

    reduced: str = ""
    """Overlay of the reduced protocol; empty where there is none."""

    order: tuple[tuple[str, str, str], ...] = ()
    """What the paper finds: (row, ``>`` or ``≈``, row)."""

    source: str = ""
    """Where the paper's numbers stand."""


LESION_TABLE = Table(
    name="lesion_table",
    bundle="lesion_prioritization",
    heading="Lesion prioritization: models in cross-validation",
    rows=(
        Row(
            "imagenet_resnet50",
            "ImageNet ResNet50*",
            "lesion_imagenet_resnet50",
            ("0.782 ± 0.06", "0.662 ± 0.03", "0.631 ± 0.04"),
            is_reduced=False,
        ),
        Row(
            "radimagenet_resnet50",
            "RadImageNet ResNet50*",
            "lesion_radimagenet_resnet50",
            ("0.660 ± 0.03", "0.640 ± 0.01", "0.645 ± 0.03"),
            is_reduced=False,
        ),
        Row("proposed", "Proposed", "", ("0.658 ± 0.02", "0.656 ± 0.04", "0.662 ± 0.02")),
        Row(
            "no_fc_network",
            "No FC network",
            "lesion_no_fc_network",
            ("0.632 ± 0.02", "0.643 ± 0.01", "0.658 ± 0.02"),
        ),
        Row(
            "no_size_scaler",
            "No size scaler",
            "lesion_no_size_scaler",
            ("0.621 ± 0.03", "0.577 ± 0.06", "0.574 ± 0.04"),
        ),
        Row(
            "largest_five",
            "Mean of largest 5",
            "lesion_largest_five",
            ("0.643 ± 0.03", "0.565 ± 0.03", "0.567 ± 0.03"),
        ),
        Row(
            "whole_volume",
            "Whole volume",
            "lesion_whole_volume",
            ("0.713 ± 0.01", "0.572 ± 0.03", "0.535 ± 0.02"),
            is_reduced=False,
        ),
        Row(
            "whole_volume_reduced",
            "Whole volume, reduced",
            "lesion_whole_volume_reduced",
            is_default=False,
            is_reduced=False,
        ),
    ),
    proposed="proposed",
    references=("lesion_count", "total_volume", "clinical"),
    reduced="lesion_reduced",
    order=(
        ("proposed", "≈", "no_fc_network"),
        ("no_fc_network", ">", "no_size_scaler"),
        ("no_size_scaler", "≈", "largest_five"),
        ("largest_five", ">", "whole_volume"),
    ),
    source="Yang, Jemaa, Bengtsson and El Ghaoui, table 2: 258 patients of a trial, mean ± SD over 4 folds. "
    "*: best validation checkpoint, the others the last one.",
)

FACE_TABLE = Table(
    name="face_table",
    bundle="face_prognosis",
    heading="Face prognosis: models in cross-validation",
    rows=(
        Row("resnet18", "ResNet18, end to end", "face_resnet18"),
        Row("densenet121", "DenseNet121, end to end", "face_densenet121"),
        Row("feed_forward", "Encoder and linear head"),
        Row("coxph", "CoxPH on latents", paper=("", "", "0.677 or 0.680"), made_by="comparison"),
        Row("deepsurv", "DeepSurv on latents", paper=("", "", "0.677 or 0.680"), made_by="comparison"),
        Row("clinical", "CoxPH on clinical columns", made_by="comparison"),
        Row("fusion", "Late fusion: clinical and CoxPH", paper=("", "", "0.787"), made_by="comparison"),
        Row("fusion_deepsurv", "Late fusion: clinical and DeepSurv", paper=("", "", "0.787"), made_by="comparison"),
        *(
            Row(
                f"{model}_fine_tuned",
                f"{title}, generator fine-tuned in each fold",
                paper=("", "", paper),
                is_default=False,
                made_by="fine_tuned_comparison",
                model=model,
            )
            for model, title, paper in (
                ("coxph", "CoxPH on latents", "0.677 or 0.680"),
                ("deepsurv", "DeepSurv on latents", "0.677 or 0.680"),
                ("fusion", "Late fusion: clinical and CoxPH", "0.787"),
                ("fusion_deepsurv", "Late fusion: clinical and DeepSurv", "0.787"),
            )
        ),
    ),
    proposed="coxph",
    runs=(
        Run("latents", "Latents of all photos", "embed", "latents.csv"),
        Run("comparison", "Models on latents and clinical columns", "compare", "summary.md", needs="latents"),
        Run(
            "edits",
            "Portraits edited along health and age",
            "manipulate",
            "checks.json",
            pictures=(
                ("grid_health.png", "Figure 4: portraits along the health attribute"),
                ("grid_age.png", "Figure 5: portraits along age"),
                ("checks.png", "What the edits change"),
            ),
            needs="latents",
        ),
        Run(
            "fine_tuning",
            "Generator without and with fine-tuning on the photos of the fold's training patients",
            "train_generator",
            "metrics.json",
            overlay="train_generator_photos",
            pictures=(("fine_tuning.png", "The same latents without and with fine-tuning"),),
            is_default=False,
            per_fold=True,
        ),
        Run(
            "fine_tuned_encoder",
            "Encoder for the fine-tuned generator",
            "train_encoder",
            "encoder.safetensors.provenance.json",
            needs="fine_tuning",
            is_default=False,
            per_fold=True,
        ),
        Run(
            "fine_tuned_latents",
            "Latents of all photos in the fine-tuned generator",
            "embed",
            "latents.csv",
            needs="fine_tuned_encoder",
            is_default=False,
            per_fold=True,
        ),
        Run(
            "fine_tuned_comparison",
            "Models on the latents of the fine-tuned generator",
            "compare",
            "summary.md",
            needs="fine_tuned_latents",
            is_default=False,
            per_fold=True,
        ),
    ),
    strata="cancer_type",
    source="Hagag, Gomaa, Kornek, Maier, Fietkau, Bert, Huang and Putz. For portraits, by latents, the abstract gives "
    "C 0.677 and another version 0.680, with a Brier score of 0.200; for the late fusion 0.787. The text in hand does "
    "not say which of CoxPH and DeepSurv these are, nor the numbers of the other rows, nor the folds.",
)

TABLES = {table.name: table for table in (LESION_TABLE, FACE_TABLE)}
"""Experiments of the papers by name."""


def find_table(name: str) -> Table:
    """Experiment of a name: one of the papers' tables, or any bundle as a table of one row.

    Args:
        name: one of :data:`TABLES`, or name or folder of a bundle.

    Raises:
        ValueError: when it is neither.
    """
    if name in TABLES:
        return TABLES[name]
    known = {*TABLES, *bundles()}
    if name not in known and not (Path(name) / "configs").is_dir():
        raise ValueError(f"there is no experiment {name!r}{_nearest(name, known)}")
    root = find_bundle(name)
    row = Row("proposed", root.name)
    return Table(root.name, str(root), f"{root.name} in cross-validation", (row,), proposed=row.name)


def choose_rows(table: Table, names: str, *, is_reduced: bool = False) -> tuple[list[Row], list[Run]]:
    """Rows to make, and the runs that were named or that make or precede something.

    Args:
        table: the experiment.
        names: of rows, separated by commas; what is no row is an overlay, and becomes a row named like its file. Empty
            for the rows that run without being named.
        is_reduced: leave out what the reduced protocol leaves out, unless it is named.

    Returns:
        The rows, and the runs, each after the one that it needs.

    Raises:
        ValueError: when a name is neither a row, a run nor an overlay.
    """
    runs = {run.name: run for run in table.runs}
    known = {row.name: row for row in table.rows}
    if names:
        wanted = {name for name in _words(names) if name in runs}
        rows = [
            known.get(name) or _overlay_row(name, table, {*known, *runs}) for name in _words(names) if name not in runs
        ]
    else:
        wanted = {run.name for run in table.runs if run.is_default}
        rows = [row for row in table.rows if row.is_default and (row.is_reduced or not is_reduced)]
    wanted |= {row.made_by for row in rows if row.made_by}
    while missing := {runs[name].needs for name in wanted if runs[name].needs} - wanted:
        wanted |= missing
    return rows, [run for run in table.runs if run.name in wanted]


def _overlay_row(name: str, table: Table, known: set[str]) -> Row:
    """Row of an overlay."""
    try:
        path = find_overlay(name, find_bundle(table.bundle))
    except ValueError as error:
        raise ValueError(f"{table.name} has no row {name!r}{_nearest(name, known)} As an overlay: {error}") from None
    return Row(path.stem, path.stem, str(path))


def _words(text: str) -> list[str]:
    """Parts between commas, each once, in order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _nearest(name: str, known: set[str]) -> str:
    """End of a sentence that offers the most similar name, and all."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return f"{hint} There are {', '.join(sorted(known))}."
