"""LesionWriter on scans of a few hundred voxels, where every number is known by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import itk
import nibabel
import numpy as np
import pandas as pd
import pytest
import torch
from ignite.engine import Engine
from matplotlib.image import imread
from monai.data import DataLoader, decollate_batch
from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

from prognos.data import LesionDataset, pad_lesions, read_case
from prognos.handlers import LesionWriter
from prognos.networks import Provenance
from prognos.transforms import ExtractLesionsd

SYNTHETIC = Provenance("synthetic", "drawn from seed 1", "ab" * 32)
PATIENTS = Provenance("patients", "a hospital", "cd" * 32)
RISKS = {3: 0.83, 7: -0.25, 9: 0.5}
"""Risk of each lesion id of the scan."""

SHAPE = (26, 20, 10)
"""Voxels along the patient's left, back and head."""


def lesion_ids() -> np.ndarray:
    """Ids of three lesions of 4 x 4 x 2, 1 and 3 x 3 x 3 voxels, axes left, posterior, superior."""
    ids = np.zeros(SHAPE, np.int16)
    ids[4:8, 5:9, 2:4] = 3
    ids[20, 12, 6] = 7
    ids[12:15, 10:13, 5:8] = 9
    return ids


def save_turned(array: np.ndarray, path: Path, axes: str, description: str = "") -> Path:
    """Save an array with the axes left, posterior, superior as NIfTI with other stored axes; voxels of 2 x 2 x 5 mm."""
    lps = nibabel.Nifti1Image(array, np.array([[-2, 0, 0, 9], [0, -2, 0, 8], [0, 0, 5, -40], [0, 0, 0, 1.0]]))
    turned = lps.as_reoriented(ornt_transform(io_orientation(lps.affine), axcodes2ornt(tuple(axes))))
    turned.header["descrip"] = turned.header["db_name"] = description.encode()
    nibabel.save(turned, path)
    return path


@pytest.fixture
def scan(tmp_path: Path) -> tuple[Path, Path]:
    """CT and mask of one patient."""
    hu = np.where(lesion_ids() > 0, 60, -800).astype(np.int16)
    return save_turned(hu, tmp_path / "ct.nii.gz", "LPS"), save_turned(lesion_ids(), tmp_path / "mask.nii.gz", "LPS")


def score(engine: Engine, batch: dict[str, Any]) -> dict[str, Any]:
    """Give each lesion the risk of its id and a size factor of 2."""
    risk = torch.zeros(batch["volume"].shape)
    for instance, value in RISKS.items():
        risk[batch["instance"] == instance] = value
    prediction = {"log_hazard": 2 * risk.sum(1, keepdim=True), "risk": risk, "scaled_risk": 2 * risk}
    return {"image": batch["image"], "label": batch["label"], "pred": prediction}


def score_decollated(engine: Engine, batch: dict[str, Any]) -> list[dict[str, Any]]:
    """The same, cut into samples as MONAI's evaluators do."""
    output = score(engine, batch)
    engine.state.batch = decollate_batch(batch)
    return decollate_batch(output)


def collate(samples: list[dict[str, Any]]) -> dict[str, Any]:
    for sample in samples:
        masks = sample["mask_files"]
        sample["mask_files"] = masks if isinstance(masks, str) else ";".join(masks)
    return pad_lesions(samples)


def run(
    writer: LesionWriter, scans: list[dict[str, Any]], step: Any = score, instances: str = "labels", **kw: Any
) -> None:
    """Evaluate scans with a writer attached."""
    engine = Engine(step)
    writer.attach(engine)
    dataset = LesionDataset(scans, ExtractLesionsd(instances=instances), None, **kw)
    engine.run(DataLoader(dataset, batch_size=2, collate_fn=collate))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the scan, by weights that were trained on patients."""
    folder = tmp_path_factory.mktemp("written")
    image = save_turned(np.zeros(SHAPE, np.int16), folder / "ct.nii.gz", "LPS", description="DOE^JANE")
    run(
        LesionWriter(folder / "out", PATIENTS),
        read_case(image, save_turned(lesion_ids(), folder / "mask.nii.gz", "LPS")),
    )
    return folder / "out"


def read_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#")


@pytest.mark.parametrize("axes", ["LPS", "RAS", "SAL", "PIR"])
def test_maps_lie_exactly_on_the_scan_however_it_is_stored(axes: str, tmp_path: Path) -> None:
    image = save_turned(np.zeros(SHAPE, np.int16), tmp_path / "ct.nii.gz", axes)
    mask = save_turned(lesion_ids(), tmp_path / "mask.nii.gz", axes)
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(image, mask))
    ct, drawn = nibabel.load(image), nibabel.load(mask).get_fdata()
    expected = np.zeros(ct.shape, np.float32)
    for instance, risk in RISKS.items():
        expected[drawn == instance] = risk
    for name, content in (("risk_map", expected), ("lesions", drawn)):
        found = nibabel.load(tmp_path / "out" / f"{name}.nii.gz")
        np.testing.assert_array_equal(found.affine, ct.affine)
        np.testing.assert_array_equal(found.get_fdata(dtype=np.float32), content)
        assert found.header.get_qform(coded=True)[1] == ct.header.get_qform(coded=True)[1]


def test_mask_stored_with_other_axes_than_its_scan_still_lands_on_the_scan(
    scan: tuple[Path, Path], tmp_path: Path
) -> None:
    turned = save_turned(lesion_ids(), tmp_path / "turned.nii.gz", "SAR")
    with pytest.warns(UserWarning, match="opposite sense"):
        run(LesionWriter(tmp_path / "out", PATIENTS), read_case(scan[0], turned))
    found = nibabel.load(tmp_path / "out" / "lesions.nii.gz").get_fdata()
    np.testing.assert_array_equal(found, nibabel.load(scan[1]).get_fdata())


def test_scan_that_is_no_nifti_gives_maps_with_its_geometry_in_ras(tmp_path: Path) -> None:
    for name, array in (("ct.mha", np.zeros(SHAPE, np.int16)), ("mask.mha", lesion_ids())):
        image = itk.image_from_array(np.ascontiguousarray(array.transpose(2, 1, 0)))
        image.SetSpacing([2.0, 2.0, 5.0])
        image.SetOrigin([10.0, 20.0, 30.0])
        itk.imwrite(image, str(tmp_path / name))
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(tmp_path / "ct.mha", tmp_path / "mask.mha"))
    found = nibabel.load(tmp_path / "out" / "risk_map.nii.gz")
    expected = np.array([[-2, 0, 0, -10], [0, -2, 0, -20], [0, 0, 5, 30], [0, 0, 0, 1.0]])
    np.testing.assert_allclose(found.affine, expected)
    assert found.get_fdata()[20, 12, 6] == pytest.approx(-0.25)
    assert found.header.get_sform(coded=True)[1] == 1


@pytest.mark.parametrize("step", [score, score_decollated])
def test_tables_rank_the_lesions_and_name_units_and_direction(
    step: Any, scan: tuple[Path, Path], tmp_path: Path
) -> None:
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(*scan), step)
    lesions = read_table(tmp_path / "out" / "lesions.csv")
    assert lesions["lesion_id"].tolist() == [3, 9, 7]
    assert lesions["rank_1_is_worst"].tolist() == [1, 2, 3]
    assert lesions["volume_mm3"].tolist() == [32 * 20, 27 * 20, 20]
    np.testing.assert_allclose(lesions["risk_no_unit_no_horizon_higher_is_worse"], [0.83, 0.5, -0.25], rtol=1e-6)
    np.testing.assert_allclose(lesions["scaled_risk_no_unit_no_horizon_higher_is_worse"], [1.66, 1.0, -0.5], rtol=1e-6)
    assert lesions["growth_ratio"].isna().all()
    # Voxel (20, 12, 6) of the scan: 2 mm steps to the left from RAS x = 9, so LPS x = -9 + 40.
    last = lesions.iloc[2]
    position = [last[f"centroid_{axis}_mm"] for axis in ("left", "posterior", "superior")]
    np.testing.assert_allclose(position, [-9 + 2 * 20, -8 + 2 * 12, -40 + 5 * 6])
    patient = read_table(tmp_path / "out" / "patient.csv").iloc[0]
    assert patient["log_hazard_no_unit_no_horizon_higher_is_worse"] == pytest.approx(2 * (0.83 + 0.5 - 0.25))
    assert pd.isna(patient["flags"])


def test_every_file_carries_the_notice_of_synthetic_weights(scan: tuple[Path, Path], tmp_path: Path) -> None:
    run(LesionWriter(tmp_path / "out", SYNTHETIC), read_case(*scan))
    for name in ("lesions.csv", "patient.csv", "labels.txt", "labels.ctbl"):
        assert SYNTHETIC.notice in (tmp_path / "out" / name).read_text(), name
    for name in ("risk_map.nii.gz", "lesions.nii.gz"):
        header = nibabel.load(tmp_path / "out" / name).header
        assert header["descrip"].item().decode() == SYNTHETIC.notice[:79]
        assert SYNTHETIC.notice in header.extensions[0].get_content().decode()
    strip = imread(tmp_path / "out" / "lesions.png")[2, 2, :3]
    np.testing.assert_allclose(strip, [0xFF / 255, 0xD7 / 255, 0x5E / 255], atol=0.01)


def test_no_notice_when_the_weights_were_trained_on_patients(written: Path) -> None:
    assert "SYNTHETIC" not in (written / "lesions.csv").read_text()
    np.testing.assert_allclose(imread(written / "lesions.png")[2, 2, :3], 1.0)


def test_label_tables_colour_from_blue_to_red_and_say_the_rank(written: Path) -> None:
    snap = (written / "labels.txt").read_text().splitlines()[-3:]
    assert snap[0].endswith('"rank 1 · unlabelled · risk 0.83"')
    assert snap[0].split()[:4] == ["3", "238", "28", "46"]  # the red end
    assert snap[1].split()[:4] == ["7", "47", "107", "255"]  # the blue end
    slicer = (written / "labels.ctbl").read_text().splitlines()[-3:]
    assert slicer[0] == "3 rank_1_·_unlabelled_·_risk_0.83 238 28 46 255"


def test_text_of_the_scans_header_is_not_copied(written: Path) -> None:
    assert b"DOE" not in bytes(nibabel.load(written / "risk_map.nii.gz").header.binaryblock)


def test_scan_without_lesions_is_flagged_and_gets_empty_maps(scan: tuple[Path, Path], tmp_path: Path) -> None:
    empty = save_turned(np.zeros(SHAPE, np.int16), tmp_path / "empty.nii.gz", "LPS")
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(scan[0], empty))
    patient = read_table(tmp_path / "out" / "patient.csv").iloc[0]
    assert patient["log_hazard_no_unit_no_horizon_higher_is_worse"] == 0
    assert patient["flags"] == "no lesions: log hazard 0"
    assert len(read_table(tmp_path / "out" / "lesions.csv")) == 0
    assert not nibabel.load(tmp_path / "out" / "risk_map.nii.gz").get_fdata().any()
    assert not (tmp_path / "out" / "lesions.png").exists()


def test_lesions_beyond_the_largest_are_labelled_but_not_scored(scan: tuple[Path, Path], tmp_path: Path) -> None:
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(*scan), max_lesions=2)
    patient = read_table(tmp_path / "out" / "patient.csv").iloc[0]
    assert patient["lesions_not_scored"] == 1
    assert patient["flags"] == "only the largest lesions were scored, up to 1 were not"
    assert nibabel.load(tmp_path / "out" / "lesions.nii.gz").get_fdata()[20, 12, 6] == 7
    assert nibabel.load(tmp_path / "out" / "risk_map.nii.gz").get_fdata()[20, 12, 6] == 0
    assert "not scored" in (tmp_path / "out" / "labels.txt").read_text()


def test_each_patient_and_reader_gets_a_folder_and_readers_are_averaged(
    scan: tuple[Path, Path], tmp_path: Path
) -> None:
    only_third = save_turned(np.where(lesion_ids() == 9, 9, 0).astype(np.int16), tmp_path / "b.nii.gz", "LPS")
    first, second = read_case(*scan)[0], read_case(*scan)[0]
    first["annotations"] = [
        {"reader": "a", "mask": [str(scan[1])], "followup_mask": None},
        {"reader": "b", "mask": [str(only_third)], "followup_mask": None},
    ]
    second |= {"patient_id": "../p 2", "patient_index": 1}
    run(LesionWriter(tmp_path / "out", PATIENTS), [first, second])
    patient = read_table(tmp_path / "out" / "case" / "patient.csv").iloc[0]
    # Reader a sees all three lesions (2.16), reader b one (1.0).
    assert patient["log_hazard_no_unit_no_horizon_higher_is_worse"] == pytest.approx((2.16 + 1.0) / 2)
    assert patient["readers"] == 2
    assert read_table(tmp_path / "out" / "case" / "b" / "lesions.csv")["lesion_id"].tolist() == [9]
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(folders) == 2
    assert folders[0].startswith("_p_2-")


@pytest.mark.parametrize("instances", ["components", "files"])
def test_maps_follow_the_way_lesions_were_told_apart(instances: str, scan: tuple[Path, Path], tmp_path: Path) -> None:
    files = []
    for number, instance in enumerate([3, 9], start=1):
        ids = (lesion_ids() == instance).astype(np.int16)
        files.append(save_turned(ids, tmp_path / f"{number}.nii.gz", "LPS"))
    binary = save_turned((lesion_ids() > 0).astype(np.int16), tmp_path / "binary.nii.gz", "LPS")
    masks = files if instances == "files" else binary
    run(LesionWriter(tmp_path / "out", PATIENTS, instances=instances), read_case(scan[0], masks), instances=instances)
    table = read_table(tmp_path / "out" / "lesions.csv").set_index("lesion_id")
    ids = nibabel.load(tmp_path / "out" / "lesions.nii.gz").get_fdata()
    for instance, row in table.iterrows():
        assert (ids == instance).sum() * 20 == row["volume_mm3"]


def test_mask_with_other_lesions_than_those_scored_is_refused(scan: tuple[Path, Path], tmp_path: Path) -> None:
    def replace_mask(engine: Engine, batch: dict[str, Any]) -> dict[str, Any]:
        save_turned(np.where(lesion_ids() == 9, 9, 0).astype(np.int16), scan[1], "LPS")
        return score(engine, batch)

    with pytest.raises(ValueError, match=r"2 scored lesion\(s\) are not in it.*clear the cache"):
        run(LesionWriter(tmp_path / "out", PATIENTS), read_case(*scan), replace_mask)
    assert not list((tmp_path / "out").glob("**/*.nii.gz"))


def test_failed_writing_leaves_nothing_half_written(
    scan: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(volume: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(nibabel, "save", fill_the_disk)
    with pytest.raises(OSError, match="no space left"):
        run(LesionWriter(tmp_path / "out", PATIENTS), read_case(*scan))
    assert not list((tmp_path / "out").iterdir())


REAL = Path(__file__).parents[4] / "shared" / "data" / "4dlung_113" / "nifti"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the real scan {REAL.parent.name} beside the repository")
def test_real_scan_is_overlaid_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RISKS, 1, 0.83)
    monkeypatch.setitem(RISKS, 2, -0.4)
    run(LesionWriter(tmp_path, SYNTHETIC), read_case(REAL / "ct.nii.gz", REAL / "lesions.nii.gz"))
    ct, drawn = nibabel.load(REAL / "ct.nii.gz"), np.asarray(nibabel.load(REAL / "lesions.nii.gz").dataobj)
    found = nibabel.load(tmp_path / "risk_map.nii.gz")
    np.testing.assert_array_equal(found.affine, ct.affine)
    expected = np.select([drawn == 1, drawn == 2], [0.83, -0.4], 0.0)
    np.testing.assert_array_equal(found.get_fdata(dtype=np.float32), expected.astype(np.float32))
    assert np.count_nonzero(found.get_fdata()) == 23611 + 2239


def test_maps_of_overlapping_dicom_segments_lie_on_the_series(tmp_path: Path) -> None:
    pytest.importorskip("highdicom", reason="the extra dicom is not installed")
    from dicoms import TOKEN, write_seg, write_series
    from scans import AFFINE, make_image, make_labels

    series = write_series(tmp_path / "ct")
    first = make_labels() == 1
    write_seg(tmp_path / "seg.dcm", series, {1: first, 2: first})  # the second hides the first
    run(LesionWriter(tmp_path / "out", PATIENTS), read_case(tmp_path / "ct", tmp_path / "seg.dcm"))
    found = nibabel.load(tmp_path / "out" / "lesions.nii.gz")
    np.testing.assert_array_equal(np.asarray(found.dataobj), 2 * first)
    np.testing.assert_allclose(found.affine, np.diag([-1, -1, 1, 1]) @ AFFINE)
    assert found.shape == make_image().shape
    assert read_table(tmp_path / "out" / "lesions.csv")["lesion_id"].tolist() == [1, 2]
    for file in (tmp_path / "out").iterdir():
        assert TOKEN.encode() not in file.read_bytes()
