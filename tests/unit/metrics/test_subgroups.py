"""Concordance by group: each group alone, and the pooled index as their mean."""

from __future__ import annotations

import numpy as np
import pytest

from prognos.metrics import concordance_by_group, concordance_index


def cohort(size: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Three groups whose baseline hazards differ strongly."""
    random = np.random.default_rng(seed)
    group = np.array(["lung", "breast", "skin"])[random.integers(0, 3, size)]
    risk = random.standard_normal(size)
    baseline = np.select([group == "lung", group == "breast"], [2.0, 0.0], -2.0)
    time = random.exponential(np.exp(-risk - baseline))
    return risk, time, (random.random(size) < 0.7).astype(float), group


def test_each_group_has_its_own_index_and_counts() -> None:
    risk, time, event, group = cohort()
    rows, _ = concordance_by_group(risk, time, event, group)
    assert [row.name for row in rows] == ["breast", "lung", "skin"]
    for row in rows:
        chosen = group == row.name
        index, error = concordance_index(risk[chosen], time[chosen], event[chosen])
        assert (row.concordance, row.standard_error) == (index, error)
        assert (row.patients, row.events) == (chosen.sum(), event[chosen].sum())
        assert row.low < row.concordance < row.high


def test_the_pooled_index_is_the_mean_of_the_groups_weighted_by_their_pairs() -> None:
    risk, time, event, group = cohort()
    rows, pooled = concordance_by_group(risk, time, event, group)
    pairs = np.array([row.pairs for row in rows])
    assert pooled.concordance == pytest.approx(pairs @ [row.concordance for row in rows] / pairs.sum())
    assert pooled.pairs == pairs.sum()
    assert (pooled.concordance, pooled.standard_error) == concordance_index(risk, time, event, strata=group)


def test_a_score_that_only_tells_the_groups_apart_gets_one_half() -> None:
    _, time, event, group = cohort()
    score = np.select([group == "lung", group == "breast"], [2.0, 0.0], -2.0)
    assert concordance_index(score, time, event)[0] > 0.7
    assert concordance_by_group(score, time, event, group)[1].concordance == 0.5


def test_pairs_across_folds_do_not_count() -> None:
    risk, time, event, group = cohort()
    fold = np.arange(len(risk)) % 4
    shifted, _ = concordance_by_group(risk + 100 * fold, time, event, group, strata=fold)
    plain, _ = concordance_by_group(risk, time, event, group, strata=fold)
    assert shifted == plain


def test_a_group_with_few_pairs_is_not_assessed_but_pooled() -> None:
    risk, time, event = np.arange(12.0), np.arange(12.0)[::-1] + 1, np.ones(12)
    group = ["rare"] * 3 + ["common"] * 9
    rows, pooled = concordance_by_group(risk, time, event, group, fewest_pairs=20)
    common, rare = rows
    assert not rare.is_assessed
    assert (rare.pairs, rare.patients, rare.events) == (3, 3, 3)
    assert common.concordance == 1.0
    assert np.isnan(common.low), "all pairs agree, so the data give no interval"
    assert pooled.pairs == 3 + 36


@pytest.mark.parametrize("missing", ["", "  ", "nan", None])
def test_a_sample_without_a_group_is_refused(missing: str | None) -> None:
    with pytest.raises(ValueError, match="1 of 3 samples have no group"):
        concordance_by_group([1, 2, 3], [1, 2, 3], [1, 1, 1], ["a", "a", missing])
