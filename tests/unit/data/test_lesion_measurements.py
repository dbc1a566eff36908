"""Margins and matches of a cohort, measured once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prognos.data import LesionDataset, LesionMeasurements
from prognos.transforms import ExtractLesionsd, GeometryError, MeasureLesionsd
from scans import AFFINE, SHAPE, make_image, make_labels, write_volume


class Counted(MeasureLesionsd):
    """The measurement, counting its calls."""

    calls = 0

    def __call__(self, scan: Any) -> list[dict[str, torch.Tensor]]:
        type(self).calls += 1
        return super().__call__(scan)


@pytest.fixture
def scan(tmp_path: Path) -> dict[str, Any]:
    """One patient, all lung but one side; of two readers the second drew lesion 1 under the id 4 and nothing else."""
    Counted.calls = 0
    organs = np.full(SHAPE, 10, np.uint8)
    organs[:5] = 0
    other = np.where(make_labels() == 1, 4, 0).astype(np.uint8)
    return {
        "patient_id": "a",
        "patient_index": 0,
        "image": write_volume(tmp_path / "ct.nii.gz", make_image()),
        "organ_mask": write_volume(tmp_path / "organs.nii.gz", organs),
        "annotations": [
            {"reader": "x", "mask": [write_volume(tmp_path / "x.nii.gz", make_labels())]},
            {"reader": "y", "mask": [write_volume(tmp_path / "y.nii.gz", other)]},
        ],
    }


def test_measures_are_looked_up_by_patient_reader_and_id(scan: dict[str, Any], tmp_path: Path) -> None:
    measurements = LesionMeasurements([scan], Counted(ExtractLesionsd()), tmp_path / "cache")
    first, second = measurements.of_annotation("a", "x"), measurements.of_annotation("a", "y")
    assert first[1].matched == second[4].matched != first[7].matched
    assert first[1].margin == second[4].margin == 10.0  # 5 voxels of 2 mm
    assert first[7].margin == 30.0
    assert first[1].depth > first[1].margin
    assert Counted.calls == 1


def test_the_next_run_finds_them_and_the_lesions_of_the_same_cache(scan: dict[str, Any], tmp_path: Path) -> None:
    extraction = ExtractLesionsd()
    len(LesionDataset([scan], extraction, tmp_path / "cache")[0])
    lesions = list((tmp_path / "cache").iterdir())
    for _ in range(2):
        measurements = LesionMeasurements([scan], Counted(extraction), tmp_path / "cache")
        measurements.measure()
        measurements.of_annotation("a", "x")
    assert Counted.calls == 1
    assert set(lesions) < set((tmp_path / "cache").iterdir())


def test_a_damaged_file_and_a_changed_mask_are_measured_anew(scan: dict[str, Any], tmp_path: Path) -> None:
    LesionMeasurements([scan], Counted(ExtractLesionsd()), tmp_path / "cache").measure()
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:50])
    LesionMeasurements([scan], Counted(ExtractLesionsd()), tmp_path / "cache").of_annotation("a", "x")
    assert Counted.calls == 2
    write_volume(Path(scan["annotations"][1]["mask"][0]), make_labels())
    found = LesionMeasurements([scan], Counted(ExtractLesionsd()), tmp_path / "cache").of_annotation("a", "y")
    assert sorted(found) == [1, 7]


def test_without_an_organ_map_lesions_are_matched_and_margins_unknown(scan: dict[str, Any]) -> None:
    scan.pop("organ_mask")
    found = LesionMeasurements([scan], MeasureLesionsd(ExtractLesionsd()), None).of_annotation("a", "x")
    assert [lesion.matched for lesion in found.values()] == [1, 2]
    assert all(np.isnan(lesion.margin) for lesion in found.values())


def test_a_lesion_that_another_one_covers_keeps_a_row_of_its_own(scan: dict[str, Any], tmp_path: Path) -> None:
    labels = make_labels()
    around = write_volume(tmp_path / "around.nii.gz", (labels > 0).astype(np.uint8))
    within = write_volume(tmp_path / "within.nii.gz", (labels == 1).astype(np.uint8))
    scan["annotations"] = [{"reader": "x", "mask": [within, around]}, {"reader": "y", "mask": [within]}]
    extraction = ExtractLesionsd(instances="files")
    assert sorted(extraction(scan)[0]["instance"].tolist()) == [1, 2]
    measurements = LesionMeasurements([scan], MeasureLesionsd(extraction), None)
    first, second = measurements.of_annotation("a", "x"), measurements.of_annotation("a", "y")
    assert sorted(first) == [1, 2]
    assert first[1].matched not in (first[2].matched, second[1].matched)
    assert np.isnan(first[1].margin)


def test_a_mask_on_another_grid_is_refused_by_its_place_in_the_table(scan: dict[str, Any], tmp_path: Path) -> None:
    moved = AFFINE.copy()
    moved[0, 3] += 4
    scan["annotations"][1] = {
        "reader": "y",
        "where": "annotations.csv, line 3",
        "mask": [write_volume(tmp_path / "secret.nii.gz", make_labels(), affine=moved)],
    }
    with pytest.raises(GeometryError, match=r"annotations\.csv, line 3, column mask: does not lie") as caught:
        LesionMeasurements([scan], MeasureLesionsd(ExtractLesionsd()), None).of_annotation("a", "x")
    assert "secret" not in str(caught.value)
