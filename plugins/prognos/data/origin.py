"""Where the images of a cohort come from, for the provenance of weights trained on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from prognos.data.lesion_dataset import LesionDataset

__all__ = ["describe_training", "read_origin"]


def read_origin(dataset_dir: str | Path) -> Literal["synthetic", "patients"]:
    """Tell a synthetic cohort from a real one.

    Args:
        dataset_dir: folder of the cohort.

    Returns:
        ``"synthetic"`` when the file ``dataset.json`` there says that the cohort was drawn, ``"patients"`` otherwise.

    Raises:
        ValueError: when that file is not JSON.
    """
    path = Path(dataset_dir) / "dataset.json"
    if not path.is_file():
        return "patients"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error}); it says whether the cohort is synthetic. Mend it.") from error
    return "synthetic" if "synthetic" in str(description.get("description", "")) else "patients"


def describe_training(dataset_dir: str | Path, dataset: LesionDataset) -> str:
    """Return one sentence on what a network was trained on: kind, patients, annotations, seed of a drawn cohort."""
    origin = read_origin(dataset_dir)
    text = f"{origin} cohort, {len(dataset.data)} patients, {len(dataset)} annotations"
    if origin == "synthetic":
        seed = json.loads((Path(dataset_dir) / "dataset.json").read_text(encoding="utf-8")).get("seed")
        text += f", cohort seed {seed}"
    return text
