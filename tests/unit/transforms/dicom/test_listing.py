"""What a folder tree of DICOM holds, and that none of its names is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import TOKEN, rectangle, write_rtstruct, write_seg, write_series
from prognos.transforms import SEGMENT_COLUMNS, list_dicom, read_volume, segment_row, write_nifti
from scans import AFFINE, make_image, make_labels


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two studies: one with CT, localizer, PET, SEG and RTSTRUCT of two readers; one with a tilted CT."""
    series = write_series(tmp_path / "one" / "ct")
    write_series(tmp_path / "one" / "scout", make_image()[:, :, :1], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write_series(tmp_path / "one" / "pet", make_image()[:, :, :2], Modality="PT")
    write_seg(tmp_path / "one" / "seg.dcm", series, {1: make_labels() == 1})
    write_rtstruct(tmp_path / "one" / "rt", series, {3: [rectangle((3, 5), (9, 6), 2)]})
    second = pydicom.dcmread(tmp_path / "one" / "rt")
    second.OperatorsName = f"{TOKEN}^Other"
    second.save_as(tmp_path / "one" / "rt2.dcm")
    tilted = AFFINE.copy()
    tilted[1, 2] = 2.0
    write_series(tmp_path / "two", affine=tilted)
    (tmp_path / "two" / "broken.dcm").write_bytes(b"no DICOM")
    (tmp_path / "notes.txt").write_text("no DICOM")
    return tmp_path


def test_series_masks_and_everything_else_are_found(tree: Path) -> None:
    listing = list_dicom(tree)
    good, tilted = listing.series
    assert (good.folder.name, good.slices, good.fault, len(good.files)) == ("ct", 10, "", 10)
    assert good.spacing == pytest.approx((2, 1, 5))
    assert (good.patient, good.date) == (f"{TOKEN}1", "20200101")
    assert "sheared by" in tilted.fault
    assert tilted.can_straighten
    assert [mask.kind for mask in listing.masks] == ["RTSTRUCT", "RTSTRUCT", "SEG"]
    assert (listing.others, listing.damaged) == (3, 1)


def test_masks_lead_to_their_images_and_readers_have_numbers(tree: Path) -> None:
    listing = list_dicom(tree)
    assert all(listing.images_of(mask) == listing.series[:1] for mask in listing.masks)
    assert [listing.reader_of(mask) for mask in listing.masks] == ["reader_1", "reader_2", "reader_1"]


def test_a_table_of_segments_holds_codes_and_no_text_of_the_file(tree: Path) -> None:
    seg = list_dicom(tree).masks[2]
    (row,) = (segment_row(segment) for segment in seg.segments)
    assert tuple(row) == SEGMENT_COLUMNS
    assert (row["segment"], row["organ"], row["algorithm"]) == ("1", "liver", "AUTOMATIC")
    assert (row["category_code"], row["type_code"]) == ("SCT:49755003", "SCT:108369006")
    assert (row["category_meaning"], row["anatomy_meaning"]) == ("Morphologically Abnormal Structure", "Liver")
    assert TOKEN not in str(row)


def test_nothing_printed_names_anybody(tree: Path) -> None:
    listing = list_dicom(tree)
    assert TOKEN not in repr(listing)
    assert str(tree) not in repr(listing)
    assert listing.series[0].uid not in repr(listing)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        list_dicom(tmp_path / "nowhere")


def test_a_series_written_as_nifti_is_the_same_volume(tree: Path) -> None:
    volume = read_volume(tree / "one" / "ct")
    write_nifti(tree / "ct.nii.gz", volume.array, volume.grid)
    again = read_volume(tree / "ct.nii.gz")
    np.testing.assert_array_equal(again.array, volume.array)
    np.testing.assert_allclose(again.grid.affine, volume.grid.affine)
