"""Numbers of an experiment, by hand on a few patients."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from prognos.apps.experiment.statistics import (
    compare_rows,
    fold_indices,
    null_test,
    summarise_cohorts,
    summarise_rows,
)

TIMES = [10.0, 20.0, 30.0]
EVENTS = [1, 1, 0]


def make(row: str, log_hazard: list[float], *, shift: float = 0.0, **labels: object) -> pd.DataFrame:
    """Three patients of one training, on the test part unless told."""
    given = {"subset": "test", "cohort": "cohort", "permutation": 0, "seed": 0, "fold": 0} | labels
    patients = [f"{given['fold']}{letter}" for letter in "abc"]
    hazards = [value + shift for value in log_hazard]
    outcomes = {"patient_id": patients, "time_days": TIMES, "event": EVENTS}
    return pd.DataFrame({**outcomes, "log_hazard": hazards}).assign(row=row, **given)


def table(*parts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)


def test_mean_and_standard_deviation_are_over_the_folds() -> None:
    predictions = table(make("proposed", [3, 2, 1], fold=0), make("proposed", [1, 2, 3], fold=1))
    line = summarise_rows(predictions, "proposed").iloc[0]
    assert (line["test_mean"], line["test_sd"]) == (0.5, pytest.approx(0.5**0.5))
    assert math.isnan(line["train_mean"])
    assert (line["cells"], line["patients"], line["events"]) == (2, 6, 4)


def test_pairs_of_different_trainings_are_not_compared() -> None:
    for label in ({"fold": 1}, {"seed": 1}, {"cohort": "other"}):
        predictions = table(make("proposed", [3, 2, 1]), make("proposed", [3, 2, 1], shift=100.0, **label))
        assert summarise_rows(predictions, "proposed")["c_index"].item() == 1.0


def test_the_pooled_index_weighs_pairs_and_the_mean_weighs_folds() -> None:
    censored = make("proposed", [1, 2, 3], fold=1).assign(event=[0, 1, 0])  # one comparable pair, discordant
    line = summarise_rows(table(make("proposed", [3, 2, 1]), censored), "proposed").iloc[0]
    assert line["test_mean"] == 0.5
    assert line["c_index"] == 0.75


def test_a_patient_of_two_seeds_counts_once_in_the_interval() -> None:
    folds = [make("proposed", hazards, fold=fold) for fold, hazards in enumerate(([3, 1, 2], [1, 2, 3], [3, 2, 1]))]
    once = summarise_rows(table(*folds), "proposed").iloc[0]
    twice = summarise_rows(table(*folds, *(part.assign(seed=1) for part in folds)), "proposed").iloc[0]
    assert twice["standard_error"] == pytest.approx(once["standard_error"])
    assert (twice["low"], twice["high"]) == (pytest.approx(once["low"]), pytest.approx(once["high"]))
    assert twice["patients"] == once["patients"] == 9


def test_the_difference_is_paired_and_leaves_out_what_one_row_lacks() -> None:
    predictions = table(make("proposed", [1, 2, 3]), make("other", [3, 2, 1]), make("other", [1, 2, 3], fold=1))
    found = compare_rows(predictions, "other", "proposed")
    assert found["difference"] == 1.0
    assert compare_rows(predictions, "proposed", "other")["difference"] == -1.0
    assert math.isnan(compare_rows(predictions, "proposed", "proposed")["difference"])
    assert math.isnan(compare_rows(predictions, "proposed", "absent")["difference"])


def test_two_rows_that_order_alike_do_not_differ() -> None:
    predictions = table(make("proposed", [3, 1, 2]), make("other", [30, 10, 20]))
    found = compare_rows(predictions, "other", "proposed")
    assert (found["difference"], found["difference_low"], found["difference_high"]) == (0.0, 0.0, 0.0)
    assert found["p_value"] == 1.0


def test_each_cohort_table_stands_beside_its_oracle() -> None:
    predictions = table(
        make("proposed", [1, 2, 3]),
        make("proposed", [3, 2, 1], cohort="second"),
        make("oracle", [3, 2, 1]),
        make("oracle", [3, 2, 1], cohort="second"),
    )
    found = summarise_cohorts(predictions, "oracle").set_index("row")
    assert found.loc["proposed", ["cohort", "second", "mean"]].tolist() == [0.0, 1.0, 0.5]
    assert found.loc["proposed", "sd"] == pytest.approx(0.5**0.5)
    assert found.loc["proposed", "below_oracle"] == 0.5
    assert found.loc["oracle", "below_oracle"] == 0.0


def test_the_null_is_judged_over_permutations() -> None:
    hazards = {1: [3, 2, 1], 2: [1, 2, 3], 3: [3, 2, 1]}
    predictions = table(*(make("proposed", values, permutation=number) for number, values in hazards.items()))
    line = null_test(predictions).iloc[0]
    assert line["permutations"] == 3
    assert line["mean"] == pytest.approx(2 / 3)
    assert line["standard_error"] == pytest.approx(1 / 3)
    assert line["distance"] == pytest.approx(0.5)


def test_a_fold_without_comparable_pair_is_undefined_and_not_a_half() -> None:
    nobody = make("proposed", [1, 2, 3]).assign(event=0)
    assert math.isnan(fold_indices(nobody)["c_index"].item())
