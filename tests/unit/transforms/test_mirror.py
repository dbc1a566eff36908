"""What voxels tell of a mirrored map, where the headers agree."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from prognos.transforms import ExtractLesionsd, ImageError, read_masks, read_volume
from prognos.transforms.mirror import border_contrast, mirror_gain
from scans import SHAPE, make_labels, write_volume

PUBLIC = Path(__file__).parents[4] / "shared" / "data"
SCANS = PUBLIC / "totalsegmentator"


def body() -> tuple[np.ndarray, np.ndarray]:
    """HU and organs of a patient whose liver lies on one side and whose spleen and a lung lie on the other."""
    rng = np.random.default_rng(0)
    organs = np.zeros(SHAPE, np.uint8)
    organs[2:12, 4:20, :6], organs[20:27, 10:18, 2:6], organs[18:28, 3:9] = 5, 1, 10
    hu = np.array([-100, 120, 0, 0, 0, 60, 0, 0, 0, 0, -800])[organs] + rng.normal(0, 20, SHAPE)
    return hu.astype(np.int16), organs


def test_a_map_in_its_place_fits_and_its_mirror_image_does_not() -> None:
    hu, organs = body()
    assert mirror_gain(hu, organs) > 2
    assert mirror_gain(hu, organs[::-1]) < 0.5
    assert np.isnan(mirror_gain(hu, np.zeros_like(organs)))


def test_a_map_alike_on_both_sides_says_nothing() -> None:
    hu, organs = body()
    both = np.concatenate([organs[:15], organs[:15][::-1]])
    assert mirror_gain(np.concatenate([hu[:15], hu[:15][::-1]]), both) == pytest.approx(1)


@pytest.mark.parametrize("which", ["map", "image"])
def test_voxels_mirrored_under_the_same_header_are_refused(tmp_path: Path, which: str) -> None:
    hu, organs = body()
    scan = {
        "image": write_volume(tmp_path / "ct.nii.gz", hu[::-1] if which == "image" else hu),
        "organ_mask": write_volume(tmp_path / "organs.nii.gz", organs[::-1] if which == "map" else organs),
        "annotations": [{"mask": [write_volume(tmp_path / "mask.nii.gz", make_labels())]}],
        "where": "annotations.csv, line 2",
    }
    with pytest.raises(
        ImageError, match="line 2, column organ_mask: fits its image better with left and right exchanged"
    ):
        ExtractLesionsd()(scan)
    scan |= {
        "image": write_volume(tmp_path / "ct.nii.gz", hu),
        "organ_mask": write_volume(tmp_path / "o.nii.gz", organs),
    }
    assert len(ExtractLesionsd()(scan)[0]["volume"]) == 2


def test_a_mask_of_air_is_told(tmp_path: Path) -> None:
    hu = np.full(SHAPE, -1000, np.int16)
    scan = {"image": write_volume(tmp_path / "ct.nii.gz", hu)}
    scan["annotations"] = [{"mask": [write_volume(tmp_path / "mask.nii.gz", make_labels())]}]
    with pytest.warns(UserWarning, match="100% of the marked voxels are air"):
        ExtractLesionsd()(scan)
    hu[make_labels() > 0] = 40
    scan["image"] = write_volume(tmp_path / "ct.nii.gz", hu)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ExtractLesionsd()(scan)


def test_a_mask_whose_voxels_alone_were_mirrored_is_told(tmp_path: Path) -> None:
    hu = np.random.default_rng(0).normal(40, 20, SHAPE)
    hu[make_labels() > 0] += 40
    image = write_volume(tmp_path / "ct.nii.gz", hu.astype(np.int16))
    right = write_volume(tmp_path / "mask.nii.gz", make_labels())
    wrong = write_volume(tmp_path / "mirrored.nii.gz", make_labels()[::-1])
    with pytest.warns(UserWarning, match=r"column mask: fits its image better with left and right exchanged.*explain"):
        ExtractLesionsd()({"image": image, "annotations": [{"mask": [wrong], "where": "t.csv, line 2"}]})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ExtractLesionsd()({"image": image, "annotations": [{"mask": [right]}]})


def test_nothing_marked_stands_out_nowhere() -> None:
    assert border_contrast(np.zeros(SHAPE, np.int16), np.zeros(SHAPE, np.uint8)) == (0, 0)
    assert border_contrast(np.zeros(SHAPE, np.int16), make_labels()) == (0, 0)


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public test scans are not beside this repository")
def test_the_borders_of_real_lesions_fit_where_they_are() -> None:
    image = read_volume(PUBLIC / "4dlung_113/nifti/ct.nii.gz")
    (lesions,) = read_masks(PUBLIC / "4dlung_113/nifti/lesions.nii.gz", image)
    as_is, mirrored = border_contrast(image.array, lesions.array)
    assert as_is == pytest.approx(0.183, abs=0.005)
    assert mirrored == pytest.approx(0.002, abs=0.005)
    assert border_contrast(image.array, lesions.array[::-1]) == pytest.approx((mirrored, as_is), abs=0.01)


@pytest.mark.skipif(not SCANS.is_dir(), reason="the public test scans are not beside this repository")
@pytest.mark.parametrize(
    ("image", "labels", "as_is"),
    [("example_ct_sm.nii.gz", "example_seg.nii.gz", 1.88), ("example_ct_dicom", "example_seg_dicom.nii.gz", 1.63)],
)
def test_real_maps_fit_as_they_are(image: str, labels: str, as_is: float) -> None:
    from prognos.transforms import read_labels

    gain = mirror_gain(read_volume(SCANS / image).array, read_labels(SCANS / labels).array)
    assert gain == pytest.approx(as_is, abs=0.1)
