"""What ``pip install prognos`` brings, and what the constraints promise; nothing is downloaded."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the backend in this environment."""
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling, which the extra 'test' brings")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_carries_every_bundle_and_overlay(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    files = subprocess.run(
        ["git", "ls-files", "bundles", "configs"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    files += [path.relative_to(ROOT).as_posix() for path in ROOT.glob("bundles/*/configs/*.json")]
    assert {f"prognos/share/{file}" for file in files if (ROOT / file).is_file()} <= inside
    assert {"prognos/py.typed", "prognos/config/keys.py"} <= inside


def test_the_wheel_carries_no_leftovers(wheel: Path) -> None:
    inside = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in inside if re.search(r"__pycache__|\.pyc$|/runs/|/eval/", name)]


def test_an_installed_wheel_finds_its_own_bundles(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "prognos", "bundles", "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(tmp_path / "prognos" / "share" / "bundles" / "lesion_prioritization") in done.stdout


def test_every_requirement_has_a_tested_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {plain(line.split("==")[0]) for line in lines if "==" in line}
    wanted = {plain(re.split(r"[^\w.-]", line)[0]) for line in requires("prognos") or []}
    assert wanted - {"prognos"} <= pinned


def test_the_constraints_name_no_build_of_one_machine() -> None:
    text = (ROOT / "constraints.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pins)
    assert not re.search(r"nvidia|cuda|triton|torchvision|file:|prognos==", "\n".join(pins), re.IGNORECASE)


def test_the_version_is_written_alike_in_code_and_metadata() -> None:
    import prognos

    assert prognos.__version__ == version("prognos")


@pytest.mark.parametrize("shell", ["run", ".ci/run"])
def test_the_scripts_are_executable_and_parse(shell: str) -> None:
    path = ROOT / shell
    assert path.stat().st_mode & 0o111
    subprocess.run(["sh" if shell == "run" else "bash", "-n", str(path)], check=True)


def test_the_help_of_run_names_what_it_does() -> None:
    done = subprocess.run([str(ROOT / "run"), "--help"], capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in ("./run demo", "./run test", "PYTHON=", "constraints.txt"))


def plain(name: str) -> str:
    """Name of a distribution as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
