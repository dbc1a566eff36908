"""How well the lesion ranker does when it is told the true risk of every training lesion, instead of outcomes.

    python tests/benchmarks/evidence_lesion_ceiling.py --cohort cohort --further other_cohort --cache runs/cache
        [--fold 1] [--epochs 24] [--learning_rate 5e-4] [--threads 1]

``cohort`` and ``further`` are what ``prognos synthesize lesions`` wrote, of different seeds; ``cohort`` is split. The
bundle's network is trained on the lesions of the fold's training patients, one reader of each an epoch, by the squared
error of its lesion risks, with the bundle's augmentation. The patients of ``further`` are then ranked. What it misses
of the oracle there cannot be learned from so few patches, so no training on outcomes should be expected to find it.
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from monai.bundle import ConfigParser
from scipy.stats import spearmanr

from prognos.data import LesionDataset, join_annotations, pad_lesions, read_annotations, read_cohort
from prognos.metrics import concordance_index
from prognos.transforms import AugmentPatches, CenterPatches, ExtractLesionsd

TRAIN = Path(__file__).parents[2] / "bundles/lesion_prioritization/configs/train.json"
BATCH = 8


def main() -> None:
    """Train, rank, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cohort", "further", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--fold", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--learning_rate", type=float, default=5e-4)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    config = ConfigParser(json.loads(TRAIN.read_text(encoding="utf-8")))
    network = config.get_parsed_content("network_def").to(memory_format=torch.channels_last)
    dataset = read(given.cohort, given.cache, fold=given.fold)
    train(network, dataset, true_lesions(given.cohort), given.epochs, given.learning_rate)
    further = read(given.further, given.cache)
    print_table(rank(network.eval(), further), further, given.further)


def read(folder: Path, cache: Path, fold: int | None = None) -> LesionDataset:
    """Annotations of a fold's training patients, or of all."""
    chosen = read_cohort(folder / "cohort.csv", fold=fold, subset="all" if fold is None else "train")
    return LesionDataset(
        join_annotations(chosen, read_annotations(folder / "annotations.csv")), ExtractLesionsd(), cache
    )


def true_lesions(folder: Path) -> pd.DataFrame:
    """Site and true risk of every lesion, by patient and number."""
    table = pd.read_csv(folder / "truth/lesions.csv", dtype={"patient_id": str})
    return table.set_index(["patient_id", "instance"])[["site", "risk"]]


def train(network: torch.nn.Module, dataset: LesionDataset, truth: pd.DataFrame, epochs: int, rate: float) -> None:
    """Fit the lesion risks to the true ones."""
    known = truth["risk"].to_dict()
    readers = pd.DataFrame(dataset.examples, columns=["scan", "reader"]).groupby("scan").indices
    augment, generator = AugmentPatches(), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05, fused=True)
    steps = epochs * -(-len(readers) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for epoch in range(epochs):
        order = generator.permutation([generator.choice(rows) for rows in readers.values()])
        errors = []
        for start in range(0, len(order), BATCH):
            batch = pad_lesions([dataset[int(index)] for index in order[start : start + BATCH]])
            image, volume = augment(batch["image"], batch["volume"]), batch["volume"]
            with torch.autocast("cpu", torch.bfloat16):
                risk, _ = network.rank(image, volume)  # type: ignore[operator]
            rows = zip(batch["patient_id"], batch["instance"].tolist(), strict=True)
            wanted = torch.tensor(
                [[known.get((patient, number), 0.0) for number in numbers] for patient, numbers in rows]
            )
            error = (risk.float() - wanted)[volume > 0].square().mean()
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            schedule.step()
            errors.append(error.item())
        print(f"epoch {epoch + 1} of {epochs}: mean squared error {np.mean(errors):.3f}", flush=True)


@torch.no_grad()
def rank(network: torch.nn.Module, dataset: LesionDataset) -> pd.DataFrame:
    """One row for each lesion of each patient's first reader."""
    first = {scan: index for index, (scan, _) in reversed(list(enumerate(dataset.examples)))}
    rows, center = [], CenterPatches()
    indices = list(first.values())
    for start in range(0, len(indices), BATCH):
        batch = pad_lesions([dataset[index] for index in indices[start : start + BATCH]])
        with torch.autocast("cpu", torch.bfloat16):
            risk, _ = network.rank(center(batch["image"]), batch["volume"])  # type: ignore[operator]
        for place, column in (batch["volume"] > 0).nonzero().tolist():
            patient, number = batch["patient_id"][place], int(batch["instance"][place, column])
            rows.append((patient, number, float(risk[place, column])))
    return pd.DataFrame(rows, columns=["patient_id", "instance", "found"])


def print_table(lesions: pd.DataFrame, dataset: LesionDataset, folder: Path) -> None:
    """C-index of the found risks, of the mean risk of each organ, and of the truth, all with the true scale."""
    lesions = lesions.join(true_lesions(folder), on=["patient_id", "instance"], how="inner")
    scale = pd.read_csv(folder / "truth/lesions.csv").set_index(["patient_id", "instance"])["scale"]
    lesions = lesions.join(scale, on=["patient_id", "instance"])
    lesions["organ"] = lesions.groupby("site")["risk"].transform("mean")
    labels = {sample["patient_id"]: sample["label"] for sample in dataset.data}
    patients = lesions["patient_id"].unique()
    time, event = np.stack([labels[patient].numpy() for patient in patients]).T
    print("\n| risks | C-index | rank correlation within organs |\n| --- | --- | --- |")
    for name, column in {"found": "found", "true mean of the organ": "organ", "true": "risk"}.items():
        burden = (lesions[column] * lesions["scale"]).groupby(lesions["patient_id"]).sum()[patients]
        within = ", ".join(
            f"{site} {spearmanr(part[column], part['risk']).statistic:.2f}"
            for site, part in lesions.groupby("site")
            if column == "found"
        )
        print(f"| {name} | {concordance_index(burden.to_numpy(), time, event)[0]:.3f} | {within} |")


if __name__ == "__main__":
    main()
