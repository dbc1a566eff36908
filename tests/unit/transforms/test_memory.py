"""A header that promises more than the memory holds is refused before anything is read."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dicoms import write_series
from prognos.transforms import ExtractLesionsd, ImageError, memory, read_volume
from scans import SHAPE, make_image, make_labels, write_volume


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "nrrd", "mha"])
def test_the_header_alone_tells_shape_and_size(suffix: str, tmp_path: Path) -> None:
    assert memory.promised_bytes(Path(write_volume(tmp_path / f"ct.{suffix}", make_image()))) == (SHAPE, 2)


def test_the_memory_of_this_machine_is_known_and_sensible() -> None:
    available = memory.available_memory()
    assert available is None or 1e7 < available < 1e14


@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
def test_a_small_file_that_promises_terabytes_is_refused_at_once(suffix: str, tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((30000, 30000, 30000))
    header["vox_offset"] = 352
    content = header.binaryblock + bytes(4) + bytes(1000)
    path = tmp_path / f"ct.{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == "nii.gz" else content)
    with pytest.raises(ImageError, match=r"30000 x 30000 x 30000 voxels, which need 162000.0 GB of memory"):
        read_volume(path)


def test_an_nrrd_and_a_series_are_held_to_the_free_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_volume(tmp_path / "ct.nrrd", make_image())
    write_series(tmp_path / "series")
    read_volume(path)
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * 2 * make_image().size - 1)
    for scan in (path, tmp_path / "series"):
        with pytest.raises(ImageError, match="GB are free"):
            read_volume(scan)


def test_a_container_with_less_memory_than_its_machine_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("4900\n")
    (tmp_path / "memory.stat").write_text("anon 1500\nactive_file 1000\ninactive_file 1900\n")
    assert memory.available_memory() == 3000  # files that were read are forgotten as soon as memory is wanted
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_memory() != 3000


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "kind"), [("nii.gz", "int16"), ("nii", "float32"), ("nrrd", "int16")])
def test_a_scan_of_1500_slices_is_extracted_in_three_times_its_size(suffix: str, kind: str, tmp_path: Path) -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the peak of a process's memory is read from Linux's /proc")
    shape = (192, 192, 1500)
    array = np.broadcast_to(np.arange(1500) % 900 - 400, shape).astype(kind)
    labels = np.zeros(shape, np.uint8)
    labels[80:90, 60:75, 700:704] = 1
    labels[20:40, 30:45, 1200:1203] = 2
    annotation = {"mask": [write_volume(tmp_path / f"mask.{suffix}", labels)]}
    scan = {"image": write_volume(tmp_path / f"ct.{suffix}", array), "annotations": [annotation]}
    volume = array.nbytes
    del array, labels
    small = {"image": write_volume(tmp_path / "small.nii", make_image())}
    small["annotations"] = [{"mask": [write_volume(tmp_path / "small_mask.nii", make_labels())]}]
    ExtractLesionsd()(small)  # what is imported at the first use is not counted
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    (lesions,) = ExtractLesionsd()(scan)
    assert len(lesions["volume"]) == 2
    used = (status("VmHWM") - before) / volume
    print(f"{suffix} {kind}: {used:.2f} volumes")
    assert used < 3


def status(name: str) -> int:
    """A number of this process, bytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


def test_where_nobody_knows_everything_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    assert memory.memory_fault((10**6,) * 3, 2) == ""
