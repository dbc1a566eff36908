"""What the metrics take, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from prognos.metrics import brier_score, concordance_index, integrated_brier_score, time_dependent_auc

SCORE, TIME, EVENT = [3.0, 1.0, 2.0], [10.0, 20.0, 30.0], [1, 1, 0]


@pytest.mark.parametrize(
    "score",
    [
        SCORE,
        np.array(SCORE, dtype=np.float32),
        torch.tensor(SCORE)[:, None].requires_grad_(),
        torch.tensor(SCORE).half(),
    ],
    ids=["list", "numpy", "graph", "half"],
)
def test_lists_arrays_and_tensors_give_the_same(score: object) -> None:
    index, error = concordance_index(score, torch.tensor(TIME), np.array(EVENT))
    # Pairs: (10, 20) and (10, 30) are concordant, (20, 30) is not. Influences: 2/9, -1/9, -1/9.
    assert index == pytest.approx(2 / 3, rel=1e-14)
    assert error == pytest.approx(math.sqrt(6) / 9, rel=1e-14)


def test_strata_and_clusters_may_be_text() -> None:
    named = concordance_index(SCORE * 2, TIME * 2, EVENT * 2, strata=list("aaabbb"), cluster=list("xyzxyz"))
    numbered = concordance_index(SCORE * 2, TIME * 2, EVENT * 2, strata=[0, 0, 0, 1, 1, 1], cluster=[0, 1, 2] * 2)
    assert named == numbered


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"log_hazard": [1.0, 2.0]}, r"log_hazard has shape \[2\]"),
        ({"log_hazard": [1.0, math.nan, 2.0]}, "1 of 3 values of log_hazard are NaN"),
        ({"time": [[1.0, 2.0], [3.0, 4.0]]}, "time has shape"),
        ({"event": [1, 2, 0]}, "event has values other than 0 and 1"),
        ({"weight": [1.0, -1.0, 1.0]}, "weight has negative values"),
        ({"strata": [1, 2]}, "strata has 2 values, expected 3"),
    ],
)
def test_wrong_columns_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        concordance_index(**{"log_hazard": SCORE, "time": TIME, "event": EVENT, **arguments})


def test_log_hazards_are_no_survival_probabilities() -> None:
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        brier_score([[2.0]] * 3, TIME, EVENT, horizons=[15.0])


def test_horizons_of_the_integral_ascend() -> None:
    with pytest.raises(ValueError, match="ascend"):
        integrated_brier_score([[0.5, 0.5]] * 3, TIME, EVENT, horizons=[15.0, 12.0])


def test_table_of_predictions_has_one_column_per_horizon() -> None:
    with pytest.raises(ValueError, match=r"expected \[3, 3\]"):
        time_dependent_auc([[0.5, 0.5]] * 3, TIME, EVENT, horizons=[12.0, 15.0, 25.0])
