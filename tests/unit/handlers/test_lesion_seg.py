"""DICOM SEG of scored lesions: read back, held against the mask in millimetres, and judged by dciodvfy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from numpy.typing import NDArray
from torch.utils.data import DataLoader

pytest.importorskip("highdicom", reason="the extra dicom is not installed")

import pydicom
from highdicom.color import CIELabColor
from highdicom.seg import Segmentation, segread
from scipy.spatial.transform import Rotation

from dicoms import TOKEN, write_seg, write_series
from prognos.data import LesionDataset, pad_lesions, read_case
from prognos.handlers import LesionSegWriter, LesionWriter
from prognos.networks import Provenance
from prognos.transforms import ExtractLesionsd, read_masks, read_volume
from prognos.visualize import risk_rgb
from scans import AFFINE, make_labels

PATIENTS = Provenance("patients", "made by a test", "cd" * 32)
RISKS = {1: 0.83, 7: -0.25}
"""Risk of each lesion of ``make_labels``."""

LIMITS = (-0.25, 0.83)
RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def turned() -> NDArray[np.float64]:
    """Rows run to the back, columns to the right, slices to the feet, all tilted by several degrees."""
    affine = np.eye(4)
    axes = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]) * [1.5, 2.0, 4.0]
    affine[:3, :3] = Rotation.from_euler("xz", [12, 7], degrees=True).as_matrix() @ axes
    affine[:3, 3] = [31.0, -17.5, 220.25]
    return affine


def run(image: Path, mask: Path, out: Path, *, resample: bool = False, step: Any = None, **options: Any) -> Path:
    """Score the lesions of a scan and write everything; returns the SEG."""

    def score(engine: Engine, batch: dict[str, Any]) -> dict[str, Any]:
        risk = torch.zeros(batch["volume"].shape)
        for instance, value in RISKS.items():
            risk[batch["instance"] == instance] = value
        prediction = {"log_hazard": 2 * risk.sum(1, keepdim=True), "risk": risk, "scaled_risk": 2 * risk}
        return {"image": batch["image"], "label": batch["label"], "pred": prediction}

    engine = Engine(step or score)
    segmentation = LesionSegWriter(PATIENTS, identity=options.pop("identity", "pseudonym"))
    LesionWriter(out, PATIENTS, segmentation=segmentation, resample=resample).attach(engine)
    dataset = LesionDataset(read_case(image, mask), ExtractLesionsd(resample=resample), None, **options)
    engine.run(DataLoader(dataset, batch_size=1, collate_fn=pad_lesions))
    return out / "lesions.dcm"


def write_mask(path: Path, labels: NDArray[Any], affine: NDArray[np.float64] = AFFINE) -> Path:
    nibabel.save(nibabel.Nifti1Image(labels, RAS @ affine), path)
    return path


def marked_points(seg: Segmentation, number: int) -> NDArray[np.float64]:
    """Centres of the marked pixels of a segment, LPS mm, from the frames' own positions; sorted. Shape [N, 3]."""
    shared = seg.SharedFunctionalGroupsSequence[0]
    direction = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float)
    between_rows, between_columns = (float(side) for side in shared.PixelMeasuresSequence[0].PixelSpacing)
    points = []
    for index, frame in enumerate(seg.PerFrameFunctionalGroupsSequence, start=1):
        if (frame.get("SegmentIdentificationSequence") or shared.SegmentIdentificationSequence)[
            0
        ].ReferencedSegmentNumber == number:
            rows, columns = np.nonzero(seg.get_stored_frame(index))
            origin = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
            steps = np.outer(columns * between_columns, direction[:3]) + np.outer(rows * between_rows, direction[3:])
            points.append(origin + steps)
    return in_order(np.concatenate(points))


def mask_points(labels: NDArray[Any], instance: int, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centres of the voxels of a label, LPS mm; sorted. Shape [N, 3]."""
    return in_order(np.argwhere(labels == instance) @ affine[:3, :3].T + affine[:3, 3])


def in_order(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[np.lexsort(points.round(2).T)]


def judge(path: Path) -> None:
    """Hold a file against the standard with dciodvfy of Debian's dicom3tools."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian: apt install dicom3tools)")
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
    assert "Error" not in said.stderr + said.stdout, said.stderr + said.stdout
    assert said.stderr.rstrip().endswith("Segmentation"), "it was recognised as a SEG"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A tilted series, its mask, and the SEG of both kinds."""
    folder = tmp_path_factory.mktemp("seg")
    series = write_series(folder / "ct", affine=turned())
    mask = write_mask(folder / "mask.nii.gz", make_labels(), turned())
    files = {who: run(folder / "ct", mask, folder / who, identity=who) for who in ("pseudonym", "source")}
    return {"folder": folder, "series": series, "mask": mask, **files}


def test_segments_are_the_voxels_of_the_mask_in_millimetres(case: dict[str, Any]) -> None:
    seg = segread(case["pseudonym"])
    for number, instance in enumerate(RISKS, start=1):
        expected = mask_points(make_labels(), instance, turned())
        np.testing.assert_allclose(marked_points(seg, number), expected, atol=1e-5)


def test_each_frame_names_the_slice_it_lies_on(case: dict[str, Any]) -> None:
    positions = {header.SOPInstanceUID: header.ImagePositionPatient for header in case["series"]}
    seg = segread(case["pseudonym"])
    for frame in seg.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        found = frame.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(found, positions[source.ReferencedSOPInstanceUID], atol=1e-5)


def test_the_series_and_its_coordinate_system_are_referenced(case: dict[str, Any]) -> None:
    seg, source = segread(case["pseudonym"]), case["series"][0]
    assert seg.FrameOfReferenceUID == source.FrameOfReferenceUID
    assert seg.StudyInstanceUID == source.StudyInstanceUID
    (referenced,) = seg.ReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == source.SeriesInstanceUID != seg.SeriesInstanceUID


def test_label_and_colour_follow_risk_and_rank(case: dict[str, Any]) -> None:
    seg = segread(case["pseudonym"])
    first, second = (seg.get_segment_description(number) for number in (1, 2))
    assert first.SegmentLabel == "rank 1 of 2, risk 0.83, unlabelled"
    assert second.SegmentLabel == "rank 2 of 2, risk -0.25, unlabelled"
    for segment, risk in zip((first, second), RISKS.values(), strict=True):
        shown = CIELabColor.from_dicom_value(tuple(segment.RecommendedDisplayCIELabValue)).to_rgb()
        np.testing.assert_allclose(shown, risk_rgb(risk, LIMITS), atol=1)
    assert risk_rgb(0.83, LIMITS)[0] > 200 > 60 > risk_rgb(-0.25, LIMITS)[0], "red is worst, blue is best"


def test_the_algorithm_and_its_weights_are_named(case: dict[str, Any]) -> None:
    segment = segread(case["pseudonym"]).get_segment_description(1)
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmName == "prognos lesion_prioritization"
    assert PATIENTS.sha256 in algorithm.AlgorithmParameters
    assert "trained_on=patients: made by a test" in algorithm.AlgorithmParameters


def test_the_same_outline_keeps_its_tracking_identifier(case: dict[str, Any]) -> None:
    one, other = (
        {segment.TrackingID: segment.TrackingUID for segment in segread(case[who]).SegmentSequence}
        for who in ("pseudonym", "source")
    )
    assert one == other
    assert one.keys() == {"lesion 1", "lesion 7"}
    assert one["lesion 1"] != one["lesion 7"]


@pytest.mark.parametrize("who", ["pseudonym", "source"])
def test_the_standard_has_no_objection(who: str, case: dict[str, Any]) -> None:
    judge(case[who])


def test_no_text_of_the_headers_is_copied_unless_asked_for(case: dict[str, Any]) -> None:
    assert TOKEN.encode() not in case["pseudonym"].read_bytes()
    header = pydicom.dcmread(case["pseudonym"])
    assert (header.PatientID, header.PatientName, header.PatientBirthDate) == ("case", "", "")
    assert (header.StudyDate, header.AccessionNumber, header.PatientIdentityRemoved) == ("", "", "YES")
    copied, source = pydicom.dcmread(case["source"]), case["series"][0]
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "AccessionNumber", "StudyDate", "StudyID"):
        assert copied[keyword].value == source[keyword].value, keyword
    assert "InstitutionName" not in copied
    assert "StationName" not in copied


def test_our_own_reader_finds_the_lesions_on_the_scan_again(case: dict[str, Any]) -> None:
    scan = read_volume(case["folder"] / "ct")
    expected = next(read_masks(case["mask"], scan)).array
    for number, mask in enumerate(read_masks(case["pseudonym"], scan), start=1):
        np.testing.assert_array_equal(mask.array == number, expected == list(RISKS)[number - 1])


def test_lesions_may_overlap(tmp_path: Path) -> None:
    first = make_labels() == 1
    second = first.copy()
    second[10:12] = False
    mask = write_seg(tmp_path / "mask.dcm", write_series(tmp_path / "ct"), {1: first, 2: second})
    seg = segread(run(tmp_path / "ct", mask, tmp_path / "out"))
    for number, expected in enumerate((first, second), start=1):
        np.testing.assert_allclose(marked_points(seg, number), mask_points(expected, 1, AFFINE), atol=1e-5)
    assert seg.SegmentsOverlap == "YES"


def test_the_organ_of_a_lesion_is_coded(tmp_path: Path) -> None:
    mask = write_seg(tmp_path / "mask.dcm", write_series(tmp_path / "ct"), {1: make_labels() == 1})  # in the liver
    path = run(tmp_path / "ct", mask, tmp_path / "out")
    assert segread(path).get_segment_description(1).AnatomicRegionSequence[0].CodeMeaning == "Liver"
    assert [found.organ for found in read_masks(path, read_volume(tmp_path / "ct"))] == [3]


def test_a_lesion_that_was_not_scored_comes_last_and_grey(case: dict[str, Any], tmp_path: Path) -> None:
    seg = segread(run(case["folder"] / "ct", case["mask"], tmp_path, max_lesions=1))
    assert [segment.SegmentLabel for segment in seg.SegmentSequence] == [
        "rank 1 of 1, risk 0.83, unlabelled",
        "not scored, beyond the largest",
    ]
    grey = CIELabColor.from_dicom_value(tuple(seg.SegmentSequence[1].RecommendedDisplayCIELabValue)).to_rgb()
    assert np.ptp(grey) <= 2


def test_an_annotation_without_lesions_gets_no_seg(case: dict[str, Any], tmp_path: Path) -> None:
    empty = write_mask(tmp_path / "empty.nii.gz", np.zeros_like(make_labels()), turned())
    assert not run(case["folder"] / "ct", empty, tmp_path / "out").exists()
    assert (tmp_path / "out" / "patient.csv").exists()


def test_segments_of_a_straightened_series_lie_on_the_slices_as_acquired(tmp_path: Path) -> None:
    tilted = [[-10.0, 20.0 + 0.6 * number, -100.0 + 5.0 * number] for number in range(10)]
    series = write_series(tmp_path / "ct", origins=tilted)
    drawn = make_labels() == 1
    mask = write_seg(tmp_path / "mask.dcm", series, {1: drawn})
    affine = AFFINE.copy()
    affine[1, 2] = 0.6
    seg = segread(run(tmp_path / "ct", mask, tmp_path / "out", resample=True))
    np.testing.assert_allclose(marked_points(seg, 1), mask_points(drawn, 1, affine), atol=1e-5)


def test_a_file_of_several_frames_can_be_the_source(case: dict[str, Any], tmp_path: Path) -> None:
    from highdicom.legacy import LegacyConvertedEnhancedCTImage

    enhanced = LegacyConvertedEnhancedCTImage(
        legacy_datasets=list(reversed(case["series"])),
        series_instance_uid=pydicom.uid.generate_uid(),
        series_number=5,
        sop_instance_uid=pydicom.uid.generate_uid(),
        instance_number=1,
    )
    enhanced.save_as(tmp_path / "ct.dcm")
    path = run(tmp_path / "ct.dcm", case["mask"], tmp_path / "out")
    for number, instance in enumerate(RISKS, start=1):
        expected = mask_points(make_labels(), instance, turned())
        np.testing.assert_allclose(marked_points(segread(path), number), expected, atol=1e-5)
    assert TOKEN.encode() not in path.read_bytes()
    judge(path)


@pytest.mark.parametrize(("origin", "reason"), [("synthetic", "trained on synthetic images"), ("unknown", "nobody")])
def test_weights_not_trained_on_patients_are_refused_with_the_reason(origin: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"dicom_seg: .*{reason}.*set dicom_seg to null"):
        LesionSegWriter(Provenance(origin, "drawn from seed 1", "ab" * 32))


def test_a_scan_that_is_no_dicom_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    image = write_mask(tmp_path / "ct.nii.gz", np.zeros(make_labels().shape, np.int16))

    def never(engine: Engine, batch: dict[str, Any]) -> None:
        raise AssertionError("scored")

    with pytest.raises(ValueError, match="no DICOM series, so there is nothing to which a SEG could refer"):
        run(image, write_mask(tmp_path / "mask.nii.gz", make_labels()), tmp_path / "out", step=never)
    assert not (tmp_path / "out").exists()


def test_a_series_without_frame_of_reference_is_refused(tmp_path: Path) -> None:
    for number, header in enumerate(write_series(tmp_path / "ct")):
        del header.FrameOfReferenceUID
        header.save_as(tmp_path / "ct" / f"{number}.dcm")
    with pytest.raises(ValueError, match="has no frame of reference"):
        run(tmp_path / "ct", write_mask(tmp_path / "mask.nii.gz", make_labels()), tmp_path / "out")


def test_an_unknown_identity_is_refused() -> None:
    with pytest.raises(ValueError, match="identity is 'copy', expected one of pseudonym, source"):
        LesionSegWriter(PATIENTS, identity="copy")  # type: ignore[arg-type]


REAL = Path(__file__).parents[4] / "shared" / "data" / "4dlung_113"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the real scan {REAL.name} beside the repository")
def test_segments_of_a_real_series_land_on_its_rtstruct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ((1, 0.83), (2, -0.4)):
        monkeypatch.setitem(RISKS, name, value)
    scan = read_volume(REAL / "CT", name="image")
    lesions = nibabel.load(REAL / "nifti" / "lesions.nii.gz")
    index = np.indices(scan.stored.shape).reshape(3, -1)
    world = RAS @ scan.stored.affine @ np.vstack([index, np.ones(index.shape[1])])
    there = np.round(np.linalg.inv(lesions.affine) @ world)[:3].astype(int)
    inside = ((there >= 0) & (there < np.array(lesions.shape)[:, None])).all(axis=0)
    labels = np.zeros(scan.stored.shape, np.uint8)
    labels.reshape(-1)[inside] = np.asarray(lesions.dataobj)[tuple(there[:, inside])]
    mask = write_mask(tmp_path / "mask.nii.gz", labels, scan.stored.affine)
    path = run(REAL / "CT", mask, tmp_path / "out")
    judge(path)
    seg = segread(path)
    for number, instance in ((1, 1), (2, 2)):
        found = marked_points(seg, number)
        assert len(found) > 100
        expected = mask_points(labels, instance, scan.stored.affine)
        np.testing.assert_allclose(found, expected, atol=1e-3)
