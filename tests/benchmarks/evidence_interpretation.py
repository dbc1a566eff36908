"""What the interpretation finds on a synthetic cohort, beside what is true.

    python tests/benchmarks/evidence_interpretation.py --folds FOLDS --cohort cohort --cache runs/cache --out shown

``FOLDS`` holds the folds of one row of ``prognos experiment lesion_table`` (``runs/cells/proposed/cohort/seed_0``),
``cohort`` is what ``prognos synthesize lesions`` wrote. Writes the figures of ``prognos figures`` into the folder and
prints the tables of docs/explanation/interpretation.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from scipy.stats import spearmanr

from prognos.apps.figures import figures
from prognos.apps.lesion_figures import add_measures, annotations_without_lesions
from prognos.data import LesionDataset, join_annotations, read_annotations, read_cohort
from prognos.handlers.tables import read_notice
from prognos.metrics import growth_effects, margin_effects, organ_effects, reader_agreement
from prognos.transforms import ExtractLesionsd


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("folds", "cohort", "cache", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    dataset = LesionDataset(
        join_annotations(read_cohort(given.cohort / "cohort.csv"), read_annotations(given.cohort / "annotations.csv")),
        ExtractLesionsd(),
        given.cache,
    )
    files = sorted(given.folds.glob("fold_*/lesions_test.csv"))
    tables = {file.parent.name: complete(file, dataset, given.out / "measures") for file in files}
    written = []
    for (name, table), file in zip(tables.items(), files, strict=True):
        written.append(given.out / name / "lesions_test.csv")
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        written[-1].write_text(f"# {read_notice(file)}\n" + table.to_csv(index=False), encoding="utf-8")
    every = pd.concat([table.assign(run=name) for name, table in tables.items()], ignore_index=True)
    truth = pd.read_csv(given.cohort / "truth/lesions.csv", dtype={"patient_id": str})
    print_measures(every, truth)
    print_effects(tables | {"all": every}, truth, dataset)
    common = {"annotations_file": str(given.cohort / "annotations.csv"), "cache_dir": str(given.out / "measures")}
    figures(*map(str, written), output_dir=str(given.out / "all"), **common)
    figures(str(written[0]), output_dir=str(given.out / "one"), **common)


def complete(file: Path, dataset: LesionDataset, cache: Path) -> pd.DataFrame:
    """A table of lesions with the columns that older versions did not write."""
    table = pd.read_csv(file, comment="#", dtype={"patient_id": str})
    if "slice_from_feet_first_is_0" not in table:
        patients = set(table["patient_id"])
        slices = {}
        for index, (scan, _) in enumerate(dataset.examples):
            if dataset.data[scan]["patient_id"] in patients:
                sample = dataset[index]
                for instance, number in zip(sample["instance"].tolist(), sample["slice"].tolist(), strict=True):
                    slices[sample["patient_id"], sample["reader"], instance] = number
        keys = zip(table["patient_id"], table["reader"], table["lesion_id"], strict=True)
        table["slice_from_feet_first_is_0"] = [slices[key] for key in keys]
    if "matched_lesion" not in table:
        scans = [scan for scan in dataset.data if scan["patient_id"] in set(table["patient_id"])]
        table = add_measures(table, scans, str(cache), "labels")
    return table


def true_columns(table: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """True risk, growth and depth of each row."""
    known = truth.set_index(["patient_id", "instance"])[["risk", "margin", "growth", "site"]].add_prefix("true_")
    return table.join(known, on=["patient_id", "lesion_id"])


def print_measures(table: pd.DataFrame, truth: pd.DataFrame) -> None:
    """How well margins and matches hold against the truth."""
    both = true_columns(table, truth)
    pairs = both.groupby(["patient_id", "lesion_id"])["matched_lesion"].nunique()
    merged = both.groupby(["patient_id", "matched_lesion"])["lesion_id"].nunique()
    print(f"lesions split by matching: {(pairs > 1).sum()} of {len(pairs)}; joined: {(merged > 1).sum()}")
    for organ, part in both.groupby("organ"):
        depth = spearmanr(part["depth_mm"], part["true_margin"], nan_policy="omit").statistic
        margin = spearmanr(part["margin_mm"], part["true_margin"], nan_policy="omit").statistic
        touching = (part["margin_mm"] == 0).mean()
        print(f"{organ}: {len(part)} outlines, rank correlation with true depth {depth:.2f} (depth), {margin:.2f} "
              f"(margin); touching {touching:.0%}")  # fmt: skip


def print_effects(tables: dict[str, pd.DataFrame], truth: pd.DataFrame, dataset: LesionDataset) -> None:
    """Effects on predicted and on true risks, as Markdown."""
    print("\n| table | effect | predicted risk | true risk |\n| --- | --- | --- | --- |")
    for name, table in tables.items():
        true = true_columns(table, truth).assign(risk=lambda rows: rows["true_risk"])
        print(f"| {name} | SD of outlines' risks | {table['risk'].std():.3f} | {true['risk'].std():.3f} |")
        for predicted, real in zip(effects(table), effects(true), strict=True):
            print(f"| {name} | {predicted[0]} | {predicted[1]} | {real[1]} |")
        scans = [scan for scan in dataset.data if scan["patient_id"] in set(table["patient_id"])]
        empty = annotations_without_lesions(table, scans)
        print(f"| {name} | annotations without lesions | {len(empty)} | |")
        for found in reader_agreement(table, without_lesions=empty):
            icc = found.agreement
            print(f"| {name} | ICC {found.what} | {icc.icc:.3f} [{icc.low:.3f}, {icc.high:.3f}], of the mean "
                  f"{icc.of_mean:.3f}, reader SD {icc.within_variance**0.5:.3f}, {icc.groups} | |")  # fmt: skip


def effects(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Names and values of all effects in a fixed order."""
    found = sorted(organ_effects(table)) + growth_effects(table) + margin_effects(table)
    return [
        (each.what, f"{each.estimate:+.3f} [{each.low:+.3f}, {each.high:+.3f}], p = {each.p_value:.1e}, "
                    f"{each.lesions}/{each.patients}")
        for each in found
    ]  # fmt: skip


if __name__ == "__main__":
    main()
