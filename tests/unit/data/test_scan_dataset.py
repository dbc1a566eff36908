"""Whole scans of a cohort come from a cache, one example a patient."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from prognos.data import ScanDataset, describe_scans
from prognos.transforms import ResampleScand
from scans import make_image, write_volume


class Counted(ResampleScand):
    """The resampling, counting its calls."""

    calls = 0

    def __call__(self, scan: Any) -> torch.Tensor:
        """Count and resample."""
        type(self).calls += 1
        return super().__call__(scan)


def resampling(size: tuple[int, int, int] = (6, 6, 5)) -> Counted:
    return Counted((8.0, 8.0, 10.0), size)


@pytest.fixture
def scans(tmp_path: Path) -> list[dict[str, Any]]:
    """Two patients; the masks that they name do not exist."""
    Counted.calls = 0
    (tmp_path / "scans").mkdir()
    labels = torch.tensor([[100.0, 1.0], [200.0, 0.0]], dtype=torch.float64)
    return [
        {
            "patient_id": patient,
            "patient_index": 3 + number,
            "label": labels[number],
            "image": write_volume(tmp_path / f"scans/{patient}.nii.gz", make_image() + np.int16(100 * number)),
            "annotations": [{"reader": "x", "mask": ["gone.nii.gz"]}, {"reader": "y", "mask": ["gone.nii.gz"]}],
        }
        for number, patient in enumerate("ab")
    ]


def test_there_is_one_example_for_each_patient_and_no_mask_is_opened(
    scans: list[dict[str, Any]], tmp_path: Path
) -> None:
    dataset = ScanDataset(scans, resampling(), tmp_path / "cache")
    (batch,) = DataLoader(dataset, batch_size=2)
    assert batch["image"].shape == (2, 1, 6, 6, 5)
    assert batch["image"].dtype == torch.uint8
    assert batch["label"].tolist() == [[100, 1], [200, 0]]
    assert batch["patient_id"] == ["a", "b"]
    assert batch["patient_index"].tolist() == dataset.patients == [3, 4]
    assert dataset.events == [1, 0]
    assert describe_scans(tmp_path, dataset) == "patients cohort, 2 patients, whole scans"


def test_a_scan_is_resampled_once_even_when_the_cohort_moves_or_its_outcome_changes(
    scans: list[dict[str, Any]], tmp_path: Path
) -> None:
    first = ScanDataset(scans, resampling(), tmp_path / "cache")[0]
    shutil.move(tmp_path / "scans", tmp_path / "moved")
    scans[0] |= {"image": scans[0]["image"].replace("/scans/", "/moved/"), "label": torch.zeros(2), "entry": 2.0}
    again = ScanDataset(scans, resampling(), tmp_path / "cache")[0]
    assert Counted.calls == 1
    assert torch.equal(first["image"], again["image"])
    assert again["entry"].item() == 2.0


def test_another_image_or_size_is_resampled_anew(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    first = ScanDataset(scans, resampling(), tmp_path / "cache")[0]["image"]
    assert ScanDataset(scans, resampling((4, 4, 4)), tmp_path / "cache")[0]["image"].shape == (1, 4, 4, 4)
    write_volume(Path(scans[0]["image"]), make_image() + np.int16(50))
    assert not torch.equal(ScanDataset(scans, resampling(), tmp_path / "cache")[0]["image"], first)
    assert Counted.calls == 3


@pytest.mark.parametrize("damage", ["truncated", "empty", "another shape", "a list"])
def test_a_damaged_cache_file_is_made_again(scans: list[dict[str, Any]], tmp_path: Path, damage: str) -> None:
    expected = ScanDataset(scans, resampling(), tmp_path / "cache")[0]["image"]
    (file,) = (tmp_path / "cache").iterdir()
    content = file.read_bytes()
    if damage in ("truncated", "empty"):
        file.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"")
    else:
        torch.save(torch.zeros(2, dtype=torch.uint8) if damage == "another shape" else [1], file)
    assert torch.equal(ScanDataset(scans, resampling(), tmp_path / "cache")[0]["image"], expected)
    assert Counted.calls == 2


def test_without_cache_or_outcome_a_scan_is_read_at_each_access(scans: list[dict[str, Any]]) -> None:
    del scans[0]["label"]
    dataset = ScanDataset(scans, resampling(), None)
    assert dataset[0]["label"].isnan().all()
    assert np.isnan(dataset.events[0])
    assert torch.equal(dataset[0]["image"], dataset[0]["image"])
    assert Counted.calls == 3
