"""The programs of docs/explanation run, and say what the pages say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from documents import ROOT, blocks

EXPLANATION = ROOT / "docs" / "explanation"


def test_the_program_of_the_page_gives_every_table() -> None:
    page = EXPLANATION / "evaluation.md"
    (program,) = blocks(page, "python")
    names: dict[str, Any] = {}
    exec(compile(program, str(page), "exec"), names)
    result = names["result"]
    assert not result.notes
    assert {"calibration", "decision_curve", "risk_groups", "accuracy"} <= set(result.tables())
    assert result.coverage[0].passed


def test_small_batches_point_elsewhere_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = EXPLANATION / "loss-and-score.md"
    (program,), (shown,) = blocks(page, "python"), blocks(page, "text")
    exec(compile(program, str(page), "exec"), {})
    found, said = ([float(word) for word in re.findall(r"[\d.]+", text)] for text in (capsys.readouterr().out, shown))
    np.testing.assert_allclose(found, said, atol=0.011)  # two decimals
