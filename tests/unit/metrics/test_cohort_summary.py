"""Table one and missing values."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import arrange_table_one, missingness, table_one

COLUMNS = {"age": [50.0, 60.0, 70.0, np.nan], "sex": ["f", "m", "NA", "f"], "smoker": [0, 1, 1, None]}


def test_numbers_have_quartiles_and_names_have_counts() -> None:
    rows = {(row.variable, row.level): row for row in table_one(COLUMNS)}
    age = rows["age", "median [quartiles]"]
    assert (age.median, age.lower_quartile, age.upper_quartile, age.patients, age.missing) == (60, 55, 65, 3, 1)
    assert rows["sex", "f"].text == "2 (67 %)"
    assert rows["smoker", "1"].text == "2 (67 %)", "numbers of two values are counted"


def test_groups_stand_beside_everyone() -> None:
    head, lines = arrange_table_one(table_one(COLUMNS, ["b", "b", "a", "a"]))
    assert head == ["variable", "level", "all", "a", "b", "missing"]
    assert lines[0] == ["age", "median [quartiles]", "60 [55, 65]", "70 [70, 70]", "55 [52.5, 57.5]", "1"]
    assert lines[1] == ["sex", "f", "2 (67 %)", "1 (100 %)", "1 (50 %)", "1"]


def test_a_group_where_nothing_is_known_says_so() -> None:
    _, lines = arrange_table_one(table_one({"age": [1.0, 2.0, 3.0, None]}, ["a", "a", "a", "b"]))
    assert lines[0][4] == "\N{EN DASH}"


def test_identifiers_are_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="'id' has 21 different names") as caught:
        table_one({"id": [f"patient{number}" for number in range(21)]})
    assert "patient1" not in str(caught.value)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[3, 4\] values"):
        table_one({"age": [1, 2, 3], "sex": list("abab")})


def test_missing_values_are_counted_by_outcome() -> None:
    age, sex, _ = missingness(COLUMNS, [1, 1, 0, 0])
    assert (age.missing, age.share, age.share_with_event, age.share_without_event) == (1, 0.25, 0.0, 0.5)
    assert (sex.missing, sex.share_without_event) == (1, 0.5)
