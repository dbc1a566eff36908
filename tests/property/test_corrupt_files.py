"""A file that was cut off, or in which one bit turned over, is refused in words, or read to values that make sense.

Formats without a checksum cannot show a changed voxel; what their headers say is another matter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from PIL import Image

from corruption import damaged, outcome
from dicoms import rectangle, write_rtstruct, write_seg, write_series
from faces import draw_face
from prognos.data import read_annotations, read_cohort, read_latents
from prognos.handlers import WeightsCheckpointLoader
from prognos.networks import load_stylegan2, save_stylegan2, write_provenance
from prognos.networks.nets import StyleGAN2Generator
from prognos.transforms import ExtractLesionsd
from prognos.transforms.photos import read_photo
from scans import make_image, make_labels, write_volume
from stylegan2_files import SMALL, initialised, official_bytes, official_module, rosinality_state

FEW = 15
"""Places of the default suite; the slow test draws 200."""

ROW = "cohort.csv, line 2"
"""What a message must call the scan or photo."""


class Kind(NamedTuple):
    """One kind of file."""

    write: Callable[[Path], Path]
    """Write what belongs to it into an empty folder; returns the file that is damaged."""

    read: Callable[[Path], Any]
    """Read it as the package does."""

    check: Callable[[Any, Any], None]
    """Hold what was read from the damaged file to what the whole one gives."""

    name: str = ROW
    """What a refusal must name; empty for the file's own name."""


def scan(path: Path) -> list[dict[str, torch.Tensor]]:
    """Extract the lesions of the scan in a folder, whichever of its files is damaged."""
    folder = path.parent if path.parent.name != "ct" else path.parent.parent
    (image,) = [*folder.glob("ct.*"), *folder.glob("ct")]
    (mask,) = folder.glob("mask.*")
    annotation = {"mask": [str(mask)], "where": ROW}
    return ExtractLesionsd()({"image": str(image), "where": ROW, "annotations": [annotation]})


def check_scan(found: list[dict[str, torch.Tensor]], whole: list[dict[str, torch.Tensor]]) -> None:
    (lesions,) = found
    assert lesions["image"].isfinite().all()
    assert ((lesions["image"] >= 0) & (lesions["image"] <= 1)).all()
    assert ((lesions["volume"] > 0) & (lesions["volume"] < 30 * 24 * 10 * 10 + 1)).all()
    assert lesions["centroid"].isfinite().all()
    assert lesions["diameter"].isfinite().all()


def check_same_voxels(found: list[dict[str, torch.Tensor]], whole: list[dict[str, torch.Tensor]]) -> None:
    """Compressed voxels carry a checksum, so none of them can change unseen."""
    check_scan(found, whole)
    assert torch.equal(found[0]["image"], whole[0]["image"])
    assert torch.equal(found[0]["volume"], whole[0]["volume"])


def files(suffix: str, damaged_part: str = "ct") -> Callable[[Path], Path]:
    """Writer of a scan and its mask in one format."""

    def write(folder: Path) -> Path:
        write_volume(folder / f"ct{suffix}", make_image())
        write_volume(folder / f"mask{suffix}", make_labels())
        return folder / f"{damaged_part}{suffix}"

    return write


def dicom(damaged_part: str) -> Callable[[Path], Path]:
    """Writer of a CT series of ten slices with a SEG or an RTSTRUCT."""

    def write(folder: Path) -> Path:
        series = write_series(folder / "ct")
        if damaged_part == "seg":
            write_seg(folder / "mask.dcm", series, {1: make_labels() == 1, 2: make_labels() == 7})
        else:
            contours = [rectangle((10, 8), (13, 13), 5), rectangle((10, 8), (11, 9), 4)]
            write_rtstruct(folder / "mask.dcm", series, {1: contours})
        return folder / "ct" / "4.dcm" if damaged_part == "slice" else folder / "mask.dcm"

    return write


def photo(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        Image.fromarray(draw_face()).resize((48, 48)).save(folder / f"photo{suffix}")
        return folder / f"photo{suffix}"

    return write


def check_photo(found: np.ndarray, whole: np.ndarray) -> None:
    assert found.dtype == np.uint8
    assert found.ndim == 3
    assert found.shape[2] == 3


def check_same_photo(found: np.ndarray, whole: np.ndarray) -> None:
    np.testing.assert_array_equal(found, whole)


def write_cohort(folder: Path) -> Path:
    rows = [f"p{number},{100 + 7 * number},{number % 2},{number % 3},{40 + number}" for number in range(12)]
    (folder / "cohort.csv").write_text("\n".join(["patient_id,time,event,fold,age", *rows]) + "\n")
    return folder / "cohort.csv"


def check_cohort(found: list[dict[str, Any]], whole: list[dict[str, Any]]) -> None:
    for sample in found:
        time, event = sample["label"].tolist()
        assert 0 < time < float("inf")
        assert event in (0.0, 1.0)


def write_annotations(folder: Path) -> Path:
    for name in ("a.nii", "b.nii"):
        (folder / name).write_bytes(b"0")
    rows = ["p1,a.nii,b.nii,anna,0", "p1,a.nii,b.nii,bert,0", "p2,a.nii,b.nii,anna,0"]
    (folder / "annotations.csv").write_text("\n".join(["patient_id,image,mask,reader,timepoint", *rows]) + "\n")
    return folder / "annotations.csv"


def write_latents(folder: Path) -> Path:
    rows = [f"p{number},{number}.png,{0.5 * number},{-1.25 * number}" for number in range(6)]
    (folder / "latents.csv").write_text("\n".join(["patient_id,image,latent_0000,latent_0001", *rows]) + "\n")
    return folder / "latents.csv"


def check_latents(found: Any, whole: Any) -> None:
    assert np.isfinite(found.values).all()


def check_nothing(found: Any, whole: Any) -> None:
    """The rows point to files and patients, which are looked for when they are read."""


def generator() -> StyleGAN2Generator:
    return initialised(StyleGAN2Generator(**SMALL))


def write_safetensors(folder: Path) -> Path:
    save_stylegan2(folder / "generator.safetensors", G_ema=generator())
    return folder / "generator.safetensors"


def write_known(folder: Path) -> Path:
    """The same with its provenance."""
    path = write_safetensors(folder)
    write_provenance(path, "synthetic", "random weights")
    return path


def check_never(found: torch.nn.Module, whole: torch.nn.Module) -> None:
    raise AssertionError("a file that its digest does not fit was read")


def write_official(folder: Path) -> Path:
    (folder / "network.pkl").write_bytes(official_bytes(G_ema=official_module(generator())))
    return folder / "network.pkl"


def write_rosinality(folder: Path) -> Path:
    torch.save({"g_ema": rosinality_state(generator())}, folder / "network.pt")
    return folder / "network.pt"


def check_network(found: torch.nn.Module, whole: torch.nn.Module) -> None:
    shapes = [{name: tensor.shape for name, tensor in each.state_dict().items()} for each in (found, whole)]
    assert shapes[0] == shapes[1]


def write_weights(folder: Path) -> Path:
    torch.manual_seed(0)
    torch.save(torch.nn.Linear(20, 20).state_dict(), folder / "model.pt")
    return folder / "model.pt"


def load_weights(path: Path) -> torch.nn.Module:
    network = torch.nn.Linear(20, 20)
    WeightsCheckpointLoader(str(path), {"model": network})(Engine(lambda *_: None))
    return network


def check_same_weights(found: torch.nn.Module, whole: torch.nn.Module) -> None:
    for name, tensor in whole.state_dict().items():
        assert torch.equal(found.state_dict()[name], tensor)


KINDS = {
    "nifti": Kind(files(".nii"), scan, check_scan),
    "nifti_gz": Kind(files(".nii.gz"), scan, check_same_voxels),
    "nrrd": Kind(files(".nrrd"), scan, check_same_voxels),
    "mha": Kind(files(".mha"), scan, check_same_voxels),
    "nifti_mask": Kind(files(".nii", "mask"), scan, check_scan),
    "nrrd_mask": Kind(files(".nrrd", "mask"), scan, check_same_voxels),
    "dicom_slice": Kind(dicom("slice"), scan, check_scan),
    "dicom_seg": Kind(dicom("seg"), scan, check_scan),
    "dicom_rtstruct": Kind(dicom("rtstruct"), scan, check_scan),
    "png": Kind(photo(".png"), partial(read_photo, where=ROW), check_same_photo),
    "jpeg": Kind(photo(".jpg"), partial(read_photo, where=ROW), check_photo),
    "cohort_csv": Kind(write_cohort, read_cohort, check_cohort, ""),
    "annotations_csv": Kind(write_annotations, read_annotations, check_nothing, ""),
    "latents_csv": Kind(write_latents, read_latents, check_latents, ""),
    "safetensors": Kind(write_safetensors, load_stylegan2, check_network, ""),
    "safetensors_of_known_origin": Kind(write_known, load_stylegan2, check_never, ""),
    "official_pickle": Kind(write_official, load_stylegan2, check_network, ""),
    "rosinality_pickle": Kind(write_rosinality, load_stylegan2, check_network, ""),
    "weights": Kind(write_weights, load_weights, check_same_weights, ""),
}


@pytest.mark.filterwarnings("ignore:.*a single label in [0-9]+ separate places")  # a hint, which damage may bring about
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_is_refused_in_words_or_read_to_values_that_make_sense(
    name: str, seed: int, tmp_path: Path
) -> None:
    kind = KINDS[name]
    path = kind.write(tmp_path)
    content = path.read_bytes()
    whole = kind.read(path)
    refused = 0
    for what, broken in damaged(content, 200 if seed else FEW, seed):
        path.write_bytes(broken)
        result, found = outcome(kind.read, path)
        assert result != "unforeseen", f"{what}: {found}"
        if result == "refused":
            refused += 1
            assert (kind.name or path.name) in found, f"{what}: {found}"
        else:
            kind.check(found, whole)
    assert refused
