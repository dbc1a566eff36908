"""``prognos doctor``: a clash is found from metadata alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from prognos.apps import doctor as module
from prognos.apps.doctor import InstallationError, doctor


@pytest.fixture(autouse=True)
def _large_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test not depend on how busy this machine is."""
    monkeypatch.setattr(module, "MEMORY_NEEDED", 0)
    monkeypatch.setattr(module, "DISK_NEEDED", 0)


def install_torchvision(folder: Path, torch: str) -> None:
    """Write the metadata of a torchvision that was made for a version of torch; its code cannot be imported."""
    info = folder / "torchvision-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: torchvision\nVersion: 0.1\nRequires-Dist: numpy\nRequires-Dist: torch=={torch}\n"
    )
    (folder / "torchvision.py").write_text("raise RuntimeError('torchvision was imported')\n")


def test_it_shows_versions_device_memory_and_disk(capsys: pytest.CaptureFixture[str]) -> None:
    doctor()
    shown = capsys.readouterr().out
    for word in ("Python 3.", "monai ", "torch ", "device ", "processors ", "free memory ", "free disk", "No problem"):
        assert word in shown


def test_a_torchvision_made_for_another_torch_is_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_torchvision(tmp_path, "1.0.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InstallationError, match="pip uninstall torchvision"):
        doctor()


def test_a_torchvision_made_for_this_torch_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import version

    install_torchvision(tmp_path, version("torch").split("+")[0])
    monkeypatch.syspath_prepend(str(tmp_path))
    doctor()


def test_too_little_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DISK_NEEDED", 10**9)
    with pytest.raises(InstallationError, match="Work on another disk"):
        doctor()
