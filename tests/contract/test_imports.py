"""Importing a room loads no heavy package that it does not need; each import is tried in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("itk", "torchsurv", "tensorboard", "torch.utils.tensorboard", "torchvision", "lifelines", "sksurv")


def loaded_by(statement: str, names: tuple[str, ...]) -> str:
    """Names of the modules that a fresh process has loaded after a statement."""
    code = f"import sys; {statement}; print(*(name for name in {names!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("room", ["losses", "metrics", "handlers"])
def test_a_room_loads_neither_itk_nor_torchsurv_nor_tensorboard(room: str) -> None:
    assert loaded_by(f"import prognos.{room}", HEAVY) == ""


@pytest.mark.parametrize("words", [[], ["plugins"], ["bundles", "list"], ["run", "lesion_prio", "train"]])
def test_what_needs_no_network_loads_no_torch(words: list[str]) -> None:
    shown = loaded_by(f"from prognos.__main__ import main; main({words!r}); print('loaded:')", ("torch", "pandas"))
    assert shown.endswith("loaded:")


def test_the_check_of_a_table_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text("patient_id,time,event\na,1,1\n")
    words = ["check", str(tmp_path / "cohort.csv")]
    shown = loaded_by(f"from prognos.__main__ import main; main({words!r}); print('loaded:')", ("torch", "pandas"))
    assert shown.endswith("loaded:")
