"""The bundle runs with MONAI's own command: train on two processes, infer, share; evaluate: see test_tutorials."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nibabel
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.ndimage import affine_transform

from prognos.transforms import read_volume

REPOSITORY = Path(__file__).parents[2]
BUNDLE = REPOSITORY / "bundles/lesion_prioritization"
SCANS = REPOSITORY.parent / "shared/data/4dlung_113"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def command(stage: Sequence[str], *overlays: str, **overrides: object) -> list[str]:
    """The command a user types."""
    files = [str(BUNDLE / "configs" / f"{name}.json") for name in stage]
    files += [str(REPOSITORY / "configs" / f"{name}.json") for name in overlays]
    options = [word for key, value in overrides.items() for word in (f"--{key}", str(value))]
    return ["-m", "monai.bundle", "run", "--config_file", str(files), "--bundle_root", str(BUNDLE), *options]


def run(arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def settings(lesion_cohort: Path, lesion_cache: Path) -> dict[str, object]:
    return {"dataset_dir": lesion_cohort, "cache_dir": lesion_cache}


def test_two_processes_train_one_network(settings: dict[str, object], tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "--no-python", sys.executable]
    run([*torchrun, *command(["train"], "smoke", "multi_gpu", epochs=1, output_dir=tmp_path, **settings)])
    assert all(tensor.isfinite().all() for tensor in torch.load(tmp_path / "model.pt", weights_only=True).values())
    assert len(list((tmp_path / "checkpoints").glob("checkpoint_*.pt"))) == 1


def test_a_real_scan_is_ranked_and_every_result_bears_the_banner(tmp_path: Path) -> None:
    if not SCANS.is_dir():
        pytest.skip("the public 4D-Lung scan is not beside the repository")
    run(command(["inference"], dataset_dir=SCANS / "nifti", output_dir=tmp_path))
    lesions = pd.read_csv(tmp_path / "lesions.csv", comment="#")
    assert sorted(lesions["lesion_id"]) == [1, 2]
    image, risk_map = nibabel.load(SCANS / "nifti/ct.nii.gz"), nibabel.load(tmp_path / "risk_map.nii.gz")
    assert risk_map.shape == image.shape
    assert (risk_map.affine == image.affine).all()
    labels = nibabel.load(SCANS / "nifti/lesions.nii.gz").get_fdata()
    for row in lesions.itertuples():
        values = risk_map.get_fdata()[labels == row.lesion_id]
        assert values == pytest.approx(row.risk_no_unit_no_horizon_higher_is_worse, rel=1e-5)
    assert (risk_map.get_fdata()[labels == 0] == 0).all()
    for file in ("lesions.csv", "patient.csv"):
        assert "SYNTHETIC" in (tmp_path / file).read_text()
    assert b"SYNTHETIC" in risk_map.header["descrip"].tobytes()
    assert (tmp_path / "lesions.png").is_file()


def test_a_real_dicom_series_is_ranked_on_its_own_grid(tmp_path: Path) -> None:
    if not SCANS.is_dir():
        pytest.skip("the public 4D-Lung scan is not beside the repository")
    grid = read_volume(SCANS / "CT", name="image").stored
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    labels = nibabel.load(SCANS / "nifti/lesions.nii.gz")
    onto_labels = np.linalg.inv(labels.affine) @ affine
    mask = affine_transform(labels.get_fdata(), onto_labels, output_shape=grid.shape, order=0).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(mask, affine), tmp_path / "mask.nii.gz")
    case = {"image": SCANS / "CT", "mask": tmp_path / "mask.nii.gz", "output_dir": tmp_path / "out"}
    run(command(["inference"], **case))
    risk_map = nibabel.load(tmp_path / "out/risk_map.nii.gz")
    assert risk_map.shape == grid.shape
    np.testing.assert_allclose(risk_map.affine, affine, atol=1e-4)
    lesions = pd.read_csv(tmp_path / "out/lesions.csv", comment="#")
    for row in lesions.itertuples():
        values = risk_map.get_fdata()[mask == row.lesion_id]
        assert values == pytest.approx(row.risk_no_unit_no_horizon_higher_is_worse, rel=1e-5)


def test_a_shared_bundle_is_downloaded_and_runs(lesion_cohort: Path, tmp_path: Path) -> None:
    archive = tmp_path / "site" / "lesion_prioritization.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(BUNDLE.rglob("*")):
            file.write(path, Path("lesion_prioritization") / path.relative_to(BUNDLE))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(archive.parent)))
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/{archive.name}"
    here = tmp_path / "empty"
    here.mkdir()
    name = ["--name", "lesion_prioritization", "--source", "github"]
    run(["-m", "monai.bundle", "download", *name, "--url", url, "--bundle_dir", str(here)], cwd=here)
    server.shutdown()
    config = here / "lesion_prioritization/configs/inference.json"
    image = sorted((lesion_cohort / "images").iterdir())[0]
    mask = sorted((lesion_cohort / "masks").glob(f"{image.name.split('.')[0]}*baseline*"))[0]
    case = ["--image", str(image), "--mask", str(mask), "--output_dir", str(here / "out")]
    run(["-m", "monai.bundle", "run", "--config_file", str(config), "--bundle_root", str(config.parents[1]), *case])
    assert (here / "out/patient.csv").is_file()
