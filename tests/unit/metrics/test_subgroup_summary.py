"""The subgroup table repeats the index of each group, in an order a reader expects."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import age_bands, concordance_index, subgroup_table

RANDOM = np.random.default_rng(5)
SCORE = RANDOM.standard_normal(200)
TIME, EVENT = RANDOM.exponential(np.exp(-SCORE)), RANDOM.random(200) < 0.8
AGE = np.where(np.arange(200) % 10 == 0, np.nan, RANDOM.uniform(30, 90, 200))


def test_bands_come_in_order_and_unknown_ages_last() -> None:
    rows = subgroup_table(SCORE, TIME, EVENT, {"age": age_bands(AGE), "sex": ["f", "m"] * 100})
    assert [row.level for row in rows] == ["< 50", "50 to < 60", "60 to < 70", ">= 70", "not recorded", "f", "m"]
    assert sum(row.patients for row in rows if row.variable == "age") == 200


def test_each_row_is_the_index_of_its_patients_within_folds() -> None:
    fold = np.arange(200) % 4
    (women, _) = subgroup_table(SCORE, TIME, EVENT, {"sex": ["f", "m"] * 100}, strata=fold)
    chosen = np.arange(200) % 2 == 0
    index, error = concordance_index(SCORE[chosen], TIME[chosen], EVENT[chosen], strata=fold[chosen])
    assert women.concordance == index
    assert women.high - women.low == pytest.approx(2 * 1.959964 * error)
    assert (women.patients, women.events) == (100, EVENT[chosen].sum())


def test_missing_levels_are_a_group_of_their_own() -> None:
    rows = subgroup_table(SCORE, TIME, EVENT, {"centre": ["A"] * 150 + [None] * 25 + [""] * 25})
    assert [(row.level, row.patients) for row in rows] == [("A", 150), ("not recorded", 50)]


def test_edges_must_ascend() -> None:
    with pytest.raises(ValueError, match=r"edges are \[60, 50\]"):
        age_bands(AGE, [60, 50])
