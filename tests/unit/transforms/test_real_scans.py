"""Real, public scans kept beside the repository; each test is skipped where they are absent."""

from __future__ import annotations

import warnings
from pathlib import Path

import itk
import nibabel as nib
import numpy as np
import pytest

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

import highdicom
import pydicom

from prognos.config.organs import ORGANS
from prognos.transforms import (
    ExtractLesionsd,
    GeometryError,
    ImageError,
    read_labels,
    read_masks,
    read_volume,
    same_grid,
)
from prognos.transforms.dicom.headers import silence
from prognos.transforms.dicom.marks import draw_marks
from prognos.transforms.dicom.masks import read_marked_file, segmentation_grid
from prognos.transforms.dicom.pixels import read_ct
from prognos.transforms.dicom.stack import Stack
from prognos.transforms.geometry import Grid

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
        (SCANS / "rt_utils" / "one_slice_data", "a single slice"),
        (SCANS / "rt_utils" / "empty", "no DICOM image series"),
    ],
    ids=["tilted gantry", "missing slice", "single slice", "no image"],
)
def test_an_odd_folder_is_refused(folder: Path, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_volume(folder)


@pytest.mark.parametrize(
    ("folder", "shape", "spacing"),
    [
        (ODD / "gantrytilting" / "001", (512, 521, 4), (0.418, 0.418, 4.851)),
        (ODD / "sliceincrement" / "001", (512, 512, 5), (0.430, 0.430, 5.0)),
    ],
    ids=["tilted gantry", "missing slice"],
)
def test_an_odd_folder_is_straightened_on_request(
    folder: Path, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> None:
    volume = read_volume(folder, resample=True)
    assert volume.array.shape == shape
    np.testing.assert_allclose(volume.grid.spacing, spacing, atol=1e-3)


def test_frames_of_one_file_are_the_slices_they_were_made_of() -> None:
    for study in ("23x38x3", "24x38x3"):
        folder = SCANS / "dcmqi" / "segmentations" / study
        single, frames = read_volume(folder / "image"), read_volume(folder / "multiframe" / "mf.dcm")
        np.testing.assert_array_equal(frames.array, single.array)
        assert same_grid(frames.grid, single.grid)


def test_compressed_slices_are_those_of_the_reference_reader() -> None:
    found, grid, _ = read_ct(TOTAL / "example_ct_dicom")  # JPEG 2000
    expected = itk.imread([str(file) for file in sorted((TOTAL / "example_ct_dicom").iterdir(), key=_height)])
    np.testing.assert_array_equal(found.T, itk.array_from_image(expected))
    np.testing.assert_allclose(grid.affine[:3, 3], list(expected.GetOrigin()))


def _height(file: Path) -> float:
    """Height of a slice, by another library."""
    return float(pydicom.dcmread(file, stop_before_pixels=True).ImagePositionPatient[2])


def test_an_rtstruct_beside_the_slices_is_no_part_of_the_series() -> None:
    assert read_volume(SCANS / "rt_utils" / "mock_data").array.shape == (512, 512, 2)


def test_hu_below_air_outside_the_field_of_view_become_air() -> None:
    mask = SCANS / "dcmqi" / "segmentations" / "liver_seg.nrrd"
    image = SCANS / "dcmqi" / "segmentations" / "ct-3slice"
    lesions = ExtractLesionsd(instances="components")({"image": image, "annotations": [{"mask": [mask]}]})[0]
    assert read_volume(image).array.min() == -3024
    assert lesions["image"].min() == 0
    assert lesions["image"].isfinite().all()


@pytest.mark.parametrize(("part", "label", "dice"), [("Tumor*", 1, 1.0), ("LN*", 2, 0.999), ("17", 1, 1.0)])
def test_the_contours_of_a_public_phantom_give_its_published_voxels(part: str, label: int, dice: float) -> None:
    scan = read_volume(LUNG / "nifti" / "ct.nii.gz")
    expected = read_labels(LUNG / "nifti" / "lesions.nii.gz").array == label
    (found,) = read_masks(f"{LUNG / 'RTSTRUCT' / '1-1.dcm'}::{part}", scan)
    marked = found.array > 0
    assert 2 * (marked & expected).sum() / (marked.sum() + expected.sum()) >= dice


def test_the_same_contours_on_the_slices_of_the_series() -> None:
    scan, nifti = read_volume(LUNG / "CT"), read_volume(LUNG / "nifti" / "ct.nii.gz")
    lesions = read_labels(LUNG / "nifti" / "lesions.nii.gz").array
    offset = np.round(np.linalg.solve(nifti.grid.affine, scan.grid.affine)[:3, 3]).astype(
        int
    )  # of the series, negative
    width, height, _ = lesions.shape
    slices = slice(offset[2], offset[2] + scan.array.shape[2])
    for part, label in (("17", 1), ("18", 2)):
        with pytest.warns(UserWarning, match="reach beyond the image"):
            (found,) = read_masks(f"{LUNG / 'RTSTRUCT' / '1-1.dcm'}::{part}", scan)
        marked = (found.array > 0)[-offset[0] : width - offset[0], -offset[1] : height - offset[1]]
        expected = lesions[:, :, slices] == label
        assert marked.sum() == (found.array > 0).sum()
        assert 2 * (marked & expected).sum() / (marked.sum() + expected.sum()) >= 0.99


def test_regions_that_are_no_lesions_ask_for_a_choice() -> None:
    with pytest.raises(ImageError, match=r"4 segments \(numbers 17, 18, 19, 20\)"):
        next(read_masks(LUNG / "RTSTRUCT" / "1-1.dcm", read_volume(LUNG / "CT")))


@pytest.mark.parametrize("name", ["rt", "invalid_reference_rt", "non_existent_reference_rt"])
def test_structures_with_odd_references_are_read(name: str) -> None:
    scan = read_volume(SCANS / "rt_utils" / "mock_data")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a contour on a slice that the folder does not hold
        assert all(mask.array.any() for mask in read_masks(SCANS / "rt_utils" / "mock_data" / f"{name}.dcm", scan))


DCMQI = SCANS / "dcmqi" / "segmentations"


def segmentations() -> list[Path]:
    """Every SEG among the public scans."""
    files = [*(SCANS / "dcmqi").rglob("*.dcm"), *(SCANS / "dcmqi").rglob("*.seg"), *(SCANS / "highdicom").glob("*.dcm")]
    return [file for file in sorted(files) if pydicom.dcmread(file, stop_before_pixels=True).Modality == "SEG"]


@pytest.mark.parametrize("file", segmentations(), ids=lambda file: file.stem)
def test_every_segmentation_has_the_affine_and_the_segments_that_highdicom_reads(file: Path) -> None:
    with silence():
        marked, grid, expected = read_marked_file(file), segmentation_grid(file), highdicom.seg.segread(file)
        numbers = [number for number in expected.segment_numbers if number > 0]
        assert [segment.number for segment in marked.segments] == numbers
        assert [segment.label for segment in marked.segments] == [
            expected.get_segment_description(number).segment_label for number in numbers
        ]
        volume = expected.get_volume(
            segment_numbers=numbers, combine_segments=False, allow_missing_positions=True, rescale_fractional=True
        )
    # Its axes are slice, row, column, and slices run downwards.
    affine = volume.affine @ np.array([[0, 0, -1, volume.shape[0] - 1], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    assert same_grid(grid, Grid(volume.shape[2::-1], affine))
    stack = Stack.of(grid)
    for index, segment in enumerate(marked.segments):
        with silence():
            found, _ = draw_marks(marked.marks(segment), stack, 1, combine=np.logical_or, name="")
        np.testing.assert_array_equal(found > 0, volume.array[::-1, :, :, index].transpose(2, 1, 0) >= 0.5)


@pytest.mark.parametrize(
    ("image", "seg", "labels"),
    [
        ("ct-3slice", "liver.dcm", {1: ("liver_seg", 1)}),
        (
            "ct-3slice",
            "partial_overlaps.dcm",
            {
                1: ("partial_overlaps-1", 1),
                2: ("partial_overlaps-2", 2),
                3: ("partial_overlaps-3", 3),
                4: ("partial_overlaps-1", 4),
                5: ("partial_overlaps-1", 5),
            },
        ),
        ("24x38x3/image", "sparse-labelmap-noppv.dcm", {1: ("sparse_labelmap_noppv_seg", 1)}),
        ("24x38x3/image", "sparse-labelmap-ppv5.dcm", {1: ("sparse_labelmap_ppv5_seg", 1)}),
        ("24x38x3/image", "24x38x3/seg/label.seg", {1: ("24x38x3/nrrd/label", 1)}),
    ],
    ids=["binary", "overlapping", "label map", "padded label map", "another suffix"],
)
def test_segments_on_their_scan_are_the_labels_they_were_made_of(
    image: str, seg: str, labels: dict[int, tuple[str, int]]
) -> None:
    scan = read_volume(DCMQI / image)
    found = {int(mask.array.max()): mask for mask in read_masks(DCMQI / seg, scan)}
    assert list(found) == list(labels)
    for number, (file, label) in labels.items():
        expected = read_labels(DCMQI / f"{file}.nrrd")
        assert same_grid(found[number].grid, expected.grid)
        np.testing.assert_array_equal(found[number].array > 0, expected.array == label)
