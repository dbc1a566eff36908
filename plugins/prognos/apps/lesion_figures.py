"""Figures 3, 4 and 5 of the lesion paper, the margin and the readers, from tables of scored lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from prognos.apps.saving import save_figure
from prognos.config import keys
from prognos.data import LesionMeasurements, join_annotations, read_annotations
from prognos.files import written_whole
from prognos.handlers import AnnotationFiles, draw_extreme_lesions
from prognos.handlers.tables import read_notice
from prognos.transforms import ExtractLesionsd, Instances, MeasureLesionsd
from prognos.visualize import interpret_lesions, lesion_effect_tables

__all__ = [
    "add_measures",
    "annotations_without_lesions",
    "draw_lesion_tables",
    "read_lesion_tables",
    "read_scans",
]

SLICE = "slice_from_feet_first_is_0"
"""Column with the slice a lesion's patch was cut from."""


def draw_lesion_tables(
    paths: Sequence[Path], folder: Path, *, annotations_file: str, cache_dir: str, instances: str, notice: str
) -> None:
    """Draw what the tables allow and write the numbers behind each figure.

    Args:
        paths: tables of scored lesions, one a model; several are joined, each model with an intercept of its own.
        folder: of the pictures.
        annotations_file: annotation table of the cohort, for the slices, and for margins and matches that the tables
            lack; empty to do without.
        cache_dir: cache of the measures; empty to measure anew.
        instances: what makes two voxels the same lesion, as when the lesions were extracted.
        notice: strip on every picture; by default that of the tables.
    """
    if instances not in get_args(Instances):
        raise ValueError(f"--instances is {instances!r}, expected one of {', '.join(get_args(Instances))}.")
    table = read_lesion_tables(paths)
    notice = notice or next((found for path in paths if (found := read_notice(path))), "")
    scans = read_scans(table, annotations_file) if annotations_file else []
    if scans and table["matched_lesion"].isna().all():
        table = add_measures(table, scans, cache_dir, instances)
    empty = annotations_without_lesions(table, scans) if scans else None
    findings = interpret_lesions(table, notice=notice, without_lesions=empty)
    runs = _by_run(table, empty) if len(paths) > 1 else {}
    for finding in findings:
        effects = [finding.effects, *runs.get(finding.name, [])]
        save_figure(finding.figure, folder / f"{finding.name}.svg")
        _write(finding.plotted, folder / f"{finding.name}.csv")
        _write(
            pd.concat([effects[0].assign(run="all"), *effects[1:]]) if runs else effects[0],
            folder / f"{finding.name}_effects.csv",
        )
        print(f"{finding.title}: {finding.text}")
    if scans:
        _draw_slices(table, scans, folder, instances, notice)


def read_lesion_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Join tables of scored lesions; columns of measures that one lacks are empty.

    Returns:
        All rows; with a column ``run``, the folder of the table, where there are several.
    """
    tables = [pd.read_csv(path, comment="#", dtype={keys.PATIENT: str, keys.READER: str}) for path in paths]
    if len(tables) > 1:
        names = _run_names(paths)
        tables = [table.assign(run=name) for table, name in zip(tables, names, strict=True)]
    joined = pd.concat(tables, ignore_index=True)
    measures = [name for name in ("matched_lesion", "margin_mm", "depth_mm") if name not in joined]
    return joined.assign(**dict.fromkeys(measures, float("nan"))).fillna({keys.READER: ""})


def add_measures(
    table: pd.DataFrame, scans: Sequence[Mapping[str, Any]], cache_dir: str, instances: str
) -> pd.DataFrame:
    """The table with margins, and with the lesions of different readers matched.

    Args:
        table: rows of :func:`read_lesion_tables`.
        scans: of all patients in it.
        cache_dir: cache of the measures; empty to measure anew.
        instances: what makes two voxels the same lesion.
    """
    extraction = ExtractLesionsd(instances=instances)  # type: ignore[arg-type]  # checked by the caller
    measurements = LesionMeasurements(scans, MeasureLesionsd(extraction), cache_dir or None)
    measurements.measure()
    rows = zip(table[keys.PATIENT], table[keys.READER], table["lesion_id"], strict=True)
    found = [measurements.of_annotation(patient, reader)[int(lesion)] for patient, reader, lesion in rows]
    return table.assign(
        matched_lesion=[lesion.matched for lesion in found],
        margin_mm=[lesion.margin for lesion in found],
        depth_mm=[lesion.depth for lesion in found],
    )


def annotations_without_lesions(table: pd.DataFrame, scans: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Patient and reader of every annotation that has no row, of the patients in the table.

    Args:
        table: rows of :func:`read_lesion_tables`.
        scans: of these patients.
    """
    scored = set(zip(table[keys.PATIENT], table[keys.READER], strict=True))
    every = {(scan[keys.PATIENT], part[keys.READER]) for scan in scans for part in scan[keys.ANNOTATIONS]}
    return every - scored


def _run_names(paths: Sequence[Path]) -> list[str]:
    """Shortest names that tell the tables apart: folder, path, or number."""
    for names in ([path.resolve().parent.name for path in paths], [str(path) for path in paths]):
        if len(set(names)) == len(names):
            return names
    return [str(number) for number in range(1, len(paths) + 1)]


def read_scans(table: pd.DataFrame, annotations_file: str) -> list[dict[str, Any]]:
    """Files of the patients in the table."""
    patients = [
        {keys.PATIENT: patient, keys.PATIENT_INDEX: number}
        for number, patient in enumerate(dict.fromkeys(table[keys.PATIENT]))
    ]
    return join_annotations(patients, read_annotations(annotations_file))


def _draw_slices(
    table: pd.DataFrame, scans: Sequence[Mapping[str, Any]], folder: Path, instances: str, notice: str
) -> None:
    """Draw the lesions at both ends of the ranking on their slices."""
    if SLICE not in table:
        print(f"no slices drawn: the table has no column {SLICE}; score the lesions again with this version.")
        return
    files = {
        (scan[keys.PATIENT], annotation[keys.READER]): AnnotationFiles(scan[keys.IMAGE], tuple(annotation[keys.MASK]))
        for scan in scans
        for annotation in scan[keys.ANNOTATIONS]
    }
    drawn = draw_extreme_lesions(table, files, instances=instances, notice=notice)  # type: ignore[arg-type]  # checked
    if drawn is not None:
        save_figure(drawn.figure, folder / "lesion_slices.png")
        _write(drawn.plotted, folder / "lesion_slices.csv")


def _by_run(table: pd.DataFrame, empty: set[tuple[str, str]] | None) -> dict[str, list[pd.DataFrame]]:
    """Effects of each run, by the name of their figure."""
    found: dict[str, list[pd.DataFrame]] = {}
    for run, part in table.groupby("run"):
        here = None if empty is None else [each for each in empty if each[0] in set(part[keys.PATIENT])]
        for name, effects in lesion_effect_tables(part.drop(columns="run"), without_lesions=here).items():
            found.setdefault(name, []).append(effects.assign(run=run))
    return found


def _write(table: pd.DataFrame, path: Path) -> None:
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False)
