"""The portrait half of the demo with the shipped weights, on as few patients and as short as it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prognos.apps.demo import demo, faces

SHORT = {"compare": {"inner_folds": 2, "deepsurv_epochs": 5}}
"""Overrides of the stages that nothing of the demo depends on."""


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    run = faces._run

    def run_short(stage: str, **overrides: Any) -> Any:
        return run(stage, **overrides, **SHORT.get(stage, {}))

    monkeypatch.setattr(faces, "_run", run_short)
    monkeypatch.setattr(faces, "EVALUATIONS", 4)
    monkeypatch.setattr(faces, "HELD", {"held_portraits": 4, "held_iterations": 5})


@pytest.mark.usefixtures("_short")
def test_the_demo_ends_with_numbers_and_a_report_to_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo(str(tmp_path), only="faces", faces=20)
    said = capsys.readouterr().out
    assert "faces: C-index from the photo 0." in said
    assert "SYNTHETIC WEIGHTS" in said
    report = tmp_path / "faces/report.html"
    assert str(report.resolve()) in said
    page = report.read_text(encoding="utf-8")
    assert page.count("data:image/") >= 5
    assert "SYNTHETIC WEIGHTS" in page
    assert (tmp_path / "faces/edits/grid_health.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "message"), [({"only": "hands"}, "expected 'lesions' or 'faces'"), ({"faces": 3}, "at least 20")]
)
def test_a_demo_that_cannot_be_shown_is_refused_at_once(
    arguments: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        demo(str(tmp_path / "demo"), **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "demo").exists()
