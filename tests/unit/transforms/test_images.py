"""Reading of scans and label maps: what is accepted is oriented, everything else is refused with one clear message."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from prognos.transforms import ImageError, read_labels, read_volume
from scans import AFFINE, SHAPE, make_image, write_volume

FORMATS = ["nii.gz", "nii", "nrrd", "mha"]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("axes", ["LPS", "RAS", "LAS", "PIR", "SAL"])
def test_every_format_and_orientation_gives_the_same_volume(tmp_path: Path, suffix: str, axes: str) -> None:
    volume = read_volume(write_volume(tmp_path / f"ct.{suffix}", make_image(), axes=axes))
    np.testing.assert_array_equal(volume.array, make_image())
    np.testing.assert_allclose(volume.grid.affine, AFFINE, atol=1e-4)


def test_the_grid_of_the_file_is_kept(tmp_path: Path) -> None:
    volume = read_volume(write_volume(tmp_path / "ct.nii.gz", make_image(), axes="PIR"))
    assert volume.stored.shape == (24, 10, 30)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = Path(write_volume(tmp_path / f"ct.{suffix}", make_image()))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(ImageError, match="truncated"):
        read_volume(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_within_its_header_is_refused(tmp_path: Path, suffix: str) -> None:
    path = Path(write_volume(tmp_path / f"ct.{suffix}", make_image()))
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageError, match="damaged"):
        read_volume(path)


def test_a_complete_archive_of_an_incomplete_volume_is_refused(tmp_path: Path) -> None:
    path = Path(write_volume(tmp_path / "ct.nii.gz", make_image()))
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1000]))
    with pytest.raises(ImageError, match="truncated"):
        read_volume(path)


def test_a_flipped_bit_in_a_compressed_file_is_refused(tmp_path: Path) -> None:
    path = Path(write_volume(tmp_path / "ct.nii.gz", make_image()))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(ImageError, match="damaged"):
        read_volume(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ct.{suffix}"
    path.touch()
    with pytest.raises(ImageError, match="empty"):
        read_volume(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        read_volume(tmp_path / "ct.nii.gz")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ct.dcm"
    path.write_bytes(b"anything")
    with pytest.raises(ImageError, match="not of a kind that can be read"):
        read_volume(path)


def test_a_folder_without_a_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no DICOM image series"):
        read_volume(tmp_path)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_voxel_that_is_no_number_is_refused(tmp_path: Path, suffix: str, value: float) -> None:
    image = make_image().astype(np.float32)
    image[3, 4, 5] = value
    with pytest.raises(ImageError, match="NaN or infinite"):
        read_volume(write_volume(tmp_path / f"ct.{suffix}", image))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 8, 2)])
def test_what_is_not_three_dimensional_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(shape, dtype=np.int16), np.eye(4)), path)
    with pytest.raises(ImageError, match="expected one 3-D volume"):
        read_volume(path)


def test_a_nifti_without_orientation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(make_image(), None), path)
    with pytest.raises(ImageError, match="left and right are unknown"):
        read_volume(path)


def test_a_sheared_nifti_is_refused(tmp_path: Path) -> None:
    sheared = AFFINE.copy()
    sheared[1, 2] = 1.25
    path = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(make_image(), sheared), path)
    with pytest.raises(ImageError, match="right angles"):
        read_volume(path)


def test_scaled_numbers_of_a_nifti_are_applied(tmp_path: Path) -> None:
    image = nib.Nifti1Image(make_image(), np.eye(4))
    image.header.set_slope_inter(2, -5)
    nib.save(image, tmp_path / "ct.nii.gz")
    assert read_volume(tmp_path / "ct.nii.gz").array.max() == 2 * make_image().max() - 5


def test_whole_numbers_stored_as_floats_are_labels(tmp_path: Path) -> None:
    labels = read_labels(write_volume(tmp_path / "mask.nii.gz", np.full(SHAPE, 3.0, dtype=np.float32)))
    assert labels.array.dtype.kind == "i"
    assert (labels.array == 3).all()


@pytest.mark.parametrize(("value", "words"), [(0.5, "between whole numbers"), (-1.0, "negative labels")])
def test_what_is_no_label_is_refused(tmp_path: Path, value: float, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_labels(write_volume(tmp_path / "mask.nii.gz", np.full(SHAPE, value, dtype=np.float32)))


def test_a_message_names_the_place_given_and_not_the_path(tmp_path: Path) -> None:
    path = tmp_path / "jane_doe.nii.gz"
    path.write_bytes(b"no image at all")
    with pytest.raises(ImageError) as caught:
        read_volume(path, name="annotations.csv, line 2, column image")
    assert str(caught.value).startswith("annotations.csv, line 2, column image:")
    assert "jane_doe" not in str(caught.value)
