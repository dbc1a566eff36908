"""Portraits are aligned once, kept as bytes under a name that says nothing, and given as tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.data import DataLoader, decollate_batch
from PIL import Image

from faces import POINTS, draw_face, write_photo_table
from prognos.data import PhotoTableError, PortraitDataset, join_photos, read_cohort, read_photos
from prognos.transforms import AlignFaced


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients, three photos."""
    rows = []
    for number, (patient, name) in enumerate([("Anna", "a.png"), ("Bert", "b.png"), ("Anna", "c.png")]):
        Image.fromarray(draw_face(skin=(200 - 30 * number, 150, 130))).save(tmp_path / name)
        rows.append({"patient_id": patient, "image": name, "points": POINTS})
    write_photo_table(tmp_path / "photos.csv", rows)
    (tmp_path / "cohort.csv").write_text("patient_id,time,event,cancer_type\nAnna,10,1,lung\nBert,20,0,breast\n")
    return tmp_path


def samples(folder: Path) -> list[dict[str, Any]]:
    return join_photos(read_cohort(folder / "cohort.csv"), read_photos(folder / "photos.csv"))


def test_an_item_is_the_aligned_face_with_the_patients_outcome(folder: Path) -> None:
    dataset = PortraitDataset(samples(folder), AlignFaced(64), folder / "cache")
    item = dataset[1]
    torch.testing.assert_close(item["image"], AlignFaced(64)(samples(folder)[1])["image"], rtol=0, atol=1e-6)
    assert item["image"].dtype == torch.float32
    assert item["label"].tolist() == [10.0, 1.0]
    assert (item["patient_id"], int(item["patient_index"]), item["cancer_type"]) == ("Anna", 0, "lung")
    assert (item["photo"], int(item["photo_index"])) == ("line 4", 2)
    assert dataset.events == [1.0, 1.0, 0.0]


def test_batches_collate_and_decollate(folder: Path) -> None:
    batch = next(iter(DataLoader(PortraitDataset(samples(folder), AlignFaced(32), folder / "cache"), batch_size=3)))
    assert batch["image"].shape == (3, 3, 32, 32)
    assert batch["label"].shape == (3, 2)
    assert batch["patient_index"].tolist() == [0, 0, 1]
    assert [item["photo"] for item in decollate_batch(batch)] == ["line 2", "line 4", "line 3"]


def test_without_outcomes_patients_are_numbered_as_they_appear(folder: Path) -> None:
    dataset = PortraitDataset(read_photos(folder / "photos.csv"), AlignFaced(32), None)
    assert [int(item["patient_index"]) for item in dataset] == [0, 1, 0]
    assert dataset[0]["label"].isnan().all()


def test_a_face_is_aligned_once_and_the_same_from_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = PortraitDataset(samples(folder), AlignFaced(64), folder / "cache")
    fresh = [item["image"] for item in dataset]
    monkeypatch.setattr(AlignFaced, "__call__", lambda *_: pytest.fail("aligned again"))
    again = PortraitDataset(samples(folder), AlignFaced(64), folder / "cache")
    again.prepare()
    for first, second in zip(fresh, again, strict=True):
        torch.testing.assert_close(first, second["image"], rtol=0, atol=0)


def test_the_cache_holds_bytes_and_names_nobody(folder: Path) -> None:
    PortraitDataset(samples(folder), AlignFaced(64), folder / "cache").prepare()
    files = sorted((folder / "cache").iterdir())
    assert len(files) == 3
    assert all(len(file.stem) == 64 and np.load(file).dtype == np.uint8 for file in files)
    assert not any(b"Anna" in file.read_bytes() for file in files)


def test_a_changed_photo_point_or_setting_is_aligned_anew_and_a_moved_cohort_is_not(folder: Path) -> None:
    def names(transform: AlignFaced, data: list[dict[str, Any]]) -> set[str]:
        dataset = PortraitDataset(data, transform, folder / "cache")
        return {dataset._cache_file(item).name for item in data}

    data = samples(folder)
    before = names(AlignFaced(64), data)
    assert names(AlignFaced(32), data).isdisjoint(before)
    assert names(AlignFaced(64), [{**item, "landmarks": POINTS + 1} for item in data]).isdisjoint(before)
    moved = folder / "moved"
    moved.mkdir()
    for item in data:
        Path(item["image"]).rename(moved / Path(item["image"]).name)
    data = [{**item, "image": str(moved / Path(item["image"]).name)} for item in data]
    assert names(AlignFaced(64), data) == before
    Image.fromarray(draw_face(skin=(1, 2, 3))).save(moved / "a.png")
    assert len(names(AlignFaced(64), data) - before) == 1


def test_a_damaged_cache_file_is_made_again(folder: Path) -> None:
    dataset = PortraitDataset(samples(folder), AlignFaced(64), folder / "cache")
    fresh = dataset[0]["image"]
    for file in (folder / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    torch.testing.assert_close(dataset[0]["image"], fresh, rtol=0, atol=0)


def test_photos_that_cannot_be_used_are_listed_together(folder: Path) -> None:
    data = samples(folder)
    (folder / "a.png").write_text("no photo")
    data[2] = {**data[2], "landmarks": POINTS + 500}
    dataset = PortraitDataset(data, AlignFaced(64), folder / "cache")
    with pytest.raises(PhotoTableError, match="2 of 3 photos cannot be used") as caught:
        dataset.prepare()
    assert "photos.csv, line 2: not_an_image" in str(caught.value)
    assert "photos.csv, line 3: landmarks_outside" in str(caught.value)
    assert "Anna" not in str(caught.value)
    assert len(list((folder / "cache").iterdir())) == 1


def test_preparing_needs_a_cache(folder: Path) -> None:
    with pytest.raises(ValueError, match="give cache_dir"):
        PortraitDataset(samples(folder), AlignFaced(64), None).prepare()
