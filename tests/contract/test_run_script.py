"""The script ``./run`` with stand-ins for Python, pip and uv that write down how they were called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = """#!/bin/sh
# Stands in for python: writes down calls of pip and venv, leaves everything else to the real one.
case "$*" in
*ensurepip,*) exit {ensurepip} ;;
*"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp {folder}/prognos .venv/bin/prognos ;;
*"-m pip --version"*) ;;
*"-m pip"*) echo "pip $*" >>{folder}/calls ;;
*) exec {real} "$@" ;;
esac
"""

UV = """#!/bin/sh
echo "uv $*" >>{folder}/calls
case "$1" in
venv) mkdir -p .venv/bin && cp {folder}/bin/python3.11 .venv/bin/python && cp {folder}/prognos .venv/bin/prognos ;;
esac
"""


class Clone:
    """A copy of the script in an empty folder, with a path of stand-ins.

    Args:
        folder: where to make it.
        ensurepip: exit status of ``import ensurepip`` in the Python that is found.
    """

    def __init__(self, folder: Path, ensurepip: int = 0) -> None:
        self.folder = folder
        self.clone = folder / "a clone"
        (folder / "bin").mkdir()
        self.clone.mkdir()
        for name in ("run", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.clone / name)
        self.stand_in("prognos", f"#!/bin/sh\necho \"prognos $*\" >>'{folder}/calls'\n", folder)
        self.stand_in("python3.11", PYTHON.format(ensurepip=ensurepip, folder=f"'{folder}'", real=sys.executable))
        for tool in ("sh", "dirname", "cat", "cksum", "uname", "mkdir", "cp"):
            (folder / "bin" / tool).symlink_to(str(shutil.which(tool)))

    def stand_in(self, name: str, text: str, folder: Path | None = None) -> None:
        """Write an executable script."""
        path = (folder or self.folder / "bin") / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Call the script with nothing but the stand-ins on the path."""
        environment = {"PATH": str(self.folder / "bin"), "HOME": str(self.folder), **variables}
        command = [str(self.clone / "run"), *words]
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

    @property
    def calls(self) -> list[str]:
        """What the stand-ins wrote down."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


def test_the_environment_is_made_with_constraints_and_the_demo_started(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    done = clone.run("demo", "--fast", PIP_FIND_LINKS="somewhere")
    assert done.returncode == 0, done.stderr
    assert clone.calls[0].endswith("--constraint constraints.txt --editable .")
    assert clone.calls[1] == "prognos demo --fast"


def test_a_second_call_installs_again_only_when_the_versions_changed(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    for _ in range(2):
        clone.run("demo", PIP_FIND_LINKS="somewhere")
    assert [call.split()[0] for call in clone.calls] == ["pip", "prognos", "prognos"]
    with (clone.clone / "constraints.txt").open("a") as file:
        file.write("another==1\n")
    clone.run("demo", PIP_FIND_LINKS="somewhere")
    assert [call.split()[0] for call in clone.calls[3:]] == ["pip", "prognos"]


def test_uv_is_used_where_it_is_found(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.stand_in("uv", UV.format(folder=f"'{tmp_path}'"))
    script = clone.clone / "run"
    script.write_text(script.read_text().replace("/etc/pip.conf", "/etc/no-pip.conf"))
    done = clone.run("demo")
    assert [call.split()[0] for call in clone.calls] == ["uv", "uv", "prognos"], done.stderr
    assert "--constraint constraints.txt --editable ." in clone.calls[1]


def test_pip_is_used_in_spite_of_uv_where_a_person_has_configured_it(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.stand_in("uv", UV.format(folder=f"'{tmp_path}'"))
    clone.run("demo", PIP_INDEX_URL="https://mirror.example/simple")
    assert [call.split()[0] for call in clone.calls] == ["pip", "prognos"]


def test_the_exact_apt_line_is_printed_when_venv_is_missing(tmp_path: Path) -> None:
    done = Clone(tmp_path, ensurepip=1).run("demo", PIP_FIND_LINKS="somewhere")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 1
    assert f"sudo apt install python{version}-venv" in done.stderr


def test_without_a_recent_python_it_says_so_and_makes_nothing(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.stand_in("python3.11", "#!/bin/sh\nexit 1\n")
    done = clone.run("test")
    assert done.returncode == 1
    assert "no Python 3.11 or newer was found" in done.stderr
    assert not (clone.clone / ".venv").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only torch for Linux comes with CUDA by default")
def test_the_size_of_torch_and_the_way_to_the_smaller_one_are_said_beforehand(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.stand_in(
        "python3.11",
        (tmp_path / "bin" / "python3.11").read_text().replace("*ensurepip,*", "*find_spec*) exit 1 ;;\n*ensurepip,*"),
    )
    assert "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu ./run demo" in clone.run("demo").stdout
    (clone.clone / ".venv" / "installed-demo").unlink()
    assert "PIP_EXTRA_INDEX_URL" not in clone.run("demo", PIP_FIND_LINKS="somewhere").stdout


def test_the_first_line_appears_within_a_second(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    environment = {**os.environ, "PATH": str(tmp_path / "bin"), "PIP_FIND_LINKS": "somewhere"}
    start = time.perf_counter()
    with subprocess.Popen([str(clone.clone / "run"), "demo"], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"prognos: demo")
        assert time.perf_counter() - start < 1.0
        process.communicate()


@pytest.mark.parametrize(("words", "status"), [(["--help"], 0), ([], 2), (["tset"], 2)])
def test_a_wrong_call_is_answered_and_does_nothing(tmp_path: Path, words: list[str], status: int) -> None:
    clone = Clone(tmp_path)
    done = clone.run(*words)
    assert done.returncode == status
    assert "./run" in done.stdout + done.stderr
    assert not clone.calls
