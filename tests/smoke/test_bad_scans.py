"""What is wrong with a scan is one clear error on the command line, and nothing half-written stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from prognos.__main__ import main
from scans import AFFINE, make_image, make_labels, write_volume

pytest.importorskip(
    "monai", reason="imported here, because its log keeps the output stream it finds at its first import"
)

Spoil = Callable[[Path, Path], None]


def truncate(image: Path, mask: Path) -> None:
    image.write_bytes(image.read_bytes()[:-200])


def empty(image: Path, mask: Path) -> None:
    image.write_bytes(b"")


def remove(image: Path, mask: Path) -> None:
    image.unlink()


def spread_nan(image: Path, mask: Path) -> None:
    array = make_image().astype(np.float32)
    array[3, 4, 5] = np.nan
    write_volume(image, array)


def shift_mask(image: Path, mask: Path) -> None:
    affine = AFFINE.copy()
    affine[0, 3] += 2.0
    write_volume(mask, make_labels(), affine=affine)


def mirror_mask(image: Path, mask: Path) -> None:
    affine = AFFINE.copy()
    affine[0, 0] *= -1
    write_volume(mask, make_labels(), affine=affine)


def scribble(image: Path, mask: Path) -> None:
    mask.write_bytes(b"no mask at all")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (truncate, "truncated|incomplete|damaged|ends"),
        (empty, "empty"),
        (remove, "no such file"),
        (spread_nan, "NaN|not finite|no number"),
        (shift_mask, "spacing.*origin|origin"),
        (mirror_mask, "direction|origin"),
        (scribble, "not a NIfTI"),
    ],
)
def test_a_bad_scan_is_one_error_and_leaves_no_result(
    spoil: Spoil, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, mask = tmp_path / "ct.nii.gz", tmp_path / "lesions.nii.gz"
    write_volume(image, make_image())
    write_volume(mask, make_labels())
    spoil(image, mask)
    out = tmp_path / "out"
    case = ["--image", str(image), "--mask", str(mask), "--output_dir", str(out), "--device", "cpu"]
    assert main(["run", "lesion_prioritization", "inference", *case]) != 0
    shown = capsys.readouterr().err
    (error,) = re.findall(r"^error: (.*)", shown, re.MULTILINE | re.DOTALL)
    assert re.search(words, error, re.IGNORECASE | re.DOTALL), error
    assert "Traceback" not in shown
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_a_mask_without_lesions_is_a_flagged_patient(tmp_path: Path) -> None:
    image, mask, out = tmp_path / "ct.nii.gz", tmp_path / "lesions.nii.gz", tmp_path / "out"
    write_volume(image, make_image())
    write_volume(mask, np.zeros_like(make_labels()))
    case = ["--image", str(image), "--mask", str(mask), "--output_dir", str(out), "--device", "cpu"]
    assert main(["run", "lesion_prioritization", "inference", *case]) == 0
    patient = pd.read_csv(out / "patient.csv", comment="#").iloc[0]
    assert patient["log_hazard_no_unit_no_horizon_higher_is_worse"] == 0
    assert "no lesions" in patient["flags"]
    assert not nibabel.load(out / "risk_map.nii.gz").get_fdata().any()


def test_a_binary_mask_is_ranked_by_components(tmp_path: Path) -> None:
    image, mask, out = tmp_path / "ct.nii.gz", tmp_path / "lesions.nii.gz", tmp_path / "out"
    write_volume(image, make_image())
    write_volume(mask, (make_labels() > 0).astype(np.uint8))
    case = ["--image", str(image), "--mask", str(mask), "--output_dir", str(out), "--instances", "components"]
    assert main(["run", "lesion_prioritization", "inference", *case, "--device", "cpu"]) == 0
    assert sorted(pd.read_csv(out / "lesions.csv", comment="#")["lesion_id"]) == [1, 2]
    labels = nibabel.load(out / "lesions.nii.gz").get_fdata()
    assert [(labels == lesion).sum() for lesion in (1, 2)] == [28, 12]
