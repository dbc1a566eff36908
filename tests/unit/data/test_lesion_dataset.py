"""The lesion cache and its examples, on tiny scans."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from prognos.data import AnnotationError, LesionDataset, pad_lesions
from prognos.transforms import ExtractLesionsd
from scans import SHAPE, make_image, make_labels, write_volume


class Counted(ExtractLesionsd):
    """The extraction, counting its calls."""

    calls = 0

    def __call__(self, scan: Any) -> list[dict[str, torch.Tensor]]:
        """Count and extract."""
        type(self).calls += 1
        return super().__call__(scan)


@pytest.fixture(autouse=True)
def _count_from_zero() -> None:
    Counted.calls = 0


def make_scans(folder: Path) -> list[dict[str, Any]]:
    """Two patients: one with two readers (2 and 1 lesions), one without lesions."""
    folder.mkdir(exist_ok=True)
    image = write_volume(folder / "ct.nii.gz", make_image())
    other = write_volume(folder / "other.nii.gz", make_image() + np.int16(5))
    both = write_volume(folder / "both.nii.gz", make_labels())
    one = write_volume(folder / "one.nii.gz", make_labels() * (make_labels() == 7).astype(np.uint8))
    none = write_volume(folder / "none.nii.gz", np.zeros(SHAPE, dtype=np.uint8))
    first = [{"reader": "x", "mask": [both]}, {"reader": "y", "mask": [one]}]
    labels = torch.tensor([[100.0, 1.0], [200.0, 0.0]], dtype=torch.float64)
    return [
        {"patient_id": "a", "patient_index": 3, "label": labels[0], "image": image, "annotations": first},
        {
            "patient_id": "b",
            "patient_index": 8,
            "label": labels[1],
            "image": other,
            "annotations": [{"reader": "x", "mask": [none]}],
        },
    ]


@pytest.fixture
def scans(tmp_path: Path) -> list[dict[str, Any]]:
    """The scans, in a folder of their own."""
    return make_scans(tmp_path / "scans")


def test_each_annotation_is_an_example(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    dataset = LesionDataset(scans, Counted(), tmp_path / "cache")
    samples = [dataset[index] for index in range(len(dataset))]
    assert [len(sample["volume"]) for sample in samples] == [2, 1, 0]
    assert [sample["patient_index"].item() for sample in samples] == [3, 3, 8]
    assert [sample["reader"] for sample in samples] == ["x", "y", "x"]
    assert samples[1]["label"].tolist() == [100, 1]
    assert samples[1]["instance"].tolist() == [7]
    assert samples[1]["image_file"] == scans[0]["image"]
    assert samples[1]["mask_files"] == ";".join(scans[0]["annotations"][1]["mask"])
    assert dataset.events == [1, 1, 0]
    assert Counted.calls == 2  # once a scan, not once a reader


def test_the_cache_is_used_by_the_next_run(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    first = LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    again = LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    assert Counted.calls == 1
    assert torch.equal(first["image"], again["image"])


def test_another_outcome_or_reader_name_needs_no_extraction(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache").extract()
    scans[0]["label"], scans[1]["label"] = scans[1]["label"], scans[0]["label"]
    scans[0]["annotations"][0]["reader"] = "z"
    sample = LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    assert Counted.calls == 2
    assert sample["label"].tolist() == [200, 0]
    assert sample["reader"] == "z"


def test_a_moved_cohort_needs_no_extraction(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache").extract()
    shutil.move(tmp_path / "scans", tmp_path / "moved")
    for scan in scans:
        scan["image"] = scan["image"].replace("/scans/", "/moved/")
        for annotation in scan["annotations"]:
            annotation["mask"] = [path.replace("/scans/", "/moved/") for path in annotation["mask"]]
    LesionDataset(scans, Counted(), tmp_path / "cache").extract()
    assert Counted.calls == 2


def test_a_changed_mask_is_extracted_anew(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    assert len(LesionDataset(scans, Counted(), tmp_path / "cache")[0]["volume"]) == 2
    write_volume(Path(scans[0]["annotations"][0]["mask"][0]), make_labels() * (make_labels() == 1).astype(np.uint8))
    assert len(LesionDataset(scans, Counted(), tmp_path / "cache")[0]["volume"]) == 1


@pytest.mark.parametrize("part", ["image", "organ_mask", "followup_mask"])
def test_every_file_of_a_scan_counts(scans: list[dict[str, Any]], tmp_path: Path, part: str) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    path = write_volume(tmp_path / "new.nii.gz", np.ones(SHAPE, dtype=np.uint8))
    if part == "followup_mask":
        scans[0]["annotations"][0][part] = [path]
    else:
        scans[0][part] = path
    LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    assert Counted.calls == 2


def test_other_settings_are_extracted_anew(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    LesionDataset(scans, Counted(window=(-1000, 1000)), tmp_path / "cache")[0]
    assert Counted.calls == 2


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "garbage", "another record"])
def test_a_damaged_cache_file_is_made_again(scans: list[dict[str, Any]], tmp_path: Path, damage: str) -> None:
    expected = LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    (file,) = (tmp_path / "cache").iterdir()
    content = file.read_bytes()
    if damage == "another record":
        torch.save([{"image": torch.zeros(1)}] * 2, file)
    else:
        middle = len(content) // 2  # among the patches
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes(
            {"truncated": content[:middle], "flipped": flipped, "empty": b"", "garbage": b"x" * 500}[damage]
        )
    found = LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    assert Counted.calls == 2
    assert torch.equal(found["image"], expected["image"])
    LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    assert Counted.calls == 2


class Touch:
    """An object whose unpickling makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_cache_file_is_not_run(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache")[0]
    (file,) = (tmp_path / "cache").iterdir()
    torch.save([Touch(tmp_path / "trace")] * 2, file)
    assert len(LesionDataset(scans, Counted(), tmp_path / "cache")[0]["volume"]) == 2
    assert not (tmp_path / "trace").exists()


def test_the_cache_holds_plain_tensors_and_nothing_else(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    LesionDataset(scans, Counted(), tmp_path / "cache").extract()
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 2
    for file in files:
        for lesions in torch.load(file, weights_only=True):
            assert all(type(value) is torch.Tensor for value in lesions.values())
            assert "label" not in lesions


def test_without_a_cache_folder_every_access_extracts(scans: list[dict[str, Any]]) -> None:
    dataset = LesionDataset(scans, Counted(), None)
    assert torch.equal(dataset[0]["image"], dataset[0]["image"])
    assert Counted.calls == 2
    with pytest.raises(ValueError, match="no cache"):
        dataset.extract()


def test_only_the_largest_lesions_are_used(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    dataset = LesionDataset(scans, Counted(), tmp_path / "cache", max_lesions=1)
    assert dataset[0]["volume"].tolist() == pytest.approx([280])
    assert len(LesionDataset(scans, Counted(), tmp_path / "cache")[0]["volume"]) == 2


def test_a_scan_without_outcome_has_an_unknown_label(scans: list[dict[str, Any]]) -> None:
    del scans[0]["label"]
    dataset = LesionDataset(scans, Counted(), None)
    assert dataset[0]["label"].isnan().all()
    assert np.isnan(dataset.events[0])


def test_an_entry_time_is_kept(scans: list[dict[str, Any]]) -> None:
    batch = pad_lesions([LesionDataset([scan | {"entry": 7.5}], Counted(), None)[0] for scan in scans])
    assert batch["entry"].tolist() == [7.5, 7.5]
    assert batch["entry"].dtype == torch.float64


def test_a_loader_pads_to_the_longest(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    dataset = LesionDataset(scans, Counted(), tmp_path / "cache")
    (batch,) = DataLoader(dataset, batch_size=3, collate_fn=pad_lesions)
    assert batch["image"].shape == (3, 2, 128, 128)
    assert batch["volume"].tolist() == [pytest.approx([280, 120]), pytest.approx([120, 0]), [0, 0]]
    assert batch["centroid"].shape == (3, 2, 3)
    assert batch["growth"].isnan().all()
    assert batch["label"].shape == (3, 2)
    assert batch["patient_index"].tolist() == [3, 3, 8]
    assert batch["reader"] == ["x", "y", "x"]
    assert not batch["image"][2].any()


def test_a_batch_without_any_lesion_has_one_column_of_padding(scans: list[dict[str, Any]]) -> None:
    sample = LesionDataset(scans, Counted(), None)[2]
    batch = pad_lesions([sample, sample])
    assert batch["image"].shape == (2, 1, 128, 128)
    assert batch["volume"].tolist() == [[0], [0]]


def test_all_unusable_scans_are_listed_after_the_others_were_extracted(
    scans: list[dict[str, Any]], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.nii.gz"
    bad.write_bytes(b"no image")
    broken = [
        {**scans[0], "image": str(bad), "where": "annotations.csv, line 2"},
        scans[1],
        {**scans[0], "annotations": [{"reader": "x", "mask": [str(bad)], "where": "annotations.csv, line 9"}]},
    ]
    dataset = LesionDataset(broken, ExtractLesionsd(), tmp_path / "cache")
    with pytest.raises(AnnotationError, match="2 of 3 scans") as caught:
        dataset.extract()
    assert "line 2, column image" in str(caught.value)
    assert "line 9, column mask" in str(caught.value)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.slow
def test_processes_share_the_extraction(scans: list[dict[str, Any]], tmp_path: Path) -> None:
    here = LesionDataset(scans, ExtractLesionsd(), tmp_path / "here")
    there = LesionDataset(scans, ExtractLesionsd(), tmp_path / "there")
    here.extract()
    there.extract(processes=2)
    assert {file.name for file in (tmp_path / "here").iterdir()} == {
        file.name for file in (tmp_path / "there").iterdir()
    }
    assert torch.equal(here[0]["image"], there[0]["image"])
