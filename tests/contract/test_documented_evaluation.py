"""The program in docs/explanation/evaluation.md runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "evaluation.md"


def test_the_program_of_the_page_gives_every_table() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(program, str(PAGE), "exec"), names)
    result = names["result"]
    assert not result.notes
    assert {"calibration", "decision_curve", "risk_groups", "accuracy"} <= set(result.tables())
    assert result.coverage[0].passed
