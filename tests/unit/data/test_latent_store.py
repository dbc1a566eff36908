"""Latents kept between runs, and the photos that have none yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.data import LatentStore, UnfinishedPhotos

FOUND = {"latent": torch.arange(3.0), "rmse": 0.1, "steps": 30, "seconds": 0.5}


def photos(count: int) -> list[dict[str, Any]]:
    return [{"image": torch.full((3, 2, 2), float(index)), "patient_id": str(index)} for index in range(count)]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = LatentStore(tmp_path, {"generator": "a"})
    key = store.key(torch.zeros(3, 2, 2))
    assert store.load(key) is None
    store.save(key, FOUND)
    found = LatentStore(tmp_path, {"generator": "a"}).load(key)
    assert found is not None
    np.testing.assert_array_equal(found["latent"], [0.0, 1.0, 2.0])
    assert found["steps"].item() == 30


def test_another_photo_generator_or_setting_has_another_latent(tmp_path: Path) -> None:
    photo = torch.zeros(3, 2, 2)
    keys = {
        LatentStore(tmp_path, {"generator": "a"}).key(photo),
        LatentStore(tmp_path, {"generator": "a"}).key(photo + 1),
        LatentStore(tmp_path, {"generator": "b"}).key(photo),
        LatentStore(tmp_path, {"generator": "a", "steps": 30}).key(photo),
    }
    assert len(keys) == 4


def test_a_damaged_file_counts_as_absent(tmp_path: Path) -> None:
    store = LatentStore(tmp_path, {})
    key = store.key(torch.zeros(3, 2, 2))
    store.save(key, FOUND)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for size in (0, 10, len(whole) // 2):
        file.write_bytes(whole[:size])
        assert store.load(key) is None


def test_processes_share_the_photos_whatever_is_finished(tmp_path: Path) -> None:
    store, all_photos = LatentStore(tmp_path, {}), photos(7)
    first = UnfinishedPhotos(all_photos, store, rank=0, world_size=2)
    store.save(first[1]["latent_key"], FOUND)
    second = UnfinishedPhotos(all_photos, store, rank=1, world_size=2)
    assert [first[index]["patient_id"] for index in range(len(first))] == ["0", "2", "4", "6"]
    assert [second[index]["patient_id"] for index in range(len(second))] == ["1", "3", "5"]
    again = UnfinishedPhotos(all_photos, store, rank=0, world_size=2)
    assert [again[index]["patient_id"] for index in range(len(again))] == ["0", "4", "6"]
    with pytest.raises(ValueError, match="rank is 2, expected 0 to 1"):
        UnfinishedPhotos(all_photos, store, rank=2, world_size=2)
