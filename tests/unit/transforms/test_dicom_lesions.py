"""Lesions of a cohort in DICOM: table, extraction, cache and maps, the same as of the same cohort in NIfTI."""

from __future__ import annotations

import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import TOKEN, rectangle, write_rtstruct, write_seg, write_series
from prognos.data import LesionDataset, index_folder, join_annotations, read_annotations, read_case
from prognos.transforms import (
    ExtractLesionsd,
    ImageError,
    MeasureLesionsd,
    find_lesions,
    label_lesions,
    read_masks,
    read_volume,
)
from scans import SHAPE, make_image, make_labels, write_volume

LABELS = make_labels()
HEADER = "patient_id,image,mask,reader,timepoint\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """CT, SEG with both lesions, RTSTRUCT with the second lesion and an organ, and the same labels in NIfTI."""
    series = write_series(tmp_path / "p1" / "ct")
    write_seg(tmp_path / "p1" / "seg.dcm", series, {1: LABELS == 1, 2: LABELS == 7})
    contours = [rectangle((20, 3), (22, 4), index) for index in (1, 2)]
    regions = {7: contours, 9: [rectangle((0, 0), (29, 23), 3)]}
    write_rtstruct(tmp_path / "p1" / "rt.dcm", series, regions, kinds={9: "EXTERNAL"})
    write_volume(tmp_path / "labels.nii.gz", np.where(LABELS == 7, 2, LABELS).astype(np.uint8))
    return tmp_path


def write_table(folder: Path, *rows: str) -> list[dict[str, Any]]:
    """Scans of a cohort of one patient."""
    (folder / "annotations.csv").write_text(HEADER + "\n".join(rows))
    return join_annotations([{"patient_id": "p1", "patient_index": 0}], read_annotations(folder / "annotations.csv"))


def test_a_cohort_in_dicom_gives_the_lesions_of_the_same_in_nifti(folder: Path) -> None:
    scans = write_table(folder, "p1,p1/ct,p1/seg.dcm,a,0", "p1,p1/ct,p1/rt.dcm::7,b,0", "p1,p1/ct,labels.nii.gz,c,0")
    seg, structures, nifti = ExtractLesionsd()(scans[0])
    assert seg["organ"].tolist() == [3, 3]  # the code of anatomy says liver
    for key in nifti.keys() - {"organ"}:
        torch.testing.assert_close(seg[key], nifti[key], equal_nan=True)
    assert structures["instance"].tolist() == [7]
    torch.testing.assert_close(structures["image"], nifti["image"][1:])


def test_touching_voxels_are_lesions_within_each_segment(folder: Path) -> None:
    scan = read_volume(folder / "p1" / "ct")
    both = LABELS.copy()
    both[0, 0, 0] = 1
    series = write_series(folder / "other")
    path = write_seg(folder / "both.dcm", series, {1: both == 1, 2: LABELS == 7})
    scan = read_volume(folder / "other")
    lesions = find_lesions(read_masks(path, scan), "components", None, name="mask")
    assert [(lesion.instance, lesion.voxels) for lesion in lesions] == [(1, 28), (3, 12), (2, 1)]
    labels = label_lesions(read_masks(path, scan), "components", name="mask").array
    assert np.bincount(labels.ravel())[1:].tolist() == [28, 1, 12]


def test_a_file_that_is_a_lesion_holds_one_segment(folder: Path) -> None:
    several = write_table(folder, "p1,p1/ct,p1/seg.dcm,a,0")
    with pytest.raises(ImageError, match="holds several segments, expected one because instances is 'files'"):
        ExtractLesionsd(instances="files")(several[0])
    one_each = write_table(folder, "p1,p1/ct,p1/seg.dcm::1;p1/seg.dcm::2,a,0")
    assert ExtractLesionsd(instances="files")(one_each[0])[0]["instance"].tolist() == [1, 2]


def test_growth_follows_the_number_of_the_segment(folder: Path) -> None:
    later = write_series(folder / "later")
    write_seg(folder / "later.dcm", later, {1: LABELS == 1, 2: (LABELS == 7) & (np.arange(SHAPE[2]) == 1)})
    rows = "p1,p1/ct,p1/seg.dcm,a,0", "p1,,later.dcm,a,1"
    assert ExtractLesionsd()(write_table(folder, *rows)[0])[0]["growth"].tolist() == [1, 0.5]


def test_the_cache_knows_which_segments_were_meant(folder: Path) -> None:
    counts = []
    for part in ("", "::1", "::2", "::1"):
        scans = write_table(folder, f"p1,p1/ct,p1/seg.dcm{part},a,0")
        counts.append(LesionDataset(scans, ExtractLesionsd(), folder / "cache")[0]["volume"].tolist())
    assert counts == [[280, 120], [280], [120], [280]]
    assert len(list((folder / "cache").iterdir())) == 3


def test_straightening_is_a_setting_that_older_caches_do_not_know(folder: Path) -> None:
    assert "resample" not in ExtractLesionsd().settings
    assert ExtractLesionsd(resample=True).settings["resample"] is True
    (folder / "p1" / "ct" / "7.dcm").unlink()
    scans = write_table(folder, "p1,p1/ct,p1/rt.dcm::7,a,0")
    with pytest.raises(ImageError, match="slices are missing"):
        ExtractLesionsd()(scans[0])
    assert ExtractLesionsd(resample=True)(scans[0])[0]["volume"].tolist() == [120]


def test_dicom_is_paired_by_name(folder: Path) -> None:
    rows = index_folder(folder, image_pattern="{patient}/ct", mask_pattern="{patient}/rt.dcm::lesion 7*").rows
    assert [(row["patient_id"], row["image"], row["mask"]) for row in rows] == [("p1", "p1/ct", "p1/rt.dcm::lesion 7*")]
    (folder / "p1" / "rt.dcm").rename(folder / "p1" / "ct" / "rt.dcm")
    assert index_folder(folder, image_pattern="{patient}/ct", mask_pattern="{patient}/ct/rt.dcm").rows


def test_a_case_may_name_segments(folder: Path) -> None:
    (case,) = read_case(folder / "p1" / "ct", f"{folder / 'p1' / 'seg.dcm'}::2")
    assert ExtractLesionsd()(case)[0]["instance"].tolist() == [2]


def test_no_name_of_a_header_reaches_a_message_or_the_cache(folder: Path) -> None:
    scans = write_table(folder, "p1,p1/ct,p1/seg.dcm,a,0", "p1,p1/ct,p1/rt.dcm::9,b,0")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        LesionDataset(scans, ExtractLesionsd(instances="components"), folder / "cache").extract()
    assert TOKEN not in " ".join(str(each.message) for each in told)
    for file in (folder / "cache").iterdir():
        assert TOKEN.encode() not in file.read_bytes()


@pytest.mark.filterwarnings("ignore:.*a single label in")  # what a flipped pixel may look like
def test_whatever_bit_breaks_the_message_is_ours(folder: Path) -> None:
    scans = write_table(folder, "p1,p1/ct,p1/seg.dcm,a,0")
    content = bytearray((folder / "p1" / "seg.dcm").read_bytes())
    told = []
    for place in np.random.default_rng(0).integers(132, len(content), 40):
        (folder / "p1" / "seg.dcm").write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        try:
            ExtractLesionsd()(scans[0])
        except ValueError as error:
            told.append(str(error))
    assert told
    assert all(message.startswith("annotations.csv, line") for message in told)
    assert TOKEN not in " ".join(told)


def test_no_more_than_three_volumes_are_in_memory(folder: Path) -> None:
    shape = (160, 160, 40)
    series = write_series(folder / "large", make_image(shape))
    mask = np.zeros(shape, bool)
    mask[40:60, 40:60, 10:30] = True
    write_seg(folder / "large.dcm", series, {1: mask, 2: mask})
    (case,) = read_case(folder / "large", folder / "large.dcm")
    extract = ExtractLesionsd()
    extract(case)  # what is loaded once
    tracemalloc.start()
    extract(case)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * make_image(shape).nbytes


def test_lesions_in_dicom_are_measured_and_matched_like_others(folder: Path) -> None:
    rows = "p1,p1/ct,p1/seg.dcm,a,0", "p1,p1/ct,labels.nii.gz,b,0"
    scan = write_table(folder, *rows)[0]
    seg, nifti = MeasureLesionsd(ExtractLesionsd())(scan)
    assert seg["instance"].tolist() == nifti["instance"].tolist() == [1, 2]
    assert seg["matched"].tolist() == nifti["matched"].tolist()
