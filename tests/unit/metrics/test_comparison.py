"""Several models on the same patients."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prognos.metrics import compare_models, concordance_difference, concordance_index

RANDOM = np.random.default_rng(2)
RISK = RANDOM.standard_normal(150)
TIME = RANDOM.exponential(np.exp(-RISK))
EVENT = (RANDOM.random(150) < 0.6).astype(float)
MODELS = {"good": RISK + RANDOM.standard_normal(150), "noise": RANDOM.standard_normal(150)}


def test_rows_hold_what_the_single_metrics_give() -> None:
    good, noise = compare_models(MODELS, TIME, EVENT, reference="noise")
    assert good.concordance == concordance_index(MODELS["good"], TIME, EVENT)[0]
    difference, error = concordance_difference(MODELS["good"], MODELS["noise"], TIME, EVENT)
    assert good.difference == difference > 0
    assert good.difference_high - good.difference == pytest.approx(1.959964 * error)
    assert good.p_value < 0.05
    assert (good.patients, good.events) == (150, EVENT.sum())
    assert math.isnan(noise.difference)


def test_a_model_does_not_differ_from_itself() -> None:
    twin = compare_models(MODELS | {"twin": MODELS["noise"]}, TIME, EVENT, reference="noise")[2]
    assert (twin.difference, twin.p_value) == (0.0, 1.0)


def test_the_p_value_is_two_sided_normal() -> None:
    row = compare_models(MODELS, TIME, EVENT, reference="good")[1]
    error = (row.difference_high - row.difference) / 1.959964
    scipy_stats = pytest.importorskip("scipy.stats")
    assert row.p_value == pytest.approx(2 * scipy_stats.norm.sf(abs(row.difference) / error))


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="'clinical' is not among the models: good, noise"):
        compare_models(MODELS, TIME, EVENT, reference="clinical")
