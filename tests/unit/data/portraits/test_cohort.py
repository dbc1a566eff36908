"""Files of drawn portraits."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from prognos.data import read_cohort, read_photos
from prognos.data.portraits import (
    HEALTH_FACTORS,
    PortraitSettings,
    draw_aligned,
    draw_photos,
    locate_points,
    read_factors,
    redraw_portrait_survival,
    write_aligned_portraits,
    write_portrait_cohort,
)
from prognos.data.portraits import cohort as writer

SMALL = PortraitSettings(size=32, photos_per_patient=2)


def digests(folder: Path) -> dict[str, str]:
    """Hash of every file by its path in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_tables_are_those_that_a_bundle_reads(portrait_folder: Path) -> None:
    patients, photos = read_cohort(portrait_folder / "cohort.csv"), read_photos(portrait_folder / "photos.csv")
    assert len(patients) == 12
    assert len(photos) == 24
    assert {photo["patient_id"] for photo in photos} == {patient["patient_id"] for patient in patients}
    truth = read_factors(portrait_folder / "truth/factors.csv")
    np.testing.assert_allclose([photo["landmarks"] for photo in photos], locate_points(truth, 64), atol=1e-3)


def test_photos_are_those_of_the_truth_and_say_that_they_are_synthetic(portrait_folder: Path) -> None:
    photos = pd.read_csv(portrait_folder / "photos.csv")
    expected = draw_photos(read_factors(portrait_folder / "truth/factors.csv"), 64)
    for name, picture in zip(photos["image"], expected, strict=True):
        with Image.open(portrait_folder / name) as photo:
            assert photo.info["Description"] == "prognos synthetic"
            np.testing.assert_array_equal(np.asarray(photo), picture.transpose(1, 2, 0))


def test_a_second_call_draws_only_what_is_missing(portrait_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    shutil.copytree(portrait_folder, folder)
    kept, lost = folder / "photos/clinic-0007-000001_1.png", folder / "photos/clinic-0007-000003_2.png"
    before = kept.stat().st_mtime_ns
    lost.unlink()
    write_portrait_cohort(folder, patients=12, seed=7, settings=SMALL)
    assert kept.stat().st_mtime_ns == before
    assert digests(folder) == digests(portrait_folder)


def test_more_patients_leave_the_others_as_they_are(portrait_folder: Path, tmp_path: Path) -> None:
    write_portrait_cohort(tmp_path, patients=14, seed=7, settings=SMALL)
    first, more = pd.read_csv(portrait_folder / "cohort.csv"), pd.read_csv(tmp_path / "cohort.csv")
    pd.testing.assert_frame_equal(more.iloc[:12], first, check_dtype=False)
    expected = {name: digest for name, digest in digests(portrait_folder).items() if name.startswith("photos/")}
    assert {name: digest for name, digest in digests(tmp_path).items() if name in expected} == expected


def test_another_survival_seed_changes_the_follow_up_and_nothing_else(portrait_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    shutil.copytree(portrait_folder, folder)
    redrawn, first = pd.read_csv(redraw_portrait_survival(folder, 3)), pd.read_csv(folder / "cohort.csv")
    assert not redrawn["time"].equals(first["time"])
    pd.testing.assert_frame_equal(redrawn.drop(columns=["time", "event"]), first.drop(columns=["time", "event"]))


def test_nothing_predicts_survival_when_only_nuisances_vary(tmp_path: Path) -> None:
    write_portrait_cohort(tmp_path, patients=5, seed=7, settings=PortraitSettings(size=16, nuisances_only=True))
    patients = pd.read_csv(tmp_path / "truth/patients.csv")
    assert (patients[["log_hazard", "health", "age_part", "unseen", "type"]] == 0.0).all(axis=None)
    assert read_factors(tmp_path / "truth/factors.csv")[[*HEALTH_FACTORS, "age"]].nunique().max() == 1


def test_aligned_faces_fill_one_file_in_the_order_of_the_truth(tmp_path: Path) -> None:
    settings = PortraitSettings(domain="population", size=32)
    path = write_aligned_portraits(tmp_path, patients=9, seed=7, settings=settings)
    truth = read_factors(tmp_path / "truth/factors.csv")
    np.testing.assert_array_equal(np.load(path, mmap_mode="r"), draw_aligned(truth, 32))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["aligned.npy", "dataset.json", "truth"]


def test_an_interrupted_file_of_aligned_faces_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PortraitSettings(domain="population", size=32)
    whole = np.load(write_aligned_portraits(tmp_path / "whole", patients=9, seed=7, settings=settings))
    monkeypatch.setattr(writer, "CHUNK", 4)
    drawn: list[int] = []

    def draw(table: pd.DataFrame, size: int) -> np.ndarray:
        if len(drawn) == 1:
            raise KeyboardInterrupt
        drawn.append(len(table))
        return draw_aligned(table, size)

    monkeypatch.setattr(writer, "draw_aligned", draw)
    with pytest.raises(KeyboardInterrupt):
        write_aligned_portraits(tmp_path / "cut", patients=9, seed=7, settings=settings)
    assert not (tmp_path / "cut/aligned.npy").exists()
    drawn.clear()
    monkeypatch.setattr(writer, "draw_aligned", lambda t, size: drawn.append(len(t)) or draw_aligned(t, size))
    path = write_aligned_portraits(tmp_path / "cut", patients=9, seed=7, settings=settings)
    assert drawn == [4, 1]
    np.testing.assert_array_equal(np.load(path), whole)


def test_a_folder_of_other_portraits_is_refused(portrait_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    shutil.copytree(portrait_folder, folder)
    with pytest.raises(ValueError, match="Choose another folder"):
        write_portrait_cohort(folder, patients=12, seed=8, settings=SMALL)
    with pytest.raises(ValueError, match="Choose another folder"):
        write_aligned_portraits(folder, patients=12, seed=7, settings=SMALL)
    assert json.loads((folder / "dataset.json").read_text())["seed"] == 7


@pytest.mark.parametrize(
    ("numbers", "settings"),
    [
        ({"patients": 0, "seed": 1}, PortraitSettings()),
        ({"patients": 1, "seed": 10000}, PortraitSettings()),
        ({"patients": 1, "seed": 1, "survival_seed": -1}, PortraitSettings()),
        ({"patients": 1, "seed": 1}, PortraitSettings(size=8)),
        ({"patients": 1, "seed": 1}, PortraitSettings(photos_per_patient=0)),
        ({"patients": 1, "seed": 1}, PortraitSettings(domain="ward")),  # type: ignore[arg-type]
    ],
)
def test_numbers_that_name_no_cohort_are_refused(
    tmp_path: Path, numbers: dict[str, int], settings: PortraitSettings
) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_portrait_cohort(tmp_path, settings=settings, **numbers)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="prognos synthesize portraits"):
        redraw_portrait_survival(tmp_path, 1)
