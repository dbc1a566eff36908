"""The checklist says what is known and, plainly, what nobody said."""

from __future__ import annotations

import pytest

from prognos.visualize import require_items
from prognos.visualize.report.checklist import ITEMS, NOT_REPORTED, checklist_table


def test_every_item_of_the_statement_has_one_row_and_what_is_unknown_is_called_so() -> None:
    table = checklist_table({"8a": "Death from any cause.", "10": ""})
    answers = {row[0]: row[2] for row in table.rows}
    assert set(answers) == set(ITEMS)
    assert answers["8a"] == "Death from any cause."
    assert answers["10"] == answers["17"] == NOT_REPORTED
    assert table.caption.startswith("1 of 52 items")


def test_the_statement_has_27_items() -> None:
    assert {int(item.rstrip("abcdefg")) for item in ITEMS} == set(range(1, 28))


def test_an_item_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no item '28z' in TRIPOD"):
        require_items({"28z": "?"})
