"""Files of a synthetic cohort."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from prognos.data import join_annotations, read_annotations, read_cohort
from prognos.data.phantom import PhantomSettings, redraw_survival, write_lesion_cohort
from prognos.data.phantom.patient import draw_patient, render_patient

COARSE = PhantomSettings(spacing=(4.0, 4.0, 8.0))


def digests(folder: Path) -> dict[str, str]:
    """Hash of every file by its path in the cohort."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_tables_are_those_that_a_bundle_reads(cohort_folder: Path) -> None:
    scans = join_annotations(
        read_cohort(cohort_folder / "cohort.csv"), read_annotations(cohort_folder / "annotations.csv")
    )
    assert [scan["patient_id"] for scan in scans] == ["syn-0007-0001", "syn-0007-0002"]
    for scan in scans:
        assert Path(scan["image"]).exists()
        assert Path(scan["organ_mask"]).exists()
        assert all(Path(mask).exists() for annotation in scan["annotations"] for mask in annotation["mask"])


def test_volumes_lie_in_the_patient_and_say_that_they_are_synthetic(cohort_folder: Path) -> None:
    for path in cohort_folder.rglob("*.nii.gz"):
        volume = nibabel.load(path)
        assert nibabel.aff2axcodes(volume.affine) == ("L", "P", "S")
        np.testing.assert_allclose(volume.header.get_zooms(), COARSE.spacing)
        assert volume.header["descrip"].tobytes().rstrip(b"\0") == b"prognos synthetic"
        assert volume.get_data_dtype() == (np.int16 if path.parent.name == "images" else np.uint8)


def test_lesions_keep_their_number_over_readers_and_timepoints(cohort_folder: Path) -> None:
    truth = pd.read_csv(cohort_folder / "truth/lesions.csv")
    for path in (cohort_folder / "masks").glob("*.nii.gz"):
        known = set(truth.loc[truth["patient_id"] == path.name.split("_")[0], "instance"])
        found = set(np.unique(np.asanyarray(nibabel.load(path).dataobj))) - {0}
        assert found
        assert found <= known


def test_masks_lie_where_their_lesions_are(cohort_folder: Path) -> None:
    offsets = []
    for number in (1, 2):
        patient, anatomy = draw_patient(7, number, COARSE.spacing)
        for path in (cohort_folder / "masks").glob(f"{patient.patient_id}_*_baseline.nii.gz"):
            mask = np.asanyarray(nibabel.load(path).dataobj)
            for lesion in patient.lesions:
                inside = np.argwhere(mask == lesion.instance)
                if len(inside):
                    offsets.append(inside.mean(axis=0) * anatomy.spacing - lesion.centre)
    # Bumps and neighbours move single lesions either way; a misplaced grid would move all of them by a voxel, 4 mm.
    assert np.abs(np.mean(offsets, axis=0)).max() < 1.0


def test_masks_of_the_follow_up_grow_with_their_lesions(cohort_folder: Path) -> None:
    truth = pd.read_csv(cohort_folder / "truth/lesions.csv")
    seen, true = [], []
    for path in sorted((cohort_folder / "masks").glob("*_followup.nii.gz")):
        baseline = path.with_name(path.name.replace("followup", "baseline"))
        before, after = (
            np.bincount(np.asanyarray(nibabel.load(file).dataobj).ravel(), minlength=61) for file in (baseline, path)
        )
        growth = truth[truth["patient_id"] == path.name.split("_")[0]].set_index("instance")["growth"]
        known = [int(number) for number in growth.index if before[number] > 3 and after[number] > 3]
        seen += list(np.log(after[known] / before[known]))
        true += list(growth[known])
    assert np.corrcoef(seen, true)[0, 1] > 0.8


def test_the_truth_adds_up_to_the_log_hazard(cohort_folder: Path) -> None:
    lesions, patients = (pd.read_csv(cohort_folder / f"truth/{name}.csv") for name in ("lesions", "patients"))
    lesions["scaled"] = lesions["risk"] * lesions["scale"]
    largest = lesions.sort_values("diameter", ascending=False).groupby("patient_id").head(40)
    burden = largest.groupby("patient_id")["scaled"].sum().loc[patients["patient_id"]].to_numpy()
    np.testing.assert_allclose(patients["burden"], burden, rtol=1e-9)
    np.testing.assert_allclose(patients["log_hazard"], 0.1 * (burden - 8.3), rtol=1e-9)


def test_two_processes_write_the_same_bytes_as_one(cohort_folder: Path, tmp_path: Path) -> None:
    write_lesion_cohort(tmp_path, patients=2, seed=7, processes=2, settings=COARSE)
    expected = digests(cohort_folder)
    assert {name: digest for name, digest in digests(tmp_path).items() if name in expected} == expected


def test_a_second_call_writes_only_what_is_missing(cohort_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    shutil.copytree(cohort_folder, folder)
    kept, lost = folder / "images/syn-0007-0001.nii.gz", folder / "images/syn-0007-0002.nii.gz"
    before = kept.stat().st_mtime_ns
    (folder / "truth/records/syn-0007-0002.json").unlink()
    lost.unlink()
    write_lesion_cohort(folder, patients=2, seed=7, processes=1, settings=COARSE)
    assert kept.stat().st_mtime_ns == before
    assert digests(folder)["images/syn-0007-0002.nii.gz"] == digests(cohort_folder)["images/syn-0007-0002.nii.gz"]


def test_another_survival_seed_changes_the_follow_up_and_nothing_else(cohort_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    shutil.copytree(cohort_folder, folder)
    before = digests(folder)
    redrawn = pd.read_csv(redraw_survival(folder, 3))
    first = pd.read_csv(folder / "cohort.csv")
    assert not redrawn["time"].equals(first["time"])
    pd.testing.assert_frame_equal(redrawn.drop(columns=["time", "event"]), first.drop(columns=["time", "event"]))
    after = digests(folder)
    assert after.pop("cohort_seed3.csv")
    assert after == before


def test_a_folder_with_another_seed_is_refused(cohort_folder: Path) -> None:
    with pytest.raises(ValueError, match="Choose another folder"):
        write_lesion_cohort(cohort_folder, patients=2, seed=8, settings=COARSE)


@pytest.mark.parametrize(("patients", "seed"), [(0, 1), (1, -1), (1, 10000)])
def test_impossible_numbers_are_refused_before_anything_is_written(tmp_path: Path, patients: int, seed: int) -> None:
    with pytest.raises(ValueError, match="Choose numbers in these ranges"):
        write_lesion_cohort(tmp_path / "new", patients=patients, seed=seed)
    assert not (tmp_path / "new").exists()


def test_a_redraw_needs_a_cohort(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="synthesize lesions"):
        redraw_survival(tmp_path, 1)


def test_the_generator_is_the_one_that_the_shipped_weights_were_trained_on() -> None:
    """A change of these numbers means that every published figure has to be made again."""
    patient, anatomy = draw_patient(2, 1, PhantomSettings().spacing)
    image, baseline, _ = render_patient(patient, anatomy, np.random.default_rng([2, 1, 3]))
    assert (len(patient.lesions), len(patient.readings)) == (22, 3)
    assert patient.burden == pytest.approx(13.043499264663064, rel=1e-6)
    assert image.mean() == pytest.approx(-510.594, abs=0.01)
    assert np.count_nonzero(baseline[0]) == pytest.approx(7978, abs=2)
