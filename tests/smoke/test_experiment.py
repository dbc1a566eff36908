"""An experiment is killed in the middle of a training, called again, and ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from prognos.__main__ import main

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
ROWS = "proposed,no_fc_network"


def words(lesion_cohort: Path, lesion_cache: Path, folder: Path, *options: str) -> list[str]:
    """The command a user types, at a size for tests."""
    given = {"dataset_dir": lesion_cohort, "cache_dir": lesion_cache, "output_dir": folder, "epochs": 2}
    given |= {"max_lesions": 3, "folds": "0,1", "device": "cpu"}
    return [
        "experiment",
        "lesion_table",
        "--reduced",
        *(f"--{name}={value}" for name, value in given.items()),
        *options,
    ]


@pytest.fixture(scope="module")
def resumed(lesion_cohort: Path, lesion_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an experiment of two rows and two folds that was killed once."""
    folder = tmp_path_factory.mktemp("experiment")
    arguments = words(lesion_cohort, lesion_cache, folder, f"--rows={ROWS}")
    child = subprocess.Popen(
        [sys.executable, "-m", "prognos", *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    killed = folder / "cells/proposed/cohort/seed_0/fold_1"
    deadline = time.monotonic() + 280
    while not list(killed.glob("checkpoints/checkpoint_00001.pt")):
        assert child.poll() is None, "the experiment ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (killed / "model.pt").exists()
    assert not (folder / "results.md").exists()
    first = folder / "cells/proposed/cohort/seed_0/fold_0/model.pt"
    made = first.stat().st_mtime_ns
    assert main(arguments) == 0
    assert first.stat().st_mtime_ns == made, "a finished cell was made again"
    return folder


def test_the_table_has_every_row_its_references_and_the_truth(resumed: Path) -> None:
    results = pd.read_csv(resumed / "results.csv", comment="#")
    rows = ["proposed", "no_fc_network", "lesion_count", "total_volume", "clinical", "oracle"]
    assert results["row"].tolist() == rows
    assert results[["train_mean", "validation_mean", "test_mean", "c_index", "low", "high"]].notna().all(axis=None)
    assert results["patients"].tolist() == [8] * 6
    text = (resumed / "results.md").read_text(encoding="utf-8")
    assert "SYNTHETIC COHORT" in text
    assert "Reduced protocol" in text


def test_calling_it_again_changes_no_byte(resumed: Path, lesion_cohort: Path, lesion_cache: Path) -> None:
    before = {path.name: path.read_bytes() for path in resumed.glob("*.*")}
    assert main(words(lesion_cohort, lesion_cache, resumed, f"--rows={ROWS}")) == 0
    assert {path.name: path.read_bytes() for path in resumed.glob("*.*")} == before


def test_the_killed_training_ended_with_the_weights_that_the_listed_stock_command_makes(
    resumed: Path, lesion_cohort: Path, lesion_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = words(lesion_cohort, lesion_cache, tmp_path, "--rows=proposed")
    assert main([*options, "--list"]) == 0
    training = capsys.readouterr().out.splitlines()[1].split(" && ")[0]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", training],
        env=ENVIRONMENT | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    weights = "cells/proposed/cohort/seed_0/fold_1/model.pt"
    assert (tmp_path / weights).read_bytes() == (resumed / weights).read_bytes()
