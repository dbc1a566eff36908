"""CT series as archives give them: what is usable is read, everything else is refused with its one reason."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

from dicoms import TOKEN, write_series
from prognos.transforms import GeometryError, ImageError, read_volume
from scans import AFFINE, SHAPE, make_image


def refusal(folder: Path, **options: Any) -> str:
    """Message with which a folder is refused."""
    with pytest.raises(ImageError) as caught:
        read_volume(folder, name="the scan", **options)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).startswith("the scan: ")
    return str(caught.value)


def placed(*heights: float) -> list[list[float]]:
    """Positions of slices at these heights, mm."""
    return [[*AFFINE[:2, 3], height] for height in heights]


def test_a_series_lies_where_its_headers_say(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    volume = read_volume(tmp_path / "ct")
    np.testing.assert_array_equal(volume.array, make_image())
    np.testing.assert_allclose(volume.grid.affine, AFFINE)
    assert volume.array.dtype == np.int16


@pytest.mark.parametrize("order", [slice(None, None, -1), [3, 1, 4, 0, 9, 5, 2, 6, 8, 7]])
def test_names_and_order_of_the_files_mean_nothing(tmp_path: Path, order: Any) -> None:
    names = np.array([f"{number}.dcm" for number in range(SHAPE[2])])[order]
    write_series(tmp_path, names=list(names))
    (tmp_path / "0.dcm").rename(tmp_path / "z")  # nor does the suffix
    (tmp_path / "notes.txt").write_text("no slice")
    np.testing.assert_array_equal(read_volume(tmp_path).array, make_image())


def test_a_patient_who_lies_prone_is_turned(tmp_path: Path) -> None:
    prone = AFFINE @ np.diag([-1.0, -1.0, 1.0, 1.0])
    write_series(tmp_path, affine=prone)
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.array, make_image()[::-1, ::-1])
    np.testing.assert_allclose(volume.stored.affine, prone)


@pytest.mark.parametrize("values", [{"RescaleSlope": 0.5, "RescaleIntercept": -10}, {"RescaleIntercept": 31000}])
def test_the_scale_to_hu_is_applied_and_never_overflows(tmp_path: Path, values: dict[str, float]) -> None:
    write_series(tmp_path, **values)
    stored = make_image().astype(np.float64) + 1024
    expected = stored * values.get("RescaleSlope", 1) + values["RescaleIntercept"]
    np.testing.assert_array_equal(read_volume(tmp_path).array, expected)


def test_copies_of_a_file_count_once(tmp_path: Path) -> None:
    write_series(tmp_path)
    shutil.copy(tmp_path / "3.dcm", tmp_path / "copy.dcm")
    np.testing.assert_array_equal(read_volume(tmp_path).array, make_image())


def test_different_slices_at_one_place_are_refused(tmp_path: Path) -> None:
    series = write_series(tmp_path)
    write_series(
        tmp_path,
        make_image() + np.int16(1),
        names=[f"b{number}" for number in range(10)],
        SeriesInstanceUID=series[0].SeriesInstanceUID,
    )
    shown = refusal(tmp_path)
    assert "slices lie at 10 places, and those at one place have different pixels" in shown
    assert "Put the files of the one on which the masks were drawn into a folder of its own" in shown


def test_several_series_are_told_apart_by_number(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(tmp_path, make_image()[:, :, :4], names=list("abcd"))
    message = refusal(tmp_path)
    assert "2 DICOM series, expected one (1: 10 slice(s) of 2 mm pixels 5 mm apart; 2: 4 slice(s)" in message
    assert "folder::1" in message
    assert read_volume(f"{tmp_path}::2").array.shape[2] == 4
    assert "no series of the folder is numbered so" in refusal(Path(f"{tmp_path}::3"))


@pytest.mark.parametrize(
    "other",
    [
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"Modality": "PT"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
    ],
    ids=["localizer", "PET", "screenshot"],
)
def test_what_is_no_slice_of_the_ct_is_passed_over(tmp_path: Path, other: dict[str, Any]) -> None:
    series = write_series(tmp_path)
    sagittal = AFFINE[:, [1, 2, 0, 3]]
    same = {"SeriesInstanceUID": series[0].SeriesInstanceUID}
    write_series(tmp_path, make_image()[:, :, :2], affine=sagittal, names=["x", "y"], **same | other)
    np.testing.assert_array_equal(read_volume(tmp_path).array, make_image())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"affine": AFFINE[:, [1, 2, 0, 3]]}, r"different orientations \(2 of 12"),
        ({"affine": AFFINE @ np.diag([1.5, 1, 1, 1])}, r"different pixel spacings \(2 of 12"),
        ({"array": make_image((28, 24, 2))}, r"different sizes \(2 of 12"),
    ],
    ids=["orientation", "spacing", "size"],
)
def test_a_mixed_series_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    series = write_series(tmp_path)
    changes = {"array": make_image()[:, :, :2]} | changes
    write_series(tmp_path, names=["x", "y"], SeriesInstanceUID=series[0].SeriesInstanceUID, **changes)
    with pytest.raises(ImageError, match=words):
        read_volume(tmp_path)


def test_a_missing_slice_is_refused_or_filled_on_request(tmp_path: Path) -> None:
    write_series(tmp_path)
    (tmp_path / "4.dcm").unlink()
    message = refusal(tmp_path)
    assert "range from 5.00 to 10.00 mm" in message
    assert "set resample to true" in message
    volume = read_volume(tmp_path, resample=True)
    np.testing.assert_allclose(volume.grid.affine, AFFINE)
    np.testing.assert_array_equal(volume.array, make_image())  # its HU grow evenly from slice to slice


def test_a_gap_of_many_slices_is_refused_even_on_request(tmp_path: Path) -> None:
    write_series(tmp_path, make_image()[:, :, :6], origins=placed(0, 5, 10, 30, 35, 40))
    assert "too many are missing" in refusal(tmp_path, resample=True)


def test_a_tilted_gantry_is_refused_or_straightened_on_request(tmp_path: Path) -> None:
    tilted = AFFINE.copy()
    tilted[1, 2] = 1.25  # each slice lies 1.25 rows of 1 mm further back
    write_series(tmp_path, affine=tilted)
    assert "sheared by 14.0 degrees" in refusal(tmp_path)
    volume = read_volume(tmp_path, resample=True)
    np.testing.assert_allclose(volume.grid.affine, AFFINE)
    for index in (0, 4, 7):  # HU grow by 7 a row
        column = volume.array[15, :, index].astype(float)
        rows = np.arange(np.ceil(1.25 * index), SHAPE[1] + np.floor(1.25 * index) - 1).astype(int)
        np.testing.assert_allclose(column[rows], 20 * 15 + 7 * (rows - 1.25 * index) + 3 * index - 400, atol=0.51)
    assert volume.array.shape == (30, 24 + 12, 10)
    assert volume.array[0, -1, 0] == -1024


def test_a_single_slice_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, make_image()[:, :, :1])
    assert "a single slice, expected at least two" in refusal(tmp_path)


def test_a_folder_without_ct_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, Modality="PT")
    assert "no DICOM image series of modality CT" in refusal(tmp_path)


@pytest.mark.parametrize("damage", ["truncated", "cut in its header", "no DICOM", "no position"])
def test_a_damaged_slice_is_refused(tmp_path: Path, damage: str) -> None:
    write_series(tmp_path, **({"ImagePositionPatient": None} if damage == "no position" else {}))
    file = tmp_path / "5.dcm"
    content = file.read_bytes()
    if damage != "no position":
        file.write_bytes(
            {"truncated": content[:-9], "cut in its header": content[:700], "no DICOM": b"x" * 500}[damage]
        )
    refusal(tmp_path)


def test_slices_across_the_patient_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path, affine=np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]]))
    volume = read_volume(tmp_path)  # sagittal slices of even voxels make an axial volume as well
    assert volume.array.shape == (10, 30, 24)
    coronal_oblique = AFFINE.copy()
    cosine, sine = np.cos(np.radians(40)), np.sin(np.radians(40))
    coronal_oblique[1:3, 1:3] = [[cosine, -5 * sine], [sine, 5 * cosine]]
    write_series(tmp_path / "b", affine=coronal_oblique)
    with pytest.raises(GeometryError, match="tilted by 40 degrees"):
        read_volume(tmp_path / "b")


def test_without_the_extra_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "highdicom", None)
    assert "pip install 'prognos[dicom]'" in refusal(tmp_path)
