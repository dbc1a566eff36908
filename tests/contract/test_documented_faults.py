"""The matrix of docs/reference/faults.md names tests that exist, and its table has a remark for every number."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/reference/faults.md").read_text(encoding="utf-8")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    known = {
        name for file in TESTS.rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }
    assert len(named) > 20
    assert sorted(named - known) == []


def test_every_cell_of_the_matrix_that_makes_a_claim_has_its_remark() -> None:
    remarks = {int(number) for number in re.findall(r"^(\d+)\. ", PAGE, re.MULTILINE)}
    cells = [int(marks.translate(DIGITS)) for marks in re.findall(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", PAGE)]
    assert set(cells) == remarks
    assert remarks == set(range(1, len(remarks) + 1))
