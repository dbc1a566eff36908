"""Real, public scans kept beside the repository; each test is skipped where they are absent."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from prognos.config.organs import ORGANS
from prognos.transforms import ExtractLesionsd, GeometryError, ImageError, read_labels, read_volume

SCANS = Path(__file__).parents[4] / "shared" / "data"
LUNG, TOTAL, ODD = SCANS / "4dlung_113", SCANS / "totalsegmentator", SCANS / "dicom2nifti_odd_ct"

pytestmark = pytest.mark.skipif(not SCANS.is_dir(), reason="the public test scans are not beside this repository")


def test_tumour_and_node_are_measured() -> None:
    scan = {
        "image": LUNG / "nifti" / "ct.nii.gz",
        "annotations": [{"mask": [LUNG / "nifti" / "lesions.nii.gz"]}],
    }
    lesions = ExtractLesionsd()(scan)[0]
    stored = nib.load(LUNG / "nifti" / "lesions.nii.gz")
    voxel = float(np.prod(stored.header.get_zooms()))
    assert lesions["instance"].tolist() == [1, 2]
    assert lesions["volume"].tolist() == pytest.approx([23611 * voxel, 2239 * voxel], rel=1e-5)
    node = np.argwhere(np.asarray(stored.dataobj) == 2)
    np.testing.assert_allclose(
        lesions["centroid"][1], nib.affines.apply_affine(stored.affine, node.mean(axis=0)) * [-1, -1, 1], atol=1e-3
    )
    middle = lesions["image"][:, 60:68, 60:68].float().mean(dim=(1, 2)) * 1400 - 1000
    assert ((middle > -100) & (middle < 150)).all()  # both are soft tissue


def test_the_dicom_series_lies_where_the_nifti_of_the_same_scan_lies() -> None:
    series, nifti = read_volume(LUNG / "CT"), read_volume(LUNG / "nifti" / "ct.nii.gz")
    first = np.linalg.solve(series.grid.affine, nifti.grid.affine)  # nifti index -> series index
    start = np.round(first[:2, 3]).astype(int)
    step = np.round(-first[2, 3]).astype(int)
    width, height = nifti.array.shape[:2]
    crop = series.array[start[0] : start[0] + width, start[1] : start[1] + height]
    np.testing.assert_array_equal(crop, nifti.array[:, :, step : step + series.array.shape[2]])


def test_a_label_map_stored_las_lies_on_its_dicom_series() -> None:
    scan = {
        "image": TOTAL / "example_ct_dicom",
        "organ_mask": TOTAL / "example_seg_dicom.nii.gz",
        "annotations": [{"mask": [TOTAL / "example_seg_dicom.nii.gz"]}],
    }
    lesions = ExtractLesionsd()(scan)[0]
    organ = {int(label): ORGANS[group] for label, group in zip(lesions["instance"], lesions["organ"], strict=True)}
    assert (organ[1], organ[5], organ[6], organ[32], organ[79]) == ("spleen", "liver", "stomach", "bone", "spinal cord")
    series, labels = read_volume(TOTAL / "example_ct_dicom"), read_labels(TOTAL / "example_seg_dicom.nii.gz")
    # Contents, not headers: a liver is denser than fat, bone denser than the liver, on this very grid.
    liver, vertebra = (float(np.median(series.array[labels.array == label])) for label in (5, 32))
    assert 20 < liver < vertebra
    centroid = dict(zip(lesions["instance"].tolist(), lesions["centroid"][:, 0].tolist(), strict=True))
    assert centroid[5] < centroid[1]  # the liver is right of the spleen


def test_a_label_map_of_another_series_is_refused() -> None:
    scan = {"image": TOTAL / "example_ct_dicom", "annotations": [{"mask": [TOTAL / "example_seg.nii.gz"]}]}
    with pytest.raises(GeometryError, match="another number of voxels"):
        ExtractLesionsd()(scan)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (ODD / "gantrytilting" / "001", r"sheared by 14\.0 degrees"),
        (ODD / "sliceincrement" / "001", r"range from 5\.00 to 10\.00 mm"),
        (SCANS / "dcmqi" / "segmentations", "2 DICOM series"),
        (SCANS / "rt_utils" / "empty", "no DICOM image series"),
    ],
    ids=["tilted gantry", "missing slice", "two series", "no image"],
)
def test_an_odd_folder_is_refused(folder: Path, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_volume(folder)


def test_a_dicom_segmentation_is_refused() -> None:
    with pytest.raises(ImageError, match="must first be converted"):
        read_labels(SCANS / "dcmqi" / "segmentations" / "liver.dcm")


def test_an_rtstruct_beside_the_slices_is_no_part_of_the_series() -> None:
    assert read_volume(SCANS / "rt_utils" / "mock_data").array.shape == (512, 512, 2)


def test_hu_below_air_outside_the_field_of_view_become_air() -> None:
    mask = SCANS / "dcmqi" / "segmentations" / "liver_seg.nrrd"
    image = SCANS / "dcmqi" / "segmentations" / "ct-3slice"
    lesions = ExtractLesionsd(instances="components")({"image": image, "annotations": [{"mask": [mask]}]})[0]
    assert read_volume(image).array.min() == -3024
    assert lesions["image"].min() == 0
    assert lesions["image"].isfinite().all()
