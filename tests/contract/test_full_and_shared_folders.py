"""A full disk, a folder that cannot be written, and one that another run uses: one clear error, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from killing import hashes
from prognos.__main__ import main

pytest.importorskip(
    "monai", reason="imported here, because its log keeps the output stream it finds at its first import"
)

BUNDLE = "lesion_prioritization"
HOLD = """
import sys, time
from prognos.locks import FolderLock
lock = FolderLock(sys.argv[1])
print(int(lock.acquire()), flush=True)
time.sleep(60)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 60 MB: the first checkpoint fits, the second does not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs more rights than this account has")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def train(lesion_cohort: Path, lesion_cache: Path) -> list[str]:
    """Command of a training of two tiny epochs, without its folder."""
    options = {"dataset_dir": lesion_cohort, "cache_dir": lesion_cache, "device": "cpu", "epochs": 2}
    options |= {"max_lesions": 2, "readers_per_epoch": 1}
    return ["run", BUNDLE, "train", *(f"--{name}={value}" for name, value in options.items())]


def refuse(words: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail in one line; gives what it showed."""
    capfd.readouterr()
    assert main(words) == 1
    shown = "".join(capfd.readouterr())
    assert "Traceback" not in shown
    assert shown.count("error: ") == 1
    return shown


def test_a_disk_that_fills_up_is_one_error_and_the_run_goes_on_when_there_is_space(
    small_disk: Path, train: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (small_disk / "rest").write_bytes(bytes(60 << 20 >> 2))
    shown = refuse([*train, f"--output_dir={small_disk / 'run'}"], capfd)
    assert (
        "there is no space left for it. Free some, or choose another folder, and call the same command again" in shown
    )
    for file in (small_disk / "run/checkpoints").glob("*"):
        assert file.name.startswith("checkpoint_"), "half a file was left"
        torch.load(file, weights_only=True)
    subprocess.run(["mount", "-o", "remount,size=900m", str(small_disk)], check=True)
    assert main([*train, f"--output_dir={small_disk / 'run'}"]) == 0
    assert main([*train, f"--output_dir={tmp_path / 'whole'}"]) == 0
    assert hashes(small_disk / "run", ["model.*"]) == hashes(tmp_path / "whole", ["model.*"])


def test_a_folder_that_cannot_be_written_is_one_error_before_anything_is_computed(
    train: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("needs a folder into which nobody can write, such as /proc")
    shown = refuse([*train, "--output_dir=/proc/run"], capfd)
    assert "/proc/run: No such file or directory." in shown
    assert "Epoch[1]" not in shown


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A folder that another process has claimed."""
    folder = tmp_path / "held"
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "1\n"
        yield folder
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_a_second_run_in_the_same_folder_is_one_error_and_changes_nothing(
    stage: str, train: list[str], held: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [word.replace("train", stage) if word == "train" else word for word in train]
    shown = refuse([*words, f"--output_dir={held}"], capfd)
    assert "another run is writing into this folder. Wait until it has ended, or choose another output_dir." in shown
    assert not list(held.glob("*.*t")), "a table, a page or weights were written"


def test_a_second_import_into_the_same_folder_is_one_error_and_changes_nothing(
    lesion_cohort: Path, held: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["import", str(lesion_cohort), "--layout=nifti", "--keep_ids", f"--output_dir={held}"]
    patterns = ["--image_pattern=images/{patient}.nii.gz", "--mask_pattern=masks/{patient}_{reader}.nii.gz"]
    assert "another run is writing into this folder" in refuse([*words, *patterns], capfd)
    assert [file.name for file in held.iterdir()] == [".lock"]
