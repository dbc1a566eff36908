"""Where the images of a cohort come from, for the provenance of weights trained on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from prognos.config import keys
from prognos.data.lesion_dataset import LesionDataset
from prognos.data.portrait_dataset import PortraitDataset
from prognos.data.scan_dataset import ScanDataset

__all__ = ["describe_photos", "describe_scans", "describe_training", "read_origin"]


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
    return _describe(dataset_dir, f"{len(dataset.data)} patients, {len(dataset)} annotations")


def describe_photos(dataset_dir: str | Path, dataset: PortraitDataset) -> str:
    """Return one sentence on what a network was trained on: kind, patients, photos, seed of a drawn cohort."""
    patients = len({sample[keys.PATIENT] for sample in dataset.data})
    return _describe(dataset_dir, f"{patients} patients, {len(dataset)} photos")


def describe_scans(dataset_dir: str | Path, dataset: ScanDataset) -> str:
    """Return one sentence on what a network was trained on: kind, patients, seed of a drawn cohort."""
    return _describe(dataset_dir, f"{len(dataset)} patients, whole scans")


def _describe(dataset_dir: str | Path, content: str) -> str:
    """Kind and content of a cohort, and the seed of a drawn one."""
    origin = read_origin(dataset_dir)
    text = f"{origin} cohort, {content}"
    if origin == "synthetic":
        seed = json.loads((Path(dataset_dir) / "dataset.json").read_text(encoding="utf-8")).get("seed")
        text += f", cohort seed {seed}"
    return text
