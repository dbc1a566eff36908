"""Cost of the data pipeline beside that of the network, side by side in one run.

    python tests/benchmarks/bench_lesion_pipeline.py [--patients 12] [--repeats 5]

Draws a synthetic cohort into a temporary folder, extracts it, then times for each batch of an epoch: loading and
padding from the cache, augmentation, and forward plus backward pass of the bundle's network. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import torch
from monai.bundle import ConfigParser

from prognos.data import (
    LesionDataset,
    join_annotations,
    pad_lesions,
    read_annotations,
    read_cohort,
    write_lesion_cohort,
)
from prognos.losses import CoxLoss
from prognos.transforms import AugmentPatches, ExtractLesionsd

TRAIN = Path(__file__).parents[2] / "bundles/lesion_prioritization/configs/train.json"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), options.patients, options.repeats)
    network = statistics.median(row["network"] for row in rows)
    print(f"{len(rows)} batches, {options.threads} threads, median seconds a batch of 8 annotations, float32\n")
    print("| part | seconds | share of the network's time |\n| --- | --- | --- |")
    for part in ("load and pad", "augment", "network"):
        seconds = statistics.median(row[part] for row in rows)
        print(f"| {part} | {seconds:.4f} | {seconds / network:.1%} |")
    pipeline = statistics.median(row["load and pad"] + row["augment"] for row in rows)
    print(f"| **pipeline** | {pipeline:.4f} | **{pipeline / network:.1%}** |")


def measure(folder: Path, patients: int, repeats: int) -> list[dict[str, float]]:
    """Seconds of each part for each batch."""
    write_lesion_cohort(folder, patients=patients, seed=11)
    scans = join_annotations(read_cohort(folder / "cohort.csv"), read_annotations(folder / "annotations.csv"))
    dataset = LesionDataset(scans, ExtractLesionsd(), folder / "cache")
    dataset.extract(processes=2)
    config = ConfigParser(json.loads(TRAIN.read_text(encoding="utf-8")))
    network, augment, loss = config.get_parsed_content("network_def"), AugmentPatches(), CoxLoss()
    rows = []
    for _ in range(repeats):
        for start in range(0, len(dataset) - 7, 8):
            began = time.perf_counter()
            batch = pad_lesions([dataset[index] for index in range(start, start + 8)])
            loaded = time.perf_counter()
            image = augment(batch["image"], batch["volume"])
            augmented = time.perf_counter()
            loss(network(image, batch["volume"]), batch["label"]).backward()
            done = time.perf_counter()
            rows.append({"load and pad": loaded - began, "augment": augmented - loaded, "network": done - augmented})
    return rows[1:]


if __name__ == "__main__":
    main()
