"""The file of aligned photos: what it gives and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prognos.data import AlignedFactors, AlignedPhotos


def write(path: Path, **arguments: object) -> Path:
    photos = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8), dtype=np.uint8)
    np.save(path, arguments.get("photos", photos), allow_pickle=False)
    return path


def test_gives_the_bytes_of_each_photo(tmp_path: Path) -> None:
    dataset = AlignedPhotos(write(tmp_path / "aligned.npy"))
    assert (len(dataset), dataset.channels, dataset.resolution) == (5, 3, 8)
    assert torch.equal(dataset[3]["image"], torch.from_numpy(np.load(tmp_path / "aligned.npy")[3]))


@pytest.mark.parametrize("photos", [np.zeros((5, 8, 8, 3), np.uint8), np.zeros((5, 3, 8, 8), np.float32)])
def test_another_layout_or_type_is_refused(tmp_path: Path, photos: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \[N, C, R, R\]"):
        AlignedPhotos(write(tmp_path / "aligned.npy", photos=photos))


def test_a_missing_file_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        AlignedPhotos(tmp_path / "aligned.npy")
    (tmp_path / "aligned.npy").write_text("not numpy")
    with pytest.raises(ValueError, match="not a NumPy file"):
        AlignedPhotos(tmp_path / "aligned.npy")


def test_factors_are_standardised_and_the_constant_ones_left_out(tmp_path: Path) -> None:
    rows = "\n".join(f"p{n},1,{n},7,{n * n}" for n in range(5))
    (tmp_path / "factors.csv").write_text(f"patient_id,photo,age,same,pallor\n{rows}\n")
    dataset = AlignedFactors(write(tmp_path / "aligned.npy"), tmp_path / "factors.csv")
    labels = torch.stack([dataset[row]["label"] for row in range(5)])
    assert dataset.names == ["age", "pallor"]
    torch.testing.assert_close(labels.mean(dim=0), torch.zeros(2), rtol=0, atol=1e-6)
    torch.testing.assert_close(labels.std(dim=0), torch.ones(2))
    assert float(dataset[0]["image"].min()) >= -1.0


def test_factors_of_another_drawing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "factors.csv").write_text("age\n1\n2\n")
    with pytest.raises(ValueError, match="2 rows for 5 photos"):
        AlignedFactors(write(tmp_path / "aligned.npy"), tmp_path / "factors.csv")
